"""An archive killed at any moment: nothing left the database, or all of it is sealed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.archiving.archivist import Archivist

ROOT = Path(__file__).parents[2]
CLASS = {"sqlite": "sqlite.database:SqliteDatabase", "postgresql": "postgresql.database:PostgresqlDatabase"}  # fmt: skip
TAKING = (
    ("commands.archiving.writing:_write_images", 1),
    ("commands.export.directory:_sync_all", 1),
    ("journal.{}.take_images", 1),
    ("journal.{}.take_content", 1),
    ("journal.{}.append", 1),
    ("journal.{}.commit", 1),
)
RESTORING = (
    ("journal.{}.put_back", 1),
    ("journal.{}.put_images", 1),
    ("journal.{}.check_images", 1),
    ("journal.{}.commit", 1),
)


def kill(archivist: Archivist, point: tuple[str, int], verb: str) -> None:
    """Let another process do it, and be killed."""
    place = point[0].format(CLASS["sqlite" if archivist.sqlite else "postgresql"])
    words = (place, str(point[1]), archivist.url, verb, str(archivist.place()))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed.py")), *words],
        cwd=archivist.home,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("point", TAKING, ids=lambda point: str(point[0]).rpartition(":")[2])
def test_taking(archivist: Archivist, point: tuple[str, int]) -> None:
    """Nothing left; what was written is no seal, and archiving works when it is tried again."""
    here, kept, entries = archivist.oracle(), archivist.kept(), archivist.entries()
    kill(archivist, point, "take")
    assert (archivist.oracle(), archivist.kept(), archivist.entries()) == (here, kept, entries)
    if archivist.place().exists():
        archivist.take(code=3)
        assert any("seals the archive" in one for one in archivist.flaws())
    archivist.take(name="again")
    archivist.proves("again")
    archivist.back("@old")


@pytest.mark.parametrize("point", RESTORING, ids=lambda point: str(point[0]).rpartition(":")[2])
def test_restoring(archivist: Archivist, point: tuple[str, int]) -> None:
    """Nothing came back, and bringing it back works when it is tried again."""
    archivist.take()
    kept, entries = archivist.kept(), archivist.entries()
    kill(archivist, point, "restore")
    assert (archivist.kept(), archivist.entries()) == (kept, entries)
    archivist.proves("archive")
    archivist.restore()
    archivist.proves("archive")
    archivist.back("2")
