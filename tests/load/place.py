"""A database with terminals on it, an application beside them, and the oracle that judges."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from journal.chain import check_chain
from journal.events import RunCompleted, RunStarted
from journal.opening import open_journal
from tests.load.terminals import Answer, Terminal, at_once
from tests.support.oracle import fingerprint, sqlite_path


class Place:
    """One database, its migrations, and four terminals."""

    def __init__(self, url: str, home: Path, terminals: list[Terminal]) -> None:
        self.url = url
        self.home = home
        self.terminals = terminals
        self.migrations = self.directory("migrations")

    @property
    def sqlite(self) -> bool:
        """Tell whether this is SQLite."""
        return self.url.startswith("sqlite")

    def directory(self, name: str) -> Path:
        """Make a directory for migrations."""
        (self.home / name).mkdir()
        return self.home / name

    def file(self, name: str, text: str) -> None:
        """Write a migration."""
        (self.migrations / name).write_text(text, encoding="utf-8")

    def type(self, *words: str, code: int = 0) -> Answer:
        """Run one verb to its end."""
        return self.terminals[0].type(*words, code=code)

    def at_once(self, *calls: list[str]) -> list[Answer]:
        """Run calls that begin in the same moment."""
        return at_once(self.terminals, *calls)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in one transaction; return the rows of the last."""
        if self.sqlite:
            with closing(sqlite3.connect(sqlite_path(self.url), timeout=60)) as db, db:
                for statement in statements:
                    rows = db.execute(statement).fetchall()
                return rows
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def fingerprint(self) -> dict[str, str]:
        """Return what the oracle sees, once the journal proves itself."""
        self.proved()
        return fingerprint(self.url)

    def proved(self) -> None:
        """Hold the journal to its promises: gapless, one chain, no run twice, no drift."""
        self.type("verify")
        self.type("check")
        with open_journal(self.url) as journal:
            stored = list(journal.stored())
            assert [one.position for one in stored] == list(range(1, len(stored) + 1))
            assert not list(check_chain(stored))
            assert len({one.previous for one in stored}) == len(stored)

    def completed(self) -> Counter[str]:
        """Count how often each migration was applied to its end."""
        with open_journal(self.url) as journal:
            entries = list(journal.read())
        started = {one.run: one.event for one in entries if isinstance(one.event, RunStarted)}
        ended = [one.run for one in entries if isinstance(one.event, RunCompleted)]
        assert len(ended) == len(set(ended))
        return Counter(started[run].migration for run in ended if started[run].verb == "apply")
