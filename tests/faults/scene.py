"""A database with something to lose, the verbs that change it, and the judge of what came of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from commands.cli.main import run
from tests.drills.operator import Operator
from tests.support.oracle import fingerprint

PASSWORD = "sesame"
ROWS = 200
PATIENCE = 120
"""Seconds that a loaded machine may take for anything."""
FOUND = f"""CREATE TABLE person (id integer PRIMARY KEY, name text, note text);
CREATE TABLE old (who integer, n integer PRIMARY KEY, data text);
CREATE TABLE fresh (who integer PRIMARY KEY, name text);
WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS})
    INSERT INTO person SELECT n, 'p' || n, 'a note of some length, so that rows fill pages' FROM s;
INSERT INTO old SELECT id, id, '{{"name": "' || name || '"}}' FROM person"""

SQL = """ALTER TABLE person ADD COLUMN family text;
UPDATE person SET family = name || '-' || note;
CREATE INDEX person_family ON person (family, note);
DELETE FROM person WHERE id > 150;
"""
TRANSFORM = """
from commands.transform import Migration, Rows, Select, Transform, first, key

migration = Migration(
    batched={batched},
    steps=(
        Transform(
            name="people",
            source=Select(sql="SELECT who, n, data FROM old", order="n", unpack=("data",)),
            subject="who",
            record=("n",),
            into=(Rows(table="fresh", columns={{"who": key("who"), "name": first("name")}}),),
        ),
    ),
)
"""
FILES = {
    "sql": ("0001_change.sql", SQL),
    "transform": ("0001_change.py", TRANSFORM.format(batched=None)),
    "batched": ("0001_change.py", TRANSFORM.format(batched=50)),
}
"""Migrations by what they are made of."""


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The error, which is one line; the hint stands below it."""
        assert "Traceback" not in self.err, self.err
        assert PASSWORD not in self.out + self.err
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("error: ")

    @property
    def hint(self) -> str:
        """What it says to do."""
        found = [line for line in self.err.splitlines() if line.startswith("hint: ")]
        return found[0].removeprefix("hint: ") if found else ""


class Witness(Operator):
    """Types what may fail, and then holds the database against what it may be."""

    def found(self, kind: str = "sql") -> dict[str, str]:
        """Make the database and its journal, and write a migration of some kind."""
        before = self.begin_with(FOUND)
        self.file(*FILES[kind])
        return before

    def attempt(self, *words: str, db: str = "") -> Said:
        """Type a verb, whatever comes of it."""
        self.capsys.readouterr()
        code = run(["--db", db or self.url, *words])
        out, err = self.capsys.readouterr()
        return Said(code, out, err)

    def judge(self, *states: dict[str, str]) -> dict[str, str]:
        """Hold the record against its proof, and the database against what it may be now."""
        self.type("verify")
        found = fingerprint(self.url)
        assert found in states
        return found

    def failures(self) -> list[dict[str, object]]:
        """Return how runs failed, as they are on record."""
        return [one["data"] for one in self.lines("log") if one["type"] == "RunFailed"]


def command(url: str, *words: str) -> list[str]:
    """Return the words that run a verb in a process of its own."""
    code = "from commands.cli.main import main; main()"
    return [sys.executable, "-c", code, "--db", url, *words]


def apart(
    url: str,
    *words: str,
    prepare: Callable[[], None] | None = None,
    env: dict[str, str] | None = None,
) -> Said:
    """Run a verb in a process of its own, which ``prepare`` is called in before."""
    done = subprocess.run(
        command(url, *words),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
        preexec_fn=prepare,
        timeout=300,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def spread(places: Sequence[int], number: int) -> list[int]:
    """Choose some of many places, the first and the last of them too; all of them at night.

    CLEW_PLACES says how many.
    """
    number = int(os.environ.get("CLEW_PLACES", number))
    if os.environ.get("CLEW_PROFILE") == "nightly" or len(places) <= number:
        return list(places)
    step = (len(places) - 1) / (number - 1)
    return [places[round(n * step)] for n in range(number)]


@contextlib.contextmanager
def mounted(place: Path, size: str) -> Iterator[Callable[[str], object]]:
    """Mount a file system of that size, where this process may; yields what resizes it."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield lambda size: subprocess.run(
            ["mount", "-o", f"remount,size={size}", str(place)], check=True
        )
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
