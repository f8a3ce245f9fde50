"""Databases with migrations beside them, examined, each held to be only read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from commands.doctor.finding import Finding
from commands.doctor.wanted.migrations import Told, migration_findings
from commands.doctor.wanted.models import read_models
from commands.sources import MigrationFile, read_sources
from journal.opening import connect, parse_url
from journal.scratch import Wanted
from tests.commands.places import Place
from tests.rehearsal.theatre import programs
from tests.support.oracle import fingerprint, sqlite_path

SCRATCH = Wanted(programs=programs(), lock_timeout=3.0, journal=False)


class Examined:
    """A database, its migrations, and what is found of them."""

    def __init__(self, place: Place, temporary: Path) -> None:
        self.place = place
        self.temporary = temporary

    @property
    def postgresql(self) -> bool:
        """Tell which kind of database it is."""
        return self.place.kind == "postgresql"

    def write(self, name: str, sql: str) -> None:
        """Write a migration."""
        self.place.write(f"{name}.sql", sql)

    def run(self, script: str) -> None:
        """Run a script on the database itself."""
        if self.postgresql:
            with psycopg.connect(self.place.url, autocommit=True) as db:
                db.execute(script.encode())
        else:
            with closing(sqlite3.connect(sqlite_path(self.place.url))) as db:
                db.executescript(script)

    def findings(
        self,
        *,
        applied: Collection[str] | None = None,
        models: str = "",
        scratch: Wanted = SCRATCH,
        url: str = "",
        files: Sequence[MigrationFile] | None = None,
        coming: Sequence[MigrationFile] = (),
    ) -> list[Finding]:
        """Examine, and hold that nothing was written to the database, and nothing left."""
        kind = self.place.kind
        if files is None:
            files = () if models else read_sources([self.place.directory], kind).files
        told = Told(
            files=files,
            applied=applied,
            coming=coming,
            models=read_models(models, kind, directory=self.temporary) if models else None,
        )
        before = fingerprint(self.place.url)
        target = parse_url(url or self.place.url)
        with closing(connect(target)) as database, database.examine() as ask:
            objects = database.read_schema()
            found = list(migration_findings(target, kind, objects, ask, told, scratch))
        assert fingerprint(self.place.url) == before
        assert self.scratch() == []
        return found

    def scratch(self) -> list[str]:
        """Name the scratch databases of this process that are there."""
        if not self.postgresql:
            return sorted(str(path) for path in self.temporary.glob("clew-*"))
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'clew\\_rehearsal\\_%'"
        return [name for (name,) in self.ask(query) if f"_{os.getpid()}_" in name]

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query on the database itself."""
        if self.postgresql:
            with psycopg.connect(self.place.url) as db:
                return db.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(sqlite_path(self.place.url))) as db:
            return db.execute(query).fetchall()

    def repair(self, found: Sequence[Finding]) -> None:
        """Run the repairs of findings in the order in which they need each other."""
        left = list(found)
        while left:
            open_ = {f"{one.kind}:{one.where}" for one in left}
            ready = [one for one in left if not open_.intersection(one.needs)]
            assert ready, open_
            for one in ready:
                self.run(";\n".join(one.repair) + ";")
                left.remove(one)


def kinds(found: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return kind and place of each finding."""
    return sorted((one.kind, one.where) for one in found)


def only(found: Sequence[Finding]) -> Finding:
    """Return the one finding."""
    (one,) = found
    return one
