"""Running another program: what it says passes through, and the end of it is kept."""

from __future__ import annotations

import ctypes
import fcntl
import os
import selectors
import signal
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import msgspec
import psutil

from journal.secrets import hide

KEPT = 64 * 1024
"""Bytes of a program's output that are kept: the last ones."""
RUN = "CLEW_RUN"
"""Names the run in the environment of the program and of all that it starts."""
NOT_FOUND = 127
NOT_RUN = 126
_READ = 64 * 1024
_LINGER = 0.3
"""Seconds that output is waited for once the program ended: its children may hold it open."""
_LONGEST = 5.0
_DIE_WITH_PARENT = 1


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended: its exit code as shells count it, and the end of what it said."""

    exit_code: int
    output: bytes = b""
    seconds: float = 0.0


class Tail:
    """The last bytes of what was said, in order of arrival, without secrets.

    More is held than is kept, so that a secret is never cut in two.
    """

    def __init__(self, secrets: Sequence[str] = (), *, size: int = KEPT) -> None:
        self._secrets = secrets
        self._size = size
        self._spare = max([1024, *(2 * len(one.encode(errors="replace")) for one in secrets)])
        self._held = bytearray()
        self._cut = False

    def take(self, said: bytes) -> None:
        """Go on by what was said."""
        self._held += said
        if len(self._held) > 2 * (self._size + self._spare):
            del self._held[: -(self._size + self._spare)]
            self._cut = True

    def text(self) -> bytes:
        """Return what is kept."""
        held = bytes(self._held)
        cut = self._cut or len(held) > self._size + self._spare
        text = hide(held.decode("utf-8", "surrogateescape"), self._secrets)
        found = text.encode("utf-8", "surrogateescape")
        first = max(len(found) - self._size, self._spare if cut else 0)
        while first and first < len(found) and found[first] & 0xC0 == 0x80:
            first += 1  # within a letter
        return found[first:]


def run_child(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    stdout: int,
    stderr: int,
    secrets: Sequence[str] = (),
    began: Callable[[int], None] = lambda _: None,
) -> Ended:
    """Run a program to its end; its streams pass through as they are.

    What it says goes on to the descriptors ``stdout`` and ``stderr``; where those are
    terminals, it finds terminals. ``began`` is told its process. Signals that would end this
    process go to the program instead.

    Raises:
        OSError: it cannot be run.
    """
    tail, started = Tail(secrets), time.monotonic()
    with _through(stdout) as out, _through(stderr) as err:
        child = subprocess.Popen(  # noqa: S603 - it is what was asked for
            command,
            env=dict(environment),
            stdout=out.inner,
            stderr=err.inner,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - no other thread runs yet
        )
        with _forwarding(child):
            began(child.pid)
            for one in (out, err):
                one.close_inner()
            _pump(child, (out, err), tail)
            code = child.wait()
    return Ended(
        exit_code=code if code >= 0 else 128 - code,
        output=tail.text(),
        seconds=time.monotonic() - started,
    )


def still_running(run: str) -> tuple[str, ...]:
    """Name processes of the program that is recorded under ``run``: they bear it with them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(RUN) == run:
                found.append(f"{process.name()}, process {process.pid}")
    return tuple(found)


class _Through:
    """One stream: ``inner`` is the program's end, ``reading`` ours, ``target`` where it goes."""

    def __init__(self, target: int) -> None:
        self.target = target
        if os.isatty(target):
            self.reading, self.inner = os.openpty()
            tty.setraw(self.inner)  # what is said arrives as it was said
            self.resize()
        else:
            self.reading, self.inner = os.pipe()
        self._open = {self.reading, self.inner}

    def resize(self) -> None:
        """Give the program's terminal the size of ours."""
        with suppress(OSError):
            size = fcntl.ioctl(self.target, termios.TIOCGWINSZ, bytes(8))
            fcntl.ioctl(self.inner, termios.TIOCSWINSZ, size)

    def close_inner(self) -> None:
        """Leave the program's end to the program."""
        self._close(self.inner)

    def close(self) -> None:
        """Close what is open of both ends."""
        for one in (self.reading, self.inner):
            self._close(one)

    def read(self) -> bytes:
        """Return what was said; empty at the end."""
        try:
            return os.read(self.reading, _READ)
        except OSError:  # a terminal whose other end is closed
            return b""

    def pass_on(self, said: bytes) -> bool:
        """Write to where it goes; false where nobody reads it any more."""
        rest = memoryview(said)
        while rest:
            try:
                rest = rest[os.write(self.target, rest) :]
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                return False
        return True

    def _close(self, handle: int) -> None:
        if handle in self._open:
            self._open.remove(handle)
            os.close(handle)


@contextmanager
def _through(target: int) -> Iterator[_Through]:
    stream = _Through(target)
    try:
        yield stream
    finally:
        stream.close()


def _pump(child: subprocess.Popen[bytes], streams: Sequence[_Through], tail: Tail) -> None:
    """Pass on what is said until the program ended, and nobody says any more."""
    ended: float | None = None
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.reading, selectors.EVENT_READ, stream)
        while selector.get_map():
            found = selector.select(_LINGER)
            for key, _ in found:
                stream = key.data
                said = stream.read()
                tail.take(said)
                if not said or not stream.pass_on(said):
                    selector.unregister(key.fd)
                    stream.close()
            if ended is None and child.poll() is not None:
                ended = time.monotonic()
            if ended is not None and (not found or time.monotonic() - ended > _LONGEST):
                return


@contextmanager
def _forwarding(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Have signals reach the program, and let this process live to tell of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def forward(number: int, _: FrameType | None) -> None:
        typed = number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground()
        if not typed:  # what is typed reaches the program by itself
            with suppress(OSError):
                child.send_signal(number)

    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    former = {one: signal.signal(one, forward) for one in numbers if not _ignored(one)}
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _in_foreground() -> bool:
    """Tell whether a key typed at the terminal reaches the program as well."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _die_with(parent: int) -> Callable[[], None] | None:
    """Return what makes the program end when this process is killed (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(NOT_RUN)

    return tie
