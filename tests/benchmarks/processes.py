"""What a command costs as a process of its own: its clock, its CPU, its memory, its server's CPU."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

_CLEW = """
import atexit, os
from pathlib import Path
peak = lambda: Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
atexit.register(lambda: os.write(3, peak().encode()))
from commands.cli.main import main
main()
"""
# What wait4(2) says of memory counts what this process held when it made the other, too.
_TICKS = os.sysconf("SC_CLK_TCK")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds on the clock and of CPU, and the peak resident size in MB, of one process.

    ``server`` is what a PostgreSQL server on this machine did meanwhile, for whomever.
    """

    wall: float
    cpu: float
    memory: float
    server: float = 0.0


def clew(url: str, verb: list[str], *, server: Callable[[], float] = lambda: 0.0) -> Taken:
    """Run a verb; one that fails ends the benchmark."""
    began, before = time.perf_counter(), server()
    command = [sys.executable, "-c", _CLEW, "--db", url, *verb]
    reading, writing = os.pipe()
    with Path(os.devnull).open("wb") as nothing, os.fdopen(reading) as said:
        places = ((nothing.fileno(), 1), (nothing.fileno(), 2), (writing, 3))
        actions = [(os.POSIX_SPAWN_DUP2, mine, its) for mine, its in places]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
        os.close(writing)
        _, code, used = os.wait4(child, 0)
        peak = said.read()
    if os.waitstatus_to_exitcode(code) not in (0, 1, 3):
        sys.exit(f"clew {' '.join(verb)} ended with {os.waitstatus_to_exitcode(code)}")
    return Taken(
        wall=time.perf_counter() - began,
        cpu=used.ru_utime + used.ru_stime,
        memory=int(peak or 0) / 1024,
        server=server() - before,
    )


def server_clock(url: str) -> Callable[[], float]:
    """Return what tells the seconds of CPU that all processes of a server have taken."""
    with psycopg.connect(url) as db:
        postmaster = int(_fields(db.info.backend_pid)[1])

    def taken() -> float:
        own = _fields(postmaster)
        ended = int(own[13]) + int(own[14])
        alive = sum(
            int(fields[11]) + int(fields[12])
            for fields in map(_fields, _processes())
            if fields and int(fields[1]) == postmaster
        )
        return (ended + alive) / _TICKS

    return taken


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _fields(process: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` after the name: state, parent ... (proc(5))."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
