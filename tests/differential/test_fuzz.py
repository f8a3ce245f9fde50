"""Statements put together by chance: each is exact, refused with nothing changed, or fails as ever."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from commands.split.statements import split
from commands.split.tokens import Unsplittable
from journal.errors import ClewError, Refused
from journal.opening import open_journal, parse_url
from journal.values import DatabaseKind
from tests.differential import seeing, templates
from tests.differential.grammar import statement, twisted
from tests.differential.playing import answer, error_of, hearing, plainly, program, recorded
from tests.differential.postgresql import library as postgresql_library
from tests.differential.present import names
from tests.differential.sqlite import library as sqlite_library
from tests.differential.test_differential import documented
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Server

SCRIPT = 25
"""Statements of one script, which is one transaction, undone as a whole."""
NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
fuzzing = settings(
    max_examples=int(os.environ.get("CLEW_SCRIPTS", "200" if NIGHTLY else "3")),
    derandomize=not NIGHTLY,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # a script is read as it failed: each try at less takes seconds
    suppress_health_check=list(HealthCheck),
)


class Pair(NamedTuple):
    """Two equal databases, one with a journal."""

    kept: str
    plain: str


Pairs = Callable[[], AbstractContextManager[Pair]]


@pytest.fixture(scope="module")
def postgresql_pairs(server: Server) -> Iterator[Pairs]:
    """Makes pairs of PostgreSQL databases from two that stay."""
    named = f"clew_fuzz_{os.getpid()}"
    numbers = count(1)
    base = make_url(server.url)

    def url(name: str) -> str:
        return base.set(database=name).render_as_string(hide_password=False)

    def make(name: str, template: str) -> None:
        with psycopg.connect(server.url, autocommit=True) as db:
            strategy = " strategy file_copy" if db.info.server_version >= 150000 else ""
            db.execute(f"create database {name} template {template}{strategy}".encode())

    def drop(*names: str) -> None:
        with psycopg.connect(server.admin, autocommit=True) as db:
            for name in names:
                db.execute(f"drop database {name} with (force)".encode())

    @contextmanager
    def pair() -> Iterator[Pair]:
        ours = [f"{named}_{next(numbers)}" for _ in range(2)]
        for name, template in zip(ours, (f"{named}_kept", f"{named}_plain"), strict=True):
            make(name, template)
        yield Pair(*map(url, ours))
        drop(*ours)

    for name in (f"{named}_kept", f"{named}_plain"):
        make(name, "template0")
        with psycopg.connect(url(name), autocommit=True) as db:
            db.execute(postgresql_library.BASE.encode())
    init(Target(url=parse_url(url(f"{named}_kept")), holder="fuzz"), asker=Asker(actor="dana"))
    yield pair
    drop(f"{named}_kept", f"{named}_plain")


@pytest.fixture(scope="module")
def sqlite_pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Makes pairs of SQLite files from two that stay."""
    home = tmp_path_factory.mktemp("fuzz")
    kept, plain = Pair(*(f"sqlite:///{home / name}" for name in ("kept.db", "plain.db")))
    for url in (kept, plain):
        with closing(sqlite3.connect(sqlite_path(url))) as db:
            db.executescript(sqlite_library.BASE)
    init(Target(url=parse_url(kept), holder="fuzz"), asker=Asker(actor="dana"))

    @contextmanager
    def pair() -> Iterator[Pair]:
        found = Pair(f"sqlite:///{home / '1.db'}", f"sqlite:///{home / '2.db'}")
        for old, new in zip((kept, plain), found, strict=True):
            for end in ("", "-wal", "-shm", "-journal", "-clew-lock"):
                Path(sqlite_path(new) + end).unlink(missing_ok=True)
            shutil.copy(sqlite_path(old), sqlite_path(new))
        yield found

    return pair


