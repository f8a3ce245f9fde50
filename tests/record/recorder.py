"""Somebody who has other programs recorded, and judges by an oracle what came back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from commands.check import check
from commands.init import init
from commands.opening import environment
from commands.record import Recorded, finish_open, record
from commands.rollback import rollback
from commands.verify import verify
from journal.envelope import Entry
from tests.commands.places import Place
from tests.support.oracle import fingerprint

CHILD = str(Path(__file__).with_name("child.py"))
HOME = Path(__file__).resolve().parents[2]
CLEW = [sys.executable, "-c", "from commands.cli.main import main; main()"]


class Recorder(Place, kw_only=True):
    """A database, and what is done to it by others."""

    home: Path

    def begin(self, *statements: str) -> None:
        """Fill the database, and create its journal."""
        if self.kind == "sqlite":
            Path(self.url.removeprefix("sqlite:///")).touch()
        if statements:
            self.sql(*statements)
        init(self.target, asker=self.asker)

    def child(self, *words: str) -> Recorded:
        """Record a program that does what the words say."""
        return self.record(sys.executable, CHILD, *words)

    def record(self, *command: str, env: dict[str, str] | None = None) -> Recorded:
        """Record a program; what it says goes to files."""
        with (self.home / "out").open("wb") as out, (self.home / "err").open("wb") as err:
            return record(
                self.target,
                command,
                asker=self.asker,
                environment={**environment(), **(env or {})},
                stdout=out.fileno(),
                stderr=err.fileno(),
            )

    @property
    def out(self) -> bytes:
        """What the last program said to stdout."""
        return (self.home / "out").read_bytes()

    @property
    def err(self) -> bytes:
        """What it said to stderr."""
        return (self.home / "err").read_bytes()

    def finish(self) -> tuple[str, ...]:
        """Finish what was killed, and return what stayed of it."""
        done = finish_open(self.target, asker=self.asker)
        return tuple(stayed for one in done.interrupted for stayed in one.stayed)

    def fingerprint(self) -> dict[str, str]:
        """What the database holds, by the oracle."""
        return fingerprint(self.url)

    def go(self, position: int | str) -> dict[str, str]:
        """Go to a position and return what the database holds there."""
        rollback(self.target, str(position), asker=self.asker)
        self.prove()
        return self.fingerprint()

    def prove(self) -> None:
        """Hold the record against itself, and the schema against the record."""
        with self.target.journal() as journal:
            assert verify(journal).ok
            assert check(journal).ok

    def entries(self, *types: str) -> list[Entry]:
        """The entries of the journal, of these types or of all."""
        with self.target.journal() as journal:
            return list(journal.read(types=types))

    def content(self, digest: str) -> bytes:
        """Content by its digest."""
        with self.target.journal() as journal:
            return journal.content(digest)

    def kept(self) -> tuple[str, ...]:
        """The runs of which something is kept."""
        with self.target.database() as database:
            return database.observations()

    def clew(
        self, *words: str, patch: str = "", **settings: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Type a verb in a process of its own, in which ``patch`` was run first."""
        return subprocess.run(
            [sys.executable, "-c", f"{patch}\n{CLEW[-1]}", *words],
            env=self.environment(),
            cwd=self.home,
            capture_output=True,
            check=False,
            timeout=60,
            **settings,
        )

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Type a verb in a process of its own, which is killed at the latest at the end."""
        process = subprocess.Popen(
            [*CLEW, *words],
            env=self.environment(),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)

    def environment(self) -> dict[str, str]:
        """The environment of somebody who types."""
        return {
            **os.environ,
            "PYTHONPATH": str(HOME),
            "DATABASE_URL": self.url,
            "CLEW_ACTOR": "dana",
            "COVERAGE_PROCESS_START": "",
        }


def tables(answer: Recorded) -> dict[str, tuple[int, int, int]]:
    """Rows added, changed and removed, by the table's own name."""
    return {
        one.table.rpartition(".")[2]: (one.added, one.changed, one.removed) for one in answer.tables
    }


def plain(answer: Any) -> Any:
    """An answer as JSON has it."""
    return msgspec.to_builtins(answer)
