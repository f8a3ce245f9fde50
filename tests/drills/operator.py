"""An operator: types verbs, and holds the database against the oracle."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from tests.cli.typing_in import Typist
from tests.support.oracle import fingerprint, sqlite_path


class Operator(Typist):
    """Types verbs, runs SQL as an application does, and takes fingerprints."""

    @property
    def sqlite(self) -> bool:
        """Tell whether this is SQLite."""
        return self.url.startswith("sqlite")

    def application(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in one transaction as an application would; rows of the last one."""
        if self.sqlite:
            with closing(sqlite3.connect(sqlite_path(self.url), isolation_level=None)) as db:
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("BEGIN")
                for statement in statements:
                    rows = db.execute(statement).fetchall()
                db.execute("COMMIT")
                return rows
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def script(self, text: str) -> None:
        """Run a script of plain statements, one a line or more, as found before any journal."""
        self.application(*[part for part in text.split(";\n") if part.strip()])

    def begin_with(self, text: str) -> dict[str, str]:
        """Make a database as found, open a journal on it, and return its fingerprint."""
        self.script(text)
        self.type("init", "--name", "drill")
        return self.fingerprint()

    def apply(self, name: str, sql: str, *words: str, code: int = 0) -> str:
        """Write a migration and apply what is pending."""
        self.file(f"{name}.sql", sql)
        return self.type("apply", str(self.migrations), *words, code=code)

    def back(self, to: str, *words: str, code: int = 0) -> str:
        """Roll back without a question."""
        return self.type("rollback", to, "--yes", *words, code=code)

    def fingerprint(self) -> dict[str, str]:
        """Return what the oracle sees, and hold the journal's schema against the live one."""
        self.type("check")
        self.type("verify")
        return fingerprint(self.url)
