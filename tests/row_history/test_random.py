"""Random histories of rows, held against a logbook that knows nothing of the journal."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from itertools import count, groupby
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import row_history
from commands.apply import apply
from commands.init import init
from commands.one_row.answer import RowChange
from commands.opening import Asker, Target
from commands.rebuild import rebuild
from commands.rollback import rollback
from journal.opening import parse_url
from tests.row_history.logbook import Change, Logbook
from tests.support.oracle import sqlite_path

ASKER = Asker(actor="dana")
CREATE = "CREATE TABLE person (id integer PRIMARY KEY, name text, note text)"
_numbers = count(1)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_a_history_is_what_a_logbook_says(request, kind: str, seed: int) -> None:
    """Each live row's history is what was done to it, by migrations, rollbacks and others."""
    url = fresh(request, kind)
    book = Logbook(seed)
    target = Target(url=parse_url(url), holder="test")
    with tempfile.TemporaryDirectory(prefix="clew-rows-") as home:
        init(target, name="test", asker=ASKER)
        _migrate(target, Path(home), 0, [CREATE])
        _go_through(book, target, url, Path(home))
        with target.journal() as journal:
            for key, row in book.state.rows.items():
                found = row_history(journal, book.state.name, str(key))
                assert found.row == row
                assert _told(found.changes) == book.log[book.state.lines[key]]
                assert _joined(found.changes)
                assert row_history(journal, book.state.name, str(key), index=False) == found


def _go_through(book: Logbook, target: Target, url: str, home: Path) -> None:
    """Run migrations, roll some back, and let an application write between them."""
    places: list[int] = []
    for number in range(1, 8):
        draw = book.chance.random()
        if draw < 0.25 and len(places) > 1:
            to = book.chance.choice(places)
            rollback(target, str(to), asker=ASKER)
            book.back(to)
        elif draw < 0.5:
            live(url, book.beside())
            places.clear()  # the way back past it would be refused
            _migrate(target, home, number, [book.touch()])
        else:
            _migrate(target, home, number, book.statements(3))
        if book.chance.random() < 0.3:
            rebuild(target)
        with target.journal() as journal:
            places.append(journal.head().position)
        book.save(places[-1])


def _migrate(target: Target, home: Path, number: int, statements: list[str]) -> None:
    file = home / f"{number:04}_step.sql"
    file.write_text(";\n".join([*statements, f"-- {number}"]), encoding="utf-8")
    apply(target, [file], asker=ASKER)


def _told(changes: tuple[RowChange, ...]) -> list[Change]:
    """What changed a row, a whole rollback as one change."""
    told: list[Change] = []
    for (verb, _), group in groupby(changes, key=lambda one: (one.verb, one.run)):
        some = list(group)
        parts = [some] if verb == "rollback" else [[one] for one in some]
        told += [(part[0].before, part[-1].after) for part in parts]
    return [(before, after) for before, after in told if before != after]


def _joined(changes: tuple[RowChange, ...]) -> bool:
    """Each change begins where the last one ended, from nothing on."""
    ends = [None, *(one.after for one in changes)]
    return all(one.before == end for one, end in zip(changes, ends, strict=False))


def live(url: str, sql: str) -> None:
    """Run a statement as an application does."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as db, db:
            db.execute(sql)
        return
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(sql.encode())


def fresh(request, kind: str) -> str:
    """A database for each example; PostgreSQL's is emptied, being one for all of them."""
    if kind == "sqlite":
        path = request.getfixturevalue("tmp_path") / f"{next(_numbers)}.db"
        sqlite3.connect(path).close()
        return f"sqlite:///{path}"
    url = request.getfixturevalue("postgresql_url")
    live(url, "DROP SCHEMA IF EXISTS clew CASCADE")
    live(url, "DROP SCHEMA public CASCADE")
    live(url, "CREATE SCHEMA public")
    return url