@given(data=st.data())
@fuzzing
def test_postgresql(postgresql_pairs: Pairs, data: st.DataObject) -> None:
    """On PostgreSQL no statement changes its answer, and all of a script comes back."""
    with postgresql_pairs() as pair:
        Fuzzed(pair, "postgresql", templates.POSTGRESQL, templates.POSTGRESQL_VALUES).play(data)


@given(data=st.data())
@fuzzing
def test_sqlite(sqlite_pairs: Pairs, data: st.DataObject) -> None:
    """On SQLite no statement changes its answer, and all of a script comes back."""
    with sqlite_pairs() as pair:
        Fuzzed(pair, "sqlite", templates.SQLITE, templates.SQLITE_VALUES).play(data)


class Fuzzed:
    """One script, played on both of a pair statement by statement, and undone on one."""

    def __init__(
        self, pair: Pair, kind: DatabaseKind, forms: Sequence[str], values: Sequence[str]
    ) -> None:
        self.pair = pair
        self.kind: DatabaseKind = kind
        self.forms = forms
        self.values = values
        self.said: list[str] = []

    def play(self, data: st.DataObject) -> None:
        """Play it; an error bears what was said until then."""
        try:
            self._play(data)
        except BaseException as error:
            error.add_note("\n".join(f"{sql!r}," for sql in self.said))
            raise

    def _play(self, data: st.DataObject) -> None:
        before = fingerprint(self.pair.kept)
        with open_journal(self.pair.kept) as journal:
            head = journal.head().position
        with program(self.pair.kept) as kept, program(self.pair.plain) as plain:
            ends = [self._ended(data, kept, plain)]
            ends += [
                seeing.everything(one) if self.kind == "postgresql" else seeing.file(one)
                for one in (kept, plain)
            ]
        assert ends[1] == ends[2]
        after = fingerprint(self.pair.kept)
        assert after == fingerprint(self.pair.plain)
        target = Target(url=parse_url(self.pair.kept), holder="fuzz")
        rollback(target, str(head), asker=Asker(actor="dana"))
        assert fingerprint(self.pair.kept) == before

    def _ended(self, data: st.DataObject, kept: Connection, plain: Connection) -> bool:
        """Play the script in a transaction on both sides, which commits on both or on none."""
        ours, theirs = recorded(kept), plainly(plain)
        ours.__enter__()
        theirs.__enter__()
        heard = hearing(kept), hearing(plain)
        for _ in range(SCRIPT):
            self._one(data, (kept, plain), heard)
        ended = [_commit(one) for one in (ours, theirs)]
        assert ended[0] == ended[1]
        return ended[0] is None

    def _one(
        self,
        data: st.DataObject,
        sides: tuple[Connection, Connection],
        heard: tuple[list[str], list[str]],
    ) -> None:
        sql = data.draw(statement(names(sides[1]), self.forms, self.values))
        if data.draw(st.integers(0, 2)) == 0:
            sql = data.draw(twisted(sql, self.kind))
        self.said.append(sql)
        for one in heard:
            one.clear()
        found = self._answered(sides[0], sql)
        if found is not None:
            expected = answer(sides[1], sql)
            if self._several(sql):  # an error tells its place in the whole text, or in its part
                found, expected = found[:3:2], expected[:3:2]
            assert found == expected
            assert heard[0] == heard[1]
        look = seeing.file if self.kind == "sqlite" else seeing.everything
        assert look(sides[0]) == look(sides[1])

    def _answered(self, kept: Connection, sql: str) -> tuple[Any, ...] | None:
        """Run a statement with Clew; return nothing where it is refused, as the list says."""
        try:
            return answer(kept, sql)
        except Refused as error:
            if not documented(error, sql):
                raise
            return None

    def _several(self, sql: str) -> bool:
        try:
            return self.kind == "postgresql" and len(split(sql, "postgresql")) > 1
        except Unsplittable:
            return False


def _commit(block: AbstractContextManager[Any]) -> tuple[Any, ...] | None:
    try:
        block.__exit__(None, None, None)
    except (DBAPIError, ClewError) as error:
        return error_of(error)[:3]
    return None
