"""A fleet for tests: databases of both kinds, a file that names them, and one who types."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.cli.main import run
from tests.support.oracle import fingerprint

FILES = {
    "0001_people.sql": (
        "create table person (id integer primary key, name text not null);\n"
        "insert into person values (1, 'Ada'), (2, 'Bela');\n"
    ),
    "0002_email.sql": (
        "alter table person add column email text;\nupdate person set email = name;\n"
    ),
}


class Ships:
    """Databases by name, a directory of migrations, and the file of targets."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.capsys = capsys
        self.urls: dict[str, str] = {}
        self.more: dict[str, str] = {}
        self.migrations = home / "migrations"
        self.migrations.mkdir()
        self.file = home / "fleet.toml"
        self.err = ""
        for name, sql in FILES.items():
            self.write(name, sql)

    def write(self, name: str, sql: str) -> None:
        """Write a migration."""
        (self.migrations / name).write_text(sql)

    def sqlite(self, *names: str, init: bool = True) -> None:
        """Add SQLite files with a journal."""
        for name in names:
            path = self.home / f"{name}.db"
            sqlite3.connect(path).close()
            path.touch()
            self.add(name, f"sqlite:///{path}", init=init)

    def add(self, name: str, url: str, *, init: bool = True) -> None:
        """Add a database, with a journal of the name ``fleet``."""
        self.urls[name] = url
        if init:
            assert self.run("--db", url, "init", "--name", "fleet") == 0
        self.describe()

    def set(self, name: str, **keys: str | int | bool) -> None:
        """Write more about a target."""
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        self.more[name] = "".join(lines)
        self.describe()

    def describe(self) -> None:
        """Write the file of targets."""
        self.file.write_text(
            "".join(
                f"[[target]]\nname = {json.dumps(name)}\nurl = {json.dumps(url)}\n"
                f"{self.more.get(name, '')}\n"
                for name, url in self.urls.items()
            )
        )

    def run(self, *words: str) -> int:
        """Type a verb."""
        return run([*words])

    def type(self, *words: str, code: int = 0) -> str:
        """Type a verb of the fleet, and expect an exit code."""
        self.capsys.readouterr()
        found = self.run("fleet", *words, "--targets", str(self.file))
        out, self.err = self.capsys.readouterr()
        assert found == code, out + self.err
        return out

    def json(self, *words: str, code: int = 0) -> Any:
        """Type a verb of the fleet, and return its answer."""
        return json.loads(self.type(*words, "--format", "json", code=code))

    def apply(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Apply, and return what became of each database."""
        answer = self.json("apply", str(self.migrations), *words, code=code)
        return {one["name"]: one for one in answer["ended"] or answer["looks"]}

    def states(self, *words: str, code: int = 0) -> dict[str, str]:
        """Apply, and return the state of each database."""
        return {name: one["state"] for name, one in self.apply(*words, code=code).items()}

    def head(self, name: str) -> int:
        """Return the last position of a journal, as the database itself counts."""
        counted = "SELECT count(*) FROM {}entry"
        found: int = self.ask(name, counted.format(self.prefix(name)))[0][0]
        return found

    def prefix(self, name: str) -> str:
        """Return what stands before the names of the journal's tables and views."""
        return "clew_" if self.urls[name].startswith("sqlite") else "clew."

    def ask(self, name: str, sql: str) -> list[Any]:
        """Run a statement as an application would."""
        url = self.urls[name]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db, db:
                return db.execute(sql).fetchall()
        with psycopg.connect(url, autocommit=True) as session:
            done = session.execute(sql.encode())
            return done.fetchall() if done.description else []

    def seen(self) -> dict[str, dict[str, str]]:
        """What every database holds, told by the oracle."""
        return {name: fingerprint(url) for name, url in self.urls.items()}
