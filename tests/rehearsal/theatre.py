"""Rehearsals, each held to leave the database, its journal and the server as they were."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from commands.apply import apply
from commands.init import init
from commands.rehearse.answer import Item, Rehearsal
from commands.rehearse.rehearse import Asked, rehearse
from commands.rehearse.verdict import Bounds
from journal.scratch import Wanted
from tests.commands.places import Place
from tests.support.oracle import fingerprint, pg_program, sqlite_path

PREFIX = "clew_rehearsal_"


def programs() -> Path:
    """Return where client programs of the server's own version are."""
    named = os.environ.get("CLEW_TEST_PG_BIN")
    return Path(named) if named else Path(pg_program("pg_dump")[0]).parent


class Theatre:
    """A place with a journal, two tables and rows, and what rehearsals there answer."""

    def __init__(self, place: Place, temporary: Path) -> None:
        self.place = place
        self.temporary = temporary
        self.write(
            "1_tables",
            "create table person (id integer primary key, email text, born integer);\n"
            "create table pet (id integer primary key, owner integer references person (id));\n"
            "insert into person values (1, 'a', 1815), (2, 'b', 1881), (3, 'c', 1903);\n"
            "insert into pet values (1, 3);\n",
        )
        init(place.target, asker=place.asker)
        self.apply()

    @property
    def postgresql(self) -> bool:
        """Tell which kind of database it is."""
        return self.place.kind == "postgresql"

    def write(self, name: str, sql: str) -> None:
        """Write a migration."""
        self.place.write(f"{name}.sql", sql)

    def apply(self) -> None:
        """Run what is pending on the database itself."""
        apply(self.place.target, [self.place.directory], asker=self.place.asker)

    def rehearse(
        self,
        *,
        wanted: Wanted | None = None,
        bounds: Bounds | None = None,
        keep_left: bool = False,
        **asked: Any,
    ) -> Rehearsal:
        """Rehearse, and hold that nothing was written to the database, and nothing left."""
        before = self.everything()
        answer = rehearse(
            self.place.target,
            Asked(paths=[self.place.directory], **asked),
            asker=self.place.asker,
            wanted=wanted or Wanted(programs=programs(), lock_timeout=2.0),
            bounds=bounds or Bounds(),
        )
        assert self.everything() == before
        if not keep_left:
            assert self.copies() == []
        return answer

    def everything(self) -> dict[str, str]:
        """Return all that the database holds, its journal too."""
        found = dict(fingerprint(self.place.url))
        with self.place.target.journal() as journal:
            found["head"] = str(journal.head())
            found["entries"] = str([entry.digest for entry in journal.stored()])
            found["images"] = str(journal.database.image_chunks())
            found["content"] = str(sorted(journal.database.content_digests()))
        if not self.postgresql:
            file = Path(sqlite_path(self.place.url))
            found["bytes"] = hashlib.sha256(file.read_bytes()).hexdigest()
            found["beside"] = str(sorted(path.name for path in file.parent.iterdir()))
        return found

    def copies(self) -> list[str]:
        """Name the copies that are there."""
        if not self.postgresql:
            return sorted(str(path) for path in self.temporary.iterdir())
        with psycopg.connect(self.place.url, autocommit=True) as db:
            mine = f"{PREFIX}%\\_{os.getpid()}\\_%"
            rows = db.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", (mine,)
            ).fetchall()
        return [str(row[0]) for row in rows]

    def drop(self, name: str) -> None:
        """Drop a database."""
        with psycopg.connect(self.place.url, autocommit=True) as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        with psycopg.connect(self.place.url, autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        return make_url(self.place.url).set(database=name).render_as_string(hide_password=False)


def items(answer: Rehearsal, what: str, migration: str = "") -> list[Item]:
    """Return the lines about one thing."""
    return [one for one in answer.items if (one.what, one.migration) == (what, migration)]


def only(answer: Rehearsal, what: str, migration: str = "") -> Item:
    """Return the one line about a thing."""
    (found,) = items(answer, what, migration)
    return found


def against(answer: Rehearsal) -> list[tuple[str, str]]:
    """Return the lines that say no-go."""
    return [(one.migration, one.what) for one in answer.items if one.verdict == "no-go"]
