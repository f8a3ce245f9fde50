"""Statements there and back on a SQLite file, judged by a fingerprint of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from journal.effect import Effect, JournalIdentity, Step
from journal.known import Known
from journal.sqlite import database
from journal.values import IfChanged, ObjectChange
from tests.support.files import sqlite_files, written_anew

POPULATED = Path(__file__).with_name("populated.sql").read_text(encoding="utf-8")


def fingerprint(path: Path) -> dict[str, Any]:
    """Everything in the file that is not the journal's, by means of our own nowhere used."""
    with closing(sqlite3.connect(path)) as raw:
        raw.text_factory = bytes
        found: dict[str, Any] = {
            "master": sorted(
                row
                for row in raw.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
                if not row[2].startswith((b"clew_", b"sqlite_stat"))  # estimates
            ),
            "settings": [
                raw.execute(f"PRAGMA {name}").fetchone()
                for name in ("user_version", "application_id")
            ],
        }
        for kind, name, _, sql in found["master"]:
            if kind == b"table":
                found[name.decode()] = _digest(raw, name.decode(), sql.decode())
        assert raw.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
    return found


def _digest(raw: sqlite3.Connection, table: str, sql: str) -> list[Any]:
    if "VIRTUAL" in sql.upper():
        return []  # what it holds stands in other tables
    names = [row[1].decode() for row in raw.execute(f"PRAGMA table_xinfo('{quoted(table)}')")]
    wanted = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names]
    hidden = {"rowid", "_rowid_", "oid"} - {name.lower() for name in names}
    if "WITHOUT ROWID" not in sql.upper() and hidden and table != "sqlite_sequence":
        wanted.append(min(hidden))
    columns = [part for name in wanted for part in (f"typeof({name})", name)]
    source = f'"{table.replace(chr(34), chr(34) * 2)}" NOT INDEXED'
    rows: list[tuple[Any, ...]] = []
    for first in range(0, len(columns), 2000):  # as many as a row may have
        names = ", ".join(columns[first : first + 2000])
        part = raw.execute(f"SELECT {names} FROM {source}").fetchall()
        rows = [(*row, *more) for row, more in zip(rows, part, strict=True)] if rows else part
    return sorted(map(repr, rows))


def quoted(name: str) -> str:
    return name.replace("'", "''")


class File:
    """A SQLite file with a journal's tables, and what the journal would know of it."""

    def __init__(self, path: Path, setup: str = POPULATED) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as raw:
            raw.executescript(setup)
        self.known = Known(objects={})
        self._runs = count(1)
        session = self._open()
        session.begin()
        session.install(
            JournalIdentity(
                id="4be0643f-1d98-573b-97cd-ca98a65347dd", name="test", database="sqlite"
            )
        )
        objects = session.read_schema()
        session.commit()
        session.close()
        self._take_baseline(objects)

    def _take_baseline(self, objects: Iterable[Any]) -> None:
        import msgspec

        owners = {}
        numbers = count(1)
        made = []
        for found in objects:
            columns = tuple(msgspec.structs.replace(c, id=next(numbers)) for c in found.columns)
            made.append(msgspec.structs.replace(found, id=next(numbers), columns=columns))
            owners[made[-1].path[0]] = made[-1].id
        for found in made:
            parent = owners.get(found.definition.get("table"))
            self.known.take([ObjectChange(after=msgspec.structs.replace(found, parent=parent))])
        self.known.next_id = next(numbers)

    def _open(self) -> database.SqliteDatabase:
        session = database.connect(URL.create("sqlite", database=str(self.path)), lock_timeout=1)
        session.session.run("PRAGMA synchronous = OFF")
        return session

    def begin(self, *, foreign_keys: bool) -> database.SqliteDatabase:
        session = self._open()
        session.begin(foreign_keys=foreign_keys)
        numbers = count(self.known.next_id)
        try:
            session.watch_schema(self.known.objects, next_id=lambda: next(numbers))
        except BaseException:
            session.close()
            raise
        return session

    def run(
        self,
        statements: Sequence[str],
        *,
        foreign_keys: bool = True,
        allowed: frozenset[str] = frozenset(),
    ) -> list[Step]:
        """Run a migration and return its steps in order."""
        session = self.begin(foreign_keys=foreign_keys)
        run = f"run-{next(self._runs)}"
        known = Known(objects=dict(self.known.objects), next_id=self.known.next_id)
        try:
            effects = []
            for sql in statements:
                effects.append(session.execute(sql, run=run, allowed=allowed))
                known.take(effects[-1].changes)
            assert {o.id: o for o in session.read_schema(known.objects)} == known.objects
            steps = self._steps(run, effects)
            told = session.foretell(steps, schema=known.objects, run=run)
            session.commit()
        finally:
            session.close()
        self.foretold = {one.table for one in told}
        self.known = known
        return steps

    def undo(self, steps: Sequence[Step], *, if_changed: IfChanged = "refuse") -> list[Step]:
        """Take steps back, newest first, and return the steps of the undoing in order.

        ``anew`` are the tables that were written anew for it, by their files; ``told`` and, when
        the steps were run, ``foretold`` those that the product tells of. All by identity.
        """
        return self._steps(*self.undo_effects(steps, if_changed=if_changed))

    def undo_effects(
        self, steps: Sequence[Step], *, if_changed: IfChanged = "refuse"
    ) -> tuple[str, list[Effect]]:
        session = self.begin(foreign_keys=False)
        run = f"run-{next(self._runs)}"
        known = Known(objects=dict(self.known.objects), next_id=self.known.next_id)
        try:
            effects = []
            self.anew: set[int] = set()
            for step in reversed(steps):
                files, names = sqlite_files(session.session.raw), _names(known)
                effects.append(
                    session.undo(step, schema=known.objects, run=run, if_changed=if_changed)
                )
                known.take(effects[-1].changes)
                now = _names(known)
                stayed = {names[one]: now[one] for one in names if one in now}
                found = written_anew(files, sqlite_files(session.session.raw), stayed)
                self.anew |= {one for one, name in now.items() if name in found}
            self.told = {one.table for effect in effects for one in effect.rebuilt}
            live = session.read_schema(known.objects)
            assert {o.id: o for o in live} == known.objects
            rows = [r for step in steps for r in step.rows]
            rows += [r for effect in effects for r in effect.rows]
            self.net = list(session.net(rows))
            session.commit()
        finally:
            session.close()
        self.known = known
        return run, effects

    def application(self, *statements: str) -> None:
        """Write as an application would, past the journal."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as raw:
            for sql in statements:
                raw.execute(sql)

    @staticmethod
    def _steps(run: str, effects: Iterable[Effect]) -> list[Step]:
        return [
            Step(first=n, last=n, run=run, changes=e.changes, rows=e.rows, sequences=e.sequences)
            for n, e in enumerate(effects, start=1)
        ]


def _names(known: Known) -> dict[int, tuple[str, ...]]:
    return {one.id: one.path for one in known.objects.values() if one.kind == "table"}
