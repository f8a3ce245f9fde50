"""Work in parts, done here, by processes of this machine, or by a cluster: one way for all.

An engine runs a part again where its worker was lost, and may run one again that was finished: what
a part does is guarded by whoever writes it. Functions and what they are given are pickled, so a
function stands at the top of a module that the workers can import.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import connection
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from journal.errors import Unreachable, Usage, WorkerLost

TRIES = 3
"""How often a part is begun before it counts as one that no worker survives."""
PATIENCE = 10
"""Seconds that a scheduler may take to answer."""
_MOST = 1000
"""Parts under way at a cluster, at most."""

Part = TypeVar("Part")
Result = TypeVar("Result")


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Who works: so many processes of this machine, or the cluster of a Dask scheduler."""

    jobs: int = 1
    scheduler: str = ""

    @property
    def alone(self) -> bool:
        """Tell whether this process does all the work."""
        return not self.scheduler and self.jobs == 1


ALONE = Crew()


class Done(msgspec.Struct, Generic[Part, Result], frozen=True, kw_only=True):
    """A part, and what its function returned or raised."""

    part: Part
    result: Result | None = None
    error: Exception | None = None


class Workers(Protocol):
    """What parts are given to."""

    def breadth(self) -> int:
        """Return how many parts are worked on at once."""

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Any]:
        """Begin a part."""

    def replace(self) -> None:
        """Go on after workers were lost."""


def each(
    crew: Crew,
    function: Callable[[Part], Result],
    parts: Sequence[Part],
    *,
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[Done[Part, Result]]:
    """Yield parts as they are done, begun in their order; only a few are under way at any time.

    Where the caller stops, parts under way are finished and no other is begun; where it wants
    to hear of those too, it says that it has had ``enough``. Ctrl-C reaches this process alone.

    Raises:
        Usage: the number of processes makes no sense, or the extra ``dask`` is not installed.
        Unreachable: no scheduler answers.
        WorkerLost: a part was begun three times, and lost its worker each time.
    """
    waiting = list(reversed(range(len(parts))))
    tries = [0] * len(parts)
    under_way: dict[Future[Result], int] = {}
    with _workers(crew) as workers:
        while waiting or under_way:
            if enough():
                waiting.clear()
            while waiting and len(under_way) < workers.breadth():
                number = waiting.pop()
                tries[number] += 1
                under_way[workers.submit(function, parts[number])] = number
            if not under_way:
                return
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            if any(_lost(future) for future in ended):
                ended, _ = wait(under_way)
                workers.replace()
            for future in ended:
                number = under_way.pop(future)
                if not _lost(future):
                    yield _done(parts[number], future)
                elif tries[number] < TRIES:
                    waiting.append(number)
                else:
                    raise WorkerLost(
                        f"a part of the work lost its worker {TRIES} times",
                        hint="See whether workers run out of memory; what is done stands.",
                    )


def _done(part: Part, future: Future[Result]) -> Done[Part, Result]:
    error = future.exception()
    if error is None:
        return Done(part=part, result=future.result())
    if not isinstance(error, Exception):
        raise error  # Ctrl-C reached a worker
    return Done(part=part, error=error)


def _lost(future: Future[Any]) -> bool:
    if future.cancelled():
        return True
    error = future.exception()
    lost = isinstance(error, BrokenExecutor | CancelledError)
    return lost or type(error).__name__ == "KilledWorker"  # Dask's, which may not be installed


@contextmanager
def _workers(crew: Crew) -> Iterator[Workers]:
    if crew.jobs < 1:
        raise Usage(f"expected one job or more, found {crew.jobs}", hint="Give --jobs 4, say.")
    if crew.alone:
        yield _Here()
        return
    workers = _Cluster(crew.scheduler) if crew.scheduler else _Processes(crew.jobs)
    try:
        yield workers
    finally:
        workers.close()


class _Here:
    """This process, one part at a time."""

    def breadth(self) -> int:
        return 1

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(part))
        except Exception as error:  # noqa: BLE001 - as an executor does, for the caller to look at
            future.set_exception(error)
        return future

    def replace(self) -> None:
        raise AssertionError("this process is not lost")


class _Processes:
    """Processes of this machine; new ones, that share nothing with this one."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = self._new()

    def _new(self) -> Executor:
        return ProcessPoolExecutor(
            self._jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_end_with_the_parent,
        )

    def breadth(self) -> int:
        return self._jobs

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Any]:
        return self._pool.submit(function, part)

    def replace(self) -> None:
        self.close()
        self._pool = self._new()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _end_with_the_parent() -> None:
    """Leave Ctrl-C to the parent, which lets parts end; where it is killed, end at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)


class _Cluster:
    """The workers of a Dask scheduler, which replaces lost ones itself.

    Its own executor mistakes a result for an error where the worker is lost that has just handed
    it over, so a thread waits for each part.
    """

    def __init__(self, scheduler: str) -> None:
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise Usage(
                "--scheduler needs the extra dask", hint="Run: pip install 'clew[dask]'."
            ) from None
        try:
            self._client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise Unreachable(
                f"no scheduler answers at {scheduler}: {error}",
                hint="Start one with: dask scheduler. Then a worker: dask worker tcp://HOST:8786.",
            ) from None
        self._waiting = ThreadPoolExecutor(_MOST)

    def breadth(self) -> int:
        try:
            threads: dict[str, int] = self._client.nthreads()
        except OSError:
            raise Unreachable(
                f"the scheduler at {self._client.scheduler.address} is gone",
                hint="What is done stands; run the command again to go on.",
            ) from None
        return min(_MOST, max(1, sum(threads.values())))

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Any]:
        return self._waiting.submit(self._client.submit(function, part, pure=False).result)

    def replace(self) -> None:
        """Its scheduler has done so."""

    def close(self) -> None:
        self._waiting.shutdown(cancel_futures=True)
        self._client.close()
