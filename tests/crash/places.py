"""Databases to be killed on: made once, copied for each attempt, and looked at from outside."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from commands.cli.main import run
from tests.support.oracle import fingerprint, pg_program

CLEW = "from commands.cli.main import main; main()"
ROOT = Path(__file__).parents[2]
VISITS = ("rows visit", "rows public.visit")
_CHANCE = re.compile(r"\d{8}T\d{6}Z|[0-9a-f]{8}(-?[0-9a-f]{4,})*")
_numbers = count(1)

Seen = dict[str, str]


class Answer(NamedTuple):
    """What a verb answered."""

    code: int
    out: str
    err: str


class Place:
    """One database and the directory beside it."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home

    @property
    def sqlite(self) -> bool:
        """Tell whether this is SQLite."""
        return self.url.startswith("sqlite")

    @property
    def backup(self) -> Path:
        """The backup that was taken beforehand."""
        return min(one for one in (self.home / "taken").iterdir() if one.is_dir())

    @property
    def environment(self) -> dict[str, str]:
        """What programs find: no byte code is written, so that moments are the same each time."""
        return {
            **({} if self.sqlite else pg_program("pg_dump")[1]),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.home / "tmp"),
            "CLEW_ACTOR": "dana",
        }

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command line of a verb."""
        return [sys.executable, "-c", CLEW, "--db", self.url, *words]

    def run(self, *words: str) -> Answer:
        """Run a verb in a process of its own."""
        done = subprocess.run(
            self.command(words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ask(self, *words: str, code: int | None = 0) -> Answer:
        """Run a verb in this process, and expect an exit code."""
        with redirect_stdout(_said()) as out, redirect_stderr(_said()) as err:
            found = run(["--db", self.url, *words])
        answer = Answer(found, _heard(out), _heard(err))
        assert code in (found, None), f"clew {' '.join(words)}: {answer}"
        return answer

    def json(self, *words: str) -> Any:
        """Return the answer of a verb as data."""
        return json.loads(self.ask(*words, "--format", "json").out)

    def log(self) -> list[Any]:
        """Return all entries of the journal."""
        said = self.ask("log", "--format", "jsonl").out
        return [json.loads(line) for line in said.splitlines()]

    def seen(self) -> Seen:
        """Return what the oracle sees, but for what an application writes all the while."""
        found = fingerprint(self.url)
        return {name: one for name, one in found.items() if name not in VISITS}

    def application(self, *statements: str) -> None:
        """Write as an application does, in one transaction."""
        if self.sqlite:
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as db, db:
                for one in statements:
                    db.execute(one)
        else:
            with psycopg.connect(self.url) as db:
                for one in statements:
                    db.execute(one.encode())

    def files(self) -> set[str]:
        """Name all files beside the database, with what is left to chance taken out.

        A rollback journal is SQLite's own: the next writer takes it.
        """
        found = (
            one.relative_to(self.home).as_posix()
            for one in self.home.rglob("*")
            if not one.name.endswith("-journal")
        )
        return {_CHANCE.sub("#", one) for one in found}

    def quiet(self) -> None:
        """Wait until the server has noticed that whoever was killed is gone."""
        if self.sqlite:
            return
        asked = (
            "SELECT application_name, state, query FROM pg_stat_activity WHERE"
            " datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        with psycopg.connect(self.url, autocommit=True) as db:
            until = time.monotonic() + 120
            while left := db.execute(asked).fetchall():
                assert time.monotonic() < until, left
                time.sleep(0.02)

    def left(self) -> set[str]:
        """Name what the server keeps in the journal's schema, and what it holds for nobody."""
        if self.sqlite:
            return set()
        asked = """
            SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'clew'::regnamespace
            UNION ALL SELECT 'prepared ' || gid FROM pg_prepared_xacts
            UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
        """
        with psycopg.connect(self.url, autocommit=True) as db:
            return {_CHANCE.sub("#", name) for (name,) in db.execute(asked)}

    def rehearsals(self, process: int) -> list[str]:
        """Name the databases that a process made to rehearse in."""
        if self.sqlite:
            return []
        asked = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        with psycopg.connect(self.url, autocommit=True) as db:
            found = db.execute(asked, (f"clew\\_rehearsal\\_%\\_{process}\\_%",))
            return [name for (name,) in found]


class Ground:
    """Where places are made and copied: a directory, and a server for PostgreSQL."""

    def __init__(self, home: Path, server: str = "") -> None:
        self.home = home
        self.server = server

    def make(self, name: str) -> Place:
        """Make an empty place."""
        home = self._home(name)
        (home / "tmp").mkdir(parents=True)
        if not self.server:
            sqlite3.connect(home / "app.db").close()
            return Place(f"sqlite:///{home}/app.db", home)
        self._admin("CREATE DATABASE {} TEMPLATE template0", home.name)
        return Place(self._url(home.name), home)

    @contextmanager
    def copy(self, of: Place) -> Iterator[Place]:
        """Copy a place; the copy is gone at the end, unless something went wrong."""
        home = self._home("try")
        shutil.copytree(of.home, home, symlinks=True)
        place = Place(of.url.replace(of.home.name, home.name), home)
        if self.server:
            self._admin("CREATE DATABASE {} TEMPLATE {}", home.name, of.home.name)
        yield place
        self.drop(place)

    def drop(self, place: Place) -> None:
        """Remove a place."""
        if self.server:
            self.drop_database(place.home.name)
        shutil.rmtree(place.home)

    def drop_database(self, name: str) -> None:
        """Remove a database."""
        self._admin("DROP DATABASE {} WITH (FORCE)", name)

    def _home(self, name: str) -> Path:
        return self.home / f"crash_{name}_{os.getpid()}_{next(_numbers)}"

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as db:
            db.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _said() -> TextIOWrapper:
    return TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True)


def _heard(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
