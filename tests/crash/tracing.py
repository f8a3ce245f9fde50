"""A program stopped at a chosen system call: what writes is counted, and something happens there.

Each call by which a program could leave something behind is a moment: writing, syncing, naming and
removing files, and sending to a server. Linux's ptrace stops the program at each, so that the same
number is the same moment in every run, also in the middle of a commit of SQLite.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

_CALLS = {
    "x86_64": {
        1: "write", 18: "write", 20: "write", 296: "write", 326: "write", 40: "write",
        44: "send", 46: "send", 74: "sync", 75: "sync", 76: "cut", 77: "cut",
        82: "rename", 264: "rename", 316: "rename", 86: "link", 265: "link",
        87: "unlink", 263: "unlink", 84: "unlink", 83: "mkdir", 258: "mkdir",
        2: "open", 257: "open",
    },
    "aarch64": {
        64: "write", 68: "write", 66: "write", 70: "write", 285: "write", 71: "write",
        206: "send", 211: "send", 82: "sync", 83: "sync", 45: "cut", 46: "cut",
        38: "rename", 276: "rename", 37: "link", 35: "unlink", 34: "mkdir", 56: "open",
    },
}  # fmt: skip
_FLAGS = {2: 1, 257: 2, 56: 2}
"""Which argument of a call that opens a file says how."""
_NAMED = {
    "x86_64": {
        2: (0,), 257: (1,), 82: (0, 1), 264: (1, 3), 316: (1, 3), 86: (0, 1), 265: (1, 3),
        87: (0,), 263: (1,), 84: (0,), 83: (0,), 258: (1,),
    },
    "aarch64": {38: (1, 3), 276: (1, 3), 37: (1, 3), 35: (1,), 34: (1,), 56: (1,)},
}  # fmt: skip
"""Which arguments of a call are paths; of any other the first is a file that is open."""
_SETOPTIONS, _CONTINUE, _SYSCALL, _DETACH, _INFO = 0x4200, 7, 24, 17, 0x420E
_GOOD, _CLONE, _EXITKILL = 1, 8, 0x100000
_SEEN = 4096
"""Bytes of what is sent that are looked at."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Call(NamedTuple):
    """What a call is about: its kind, and the file or files; empty where it leaves nothing."""

    kind: str = ""
    path: str = ""
    to: str = ""


class Moment(NamedTuple):
    """One counted call: its number, what it is, and whether it is done or about to be."""

    number: int
    call: Call
    done: bool

    @property
    def kind(self) -> str:
        """What kind of call it is."""
        return self.call.kind


class Ended(NamedTuple):
    """How the program ended, after how many moments, and in how many seconds."""

    code: int
    moments: int
    seconds: float
    out: str
    err: str
    pid: int


Act = Callable[[Moment, "Traced"], bool]
"""What happens at a moment, the program standing still; true where nothing more is to be seen."""


def available() -> bool:
    """Tell whether programs can be stopped so on this machine."""
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    try:
        return Traced([sys.executable, "-c", ""], {}).run(lambda *_: False).code == 0
    except OSError:
        return False


class Traced:
    """A program that runs from moment to moment."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._calls = _CALLS[platform.machine()]
        self._named = _NAMED[platform.machine()]
        self._command = command
        self._environment = {**os.environ, **environment}
        self.pid = 0

    def run(self, act: Act, *, seconds: float | None = None) -> Ended:
        """Run it to its end; ``act`` is told each moment.

        Where ``seconds`` are given it is not stopped at all, and killed after them.
        """
        began = time.monotonic()
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=None if seconds is not None else _be_traced,  # noqa: PLW1509
            )
            self.pid = process.pid
            moments = 0
            if seconds is None:
                moments, process.returncode = self._follow(act)
            else:
                try:
                    process.wait(timeout=seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            took = time.monotonic() - began
            said = [file.seek(0) or file.read() for file in (out, err)]
            return Ended(process.returncode, moments, took, *said, self.pid)

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)

    def _follow(self, act: Act) -> tuple[int, int]:
        number, within, waiting = 0, dict[int, Call](), True
        os.waitpid(self.pid, 0)
        _ptrace(_SETOPTIONS, self.pid, 0, _GOOD | _CLONE | _EXITKILL)
        _ptrace(_SYSCALL, self.pid)
        known = {self.pid}
        while True:
            try:
                task, status = os.waitpid(-self.pid, 0x40000000)  # __WALL: threads too
            except ChildProcessError:
                return number, -signal.SIGKILL
            if not os.WIFSTOPPED(status):
                if task == self.pid:
                    return number, os.waitstatus_to_exitcode(status)
                continue
            signalled = os.WSTOPSIG(status)
            if signalled == signal.SIGTRAP | 0x80:
                signalled = 0
                done = task in within
                call = within.pop(task) if done else within.setdefault(task, self._call(task))
                number += bool(call.kind and not done)
                if waiting and call.kind:
                    waiting = not act(Moment(number, call, done), self)
            elif signalled == signal.SIGTRAP or task not in known:
                signalled = 0
            known.add(task)
            _ptrace(_SYSCALL if waiting else _CONTINUE, task, 0, signalled)

    def _call(self, task: int) -> Call:
        """Tell what a task is about to do, as far as it leaves something."""
        info = ctypes.create_string_buffer(88)
        if _ptrace(_INFO, task, 88, ctypes.addressof(info)) < 0 or info.raw[0] != 1:
            return Call()
        call, *given = struct.unpack_from("7Q", info.raw, 24)
        kind = self._calls.get(call, "")
        if kind == "send":
            said = self._memory(given[1], min(given[2], _SEEN))
            return Call(next((w.lower() for w in ("COMMIT", "BEGIN") if w.encode() in said), kind))
        if not kind or (kind == "write" and given[0] in (1, 2)):
            return Call()
        if kind == "open" and not given[_FLAGS[call]] & os.O_CREAT:
            return Call()
        paths = [self._path(given[place]) for place in self._named.get(call, ())]
        if kind == "open":
            kind = "journal" if paths[0].endswith("-journal") else "create"
        return Call(kind, *(paths or [self._opened(given[0])]))

    def _path(self, address: int) -> str:
        return os.fsdecode(self._memory(address, 512).partition(b"\0")[0])

    def _opened(self, number: int) -> str:
        try:
            return str(Path(f"/proc/{self.pid}/fd/{number}").readlink())
        except OSError:
            return ""

    def _memory(self, address: int, size: int) -> bytes:
        try:
            with Path(f"/proc/{self.pid}/mem").open("rb", buffering=0) as memory:
                memory.seek(address)
                return memory.read(size)
        except (OSError, ValueError, OverflowError):
            return b""


def _be_traced() -> None:
    _libc.ptrace(0, 0, None, None)


def _ptrace(request: int, task: int, address: int = 0, data: int = 0) -> int:
    return int(_libc.ptrace(request, task, address, data))
