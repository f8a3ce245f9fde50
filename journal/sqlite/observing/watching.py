"""Who has the file open while the program runs: its own processes, and others.

SQLite does not tell who wrote what. What can be told is who had the file open: the processes
of the program bear the run in their environment, all others are named.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from journal.errors import ClewError, Tampered, Unreachable
from journal.sqlite.connection import Session
from journal.sqlite.observing.keeping import Seen, place, read_seen, write_seen

RUN = "CLEW_RUN"
"""Names the run in the environment of the program and of all that it starts."""
_OFTEN = 0.2
"""Seconds between two looks, at least."""
_SHARE = 20
"""A look may take one part in so many of the time."""
_EARLY = "somebody who wrote to the file before the program started"


class SqliteObservation:
    """A watch over a file; what it sees is written down beside the copy."""

    def __init__(self, session: Session, run: str) -> None:
        self.environment: Mapping[str, str] = {RUN: run}
        self.session = session
        self.run = run
        self._others: dict[str, None] = {}
        self._version = self._written()
        self._child = (0, 0.0)
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None

    def starting(self) -> None:
        """Look who is there, and give up the connection."""
        self._look()
        if self._written() != self._version:
            self._others[_EARLY] = None
            self._note()
        self.session.rest()

    def began(self, pid: int) -> None:
        """Note the program's process, and look again and again until it ended."""
        self._child = (pid, _created(pid))
        self._note()
        self._watch = threading.Thread(target=self._keep_looking, daemon=True)
        self._watch.start()

    def ended(self, *, wait: float) -> tuple[str, ...]:
        """Wait until the program's processes let go of the file, and connect again."""
        self._ended.set()
        if self._watch is not None:
            self._watch.join()
        until = time.monotonic() + wait
        while (left := users(self.session.path, self.run)) and time.monotonic() < until:
            time.sleep(0.05)
        self._look()
        self._note(ended=True)
        self._wake()
        return left

    def _written(self) -> int:
        """Return a number that changes where another connection writes to the file."""
        return int(self.session.value("PRAGMA main.data_version"))

    def _wake(self) -> None:
        """Connect again. Raises ``Unreachable``, ``Tampered`` where the file is another."""
        hint = f"The file as it was before stands in {place(self.session.path, self.run)}."
        try:
            self.session.wake()
        except Unreachable as error:
            error.hint = hint
            raise
        if not self.session.value("SELECT 1 FROM sqlite_master WHERE name = 'clew_entry'"):
            raise Tampered("the program left another file, without the journal", hint=hint)
        self._empty_log()

    def _empty_log(self) -> None:
        """Have the file hold all there is, where nobody keeps it from that: pages are compared."""
        wait = self.session.value("PRAGMA busy_timeout")
        self.session.run("PRAGMA busy_timeout = 0")
        with suppress(ClewError):
            self.session.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.session.run(f"PRAGMA busy_timeout = {int(wait)}")

    def _keep_looking(self) -> None:
        pause = _OFTEN
        while not self._ended.wait(pause):
            began = time.monotonic()
            self._look()
            pause = max(_OFTEN, _SHARE * (time.monotonic() - began))

    def _look(self) -> None:
        found = dict.fromkeys(_in_words(one) for one in _strangers(self.session.path, self.run))
        if found.keys() - self._others.keys():
            self._others |= found
            self._note()

    def _note(self, *, ended: bool = False) -> None:
        pid, began = self._child
        seen = Seen(pid=pid, began=began, ended=ended, others=tuple(self._others))
        with suppress(OSError):  # a full disk keeps nobody's program from running
            write_seen(self.session.path, self.run, seen)


def users(path: str, run: str) -> tuple[str, ...]:
    """Name the processes of a run's program that have the file open, in words."""
    return tuple(_in_words(one) for one in _openers(path) if _is_of(one, run))


def still_runs(path: str, run: str) -> str:
    """Name the process of a run's program that was not seen to end; empty where none is."""
    seen = read_seen(path, run)
    if seen.ended:
        return ""
    if seen.pid and seen.began and abs(_created(seen.pid) - seen.began) < 1:
        with suppress(psutil.Error):
            process = psutil.Process(seen.pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                return _in_words(process)
    return "; ".join(users(path, run))


def _strangers(path: str, run: str) -> Iterator[psutil.Process]:
    for process in _openers(path):
        if not _is_of(process, run):
            yield process


def _openers(path: str) -> Iterator[psutil.Process]:
    """Yield the processes, but this one, that have the file open, as far as we may look."""
    try:
        wanted = Path(path).stat()
    except OSError:
        return
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _has_open(process.pid, path, wanted):
            yield process


def _has_open(pid: int, path: str, wanted: os.stat_result) -> bool:
    """Tell whether a process has a file open; those of other users are not to be looked at."""
    directory = f"/proc/{pid}/fd"
    try:
        handles = os.listdir(directory)  # noqa: PTH208 - a hot path
    except FileNotFoundError:
        return _lists(pid, path)
    except OSError:
        return False
    for handle in handles:
        with suppress(OSError):
            found = os.stat(f"{directory}/{handle}")  # noqa: PTH116 - likewise
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False


def _lists(pid: int, path: str) -> bool:
    """Tell the same where there is no /proc."""
    if Path("/proc/self/fd").is_dir():
        return False
    with suppress(psutil.Error, OSError):
        return any(one.path == path for one in psutil.Process(pid).open_files())
    return False


def _is_of(process: psutil.Process, run: str) -> bool:
    with suppress(psutil.Error, OSError):
        return bool(process.environ().get(RUN) == run)
    return False


def _created(pid: int) -> float:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


def _in_words(process: psutil.Process) -> str:
    name = "a process"
    with suppress(psutil.Error, OSError):
        name = process.name() or name
    return f"{name}, process {process.pid}"
