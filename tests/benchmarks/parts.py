"""Subjects a second by one worker and by many: wall clock, and CPU of clients and servers."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import msgspec
import psutil

from commands.apply import apply
from commands.opening import Asker
from commands.workers import Crew
from tests.benchmarks.subjects import Subject, open_journal_on, subject
from tests.benchmarks.transforms import FILE, fill

JOBS = (1, 2, 4)
"""How many processes do the parts."""
SUBJECTS = 20_000


class Shared(msgspec.Struct, kw_only=True):
    """What so many processes needed; CPU seconds of clients, and of the server's processes."""

    kind: str
    jobs: int
    subjects: int
    wall: float
    clients: float
    server: float


def measure(kind: str, jobs: str, count: int, home: Path, server: str) -> Shared:
    """Transform ``count`` subjects with so many processes, in a database of its own."""
    with subject(kind, home, server) as made, tempfile.TemporaryDirectory() as files:
        fill(made, count)
        open_journal_on(made)
        (Path(files) / "0001_profiles.py").write_text(FILE, encoding="utf-8")
        postmaster = _postmaster(made)
        clients, servers, began = _clients(), _server(postmaster), time.perf_counter()
        apply(made.target, [Path(files)], asker=Asker(actor="benchmark"), crew=Crew(jobs=int(jobs)))
        wall = time.perf_counter() - began
        session = made.session().session  # type: ignore[attr-defined]
        done = session.value("SELECT count(*) FROM profile")
        assert done == count, (done, count)
        return Shared(
            kind=kind,
            jobs=int(jobs),
            subjects=count,
            wall=wall,
            clients=_clients() - clients,
            server=_server(postmaster) - servers,
        )


def _clients() -> float:
    """Return the CPU seconds of this process and of those that it began and that ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _postmaster(made: Subject) -> psutil.Process | None:
    if made.kind != "postgresql":
        return None
    session = made.session().session  # type: ignore[attr-defined]
    return psutil.Process(session.value("SELECT pg_backend_pid()")).parent()


def _server(postmaster: psutil.Process | None) -> float:
    """Return the CPU seconds of a server's processes, those that have ended included."""
    if postmaster is None:
        return 0.0
    own = postmaster.cpu_times()
    live = [one.cpu_times() for one in postmaster.children()]
    ended = own.children_user + own.children_system
    return float(ended + sum(one.user + one.system for one in live))
