"""A person at a terminal: a database, a directory of migrations, and what the verbs answer."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.cli.main import run

FILES = {
    "0001_people.sql": (
        "create table person (id integer primary key, name text not null, born integer);\n"
        "insert into person values (1, 'Ada', 1815), (2, 'Bela', 1881);\n"
    ),
    "0002_letters.sql": (
        "alter table person add column email text;\n"
        "update person set name = upper(name), email = 'x@example.org';\n"
    ),
}


class Typist:
    """Types verbs in one place and reads what comes back."""

    def __init__(self, url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.home = home
        self.capsys = capsys
        self.migrations = home / "migrations"
        self.migrations.mkdir()
        self.err = ""

    def file(self, name: str, sql: str) -> Path:
        """Write a migration."""
        path = self.migrations / name
        path.write_text(sql, encoding="utf-8")
        return path

    def type(self, *words: str, code: int = 0) -> str:
        """Type a verb, expect an exit code, and return what was answered."""
        self.capsys.readouterr()
        found = run(["--db", self.url, *words])
        out, self.err = self.capsys.readouterr()
        assert found == code, out + self.err
        return out

    def json(self, *words: str, code: int = 0) -> Any:
        """Type a verb with --format json and return its answer."""
        return json.loads(self.type(*words, "--format", "json", code=code))

    def lines(self, *words: str) -> list[Any]:
        """Type a verb with --format jsonl and return each line."""
        return [json.loads(line) for line in self.type(*words, "--format", "jsonl").splitlines()]

    def application(self, sql: str) -> list[Any]:
        """Run a statement as an application would, beside the journal."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as other, other:
                return other.execute(sql).fetchall()
        with psycopg.connect(self.url, autocommit=True) as session:
            done = session.execute(sql.encode())
            return done.fetchall() if done.description else []

    def begin(self) -> None:
        """Create the journal and apply the two files."""
        for name, sql in FILES.items():
            self.file(name, sql)
        self.type("init", "--name", "test")
        self.type("apply", str(self.migrations), "--reason", "because")
