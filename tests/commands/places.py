"""A database with a directory of migrations beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from commands.opening import Asker, Target
from journal.opening import parse_url
from journal.values import DatabaseKind

ASKER = Asker(actor="dana", reason="because", host="here", clew="1")


class Place(msgspec.Struct, kw_only=True):
    """A database, and the directory its migrations come from."""

    kind: DatabaseKind
    url: str
    directory: Path
    asker: Asker = ASKER

    @property
    def target(self) -> Target:
        """The database as commands take it."""
        return Target(url=parse_url(self.url), lock_timeout=3.0, holder="dana here")

    def write(self, name: str, text: str) -> None:
        """Write a migration file."""
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def sql(self, *statements: str) -> list[Any]:
        """Run statements as an application would, and return the rows of the last one."""
        if self.kind == "sqlite":
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                rows = [connection.execute(one).fetchall() for one in statements][-1]
            connection.close()
            return rows
        with psycopg.connect(self.url, autocommit=True) as session:
            for one in statements:
                cursor = session.execute(one.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def holding(self, table: str) -> Iterator[None]:
        """Write to a table in a transaction that stays open, as an application would."""
        write = f"update {table} set id = id"
        if self.kind == "sqlite":
            file = self.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(file, isolation_level=None)) as connection:
                connection.execute("begin immediate")
                connection.execute(write)
                yield
        else:
            with psycopg.connect(self.url) as session:
                session.execute(write.encode())
                yield
                session.rollback()
