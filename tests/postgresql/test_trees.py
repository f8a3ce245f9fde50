"""Schema changes over populated trees of partitions and of inheritance, taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journal.errors import ChangedSince, NotKnownExact
from journal.postgresql.catalog.live import read_schema
from tests.language.cases import Rebuilt
from tests.postgresql.conftest import Populated
from tests.postgresql.keeping import Keeping
from tests.postgresql.trees import HEIRS, PARTITIONS, REFUSED, SINCE_18, TREES
from tests.support.server import Server

pytestmark = pytest.mark.listed


@pytest.fixture(scope="module")
def forest(server: Server) -> Iterator[Populated]:
    """One database of trees for all tests."""
    database = Populated(server, TREES)
    yield database
    database.drop()


@pytest.fixture
def trees(forest: Populated) -> Iterator[Populated]:
    """The database of trees."""
    yield from forest.visit()


def _same(populated: Populated, keeping: Keeping) -> None:
    """Hold the catalog, kept up to date by pieces, to the schema read as a whole."""
    known = keeping.catalog.schema()
    assert {one.id: one for one in read_schema(populated.session, known)} == known


@pytest.mark.parametrize("sql", [*PARTITIONS, *HEIRS])
def test_there_and_back(trees: Populated, sql: str) -> None:
    """A statement taken back, done again and taken back leaves trees and rows as they were."""
    _there_and_back(trees, sql)


@pytest.mark.parametrize("sql", SINCE_18)
def test_since_18(trees: Populated, sql: str) -> None:
    """So do the constraints and columns that came with PostgreSQL 18."""
    if trees.session.value("select current_setting('server_version_num')::int") < 180000:
        pytest.skip("needs PostgreSQL 18")
    _there_and_back(trees, sql)


def _there_and_back(trees: Populated, sql: str) -> None:
    session = trees.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do(sql)
    _same(trees, keeping)
    undone = keeping.undo(step)
    assert bool(keeping.anew) is isinstance(sql, Rebuilt)
    assert keeping.told == keeping.anew
    _same(trees, keeping)
    redone = keeping.undo(undone)
    keeping.undo(redone)
    _same(trees, keeping)
    session.run("commit")
    trees.hold_to_known()


@pytest.mark.parametrize(
    ("sql", "write"),
    [
        (
            "alter table app.visit add column extra text",
            "update only app.visit_rest set extra = 'x'",
        ),
        (
            "alter table app.visit add column extra integer default 3",
            "update app.visit_2024 set extra = 4 where city = 1",
        ),
        (
            "create table app.area_x partition of app.area for values in (77)",
            "insert into app.area (id) values (77)",
        ),
        (
            "alter table app.thing alter column late type varchar(10) using reverse(late)",
            "update only app.lease set late = 'x' where weight = 2",
        ),
    ],
)
def test_changed_since(trees: Populated, sql: str, write: str) -> None:
    """Values written into a part of a tree since are refused, and given up if told so."""
    session = trees.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do(sql)
    session.run(write)
    with pytest.raises(ChangedSince), session.point("refused"):
        keeping.undo(step)
    keeping.undo(step, "overwrite")
    assert keeping.undone.changed_count


def test_new_rows_stay(trees: Populated) -> None:
    """Rows that came into partitions and heirs since a DROP COLUMN stay when it comes back."""
    session = trees.session
    session.run("begin")
    keeping = Keeping(session)
    steps = [
        keeping.do(sql)
        for sql in (
            "alter table app.visit drop column note",
            "alter table app.thing drop column gone",
        )
    ]
    session.run("insert into app.visit (at, city) values ('2024-02-02', 5), ('2025-02-02', 5)")
    session.run("insert into app.plain (name, weight) values ('new', 77)")
    before = session.query(
        "select tableoid::regclass::text, id, at, city from app.visit order by 2"
    )
    for step in reversed(steps):
        keeping.undo(step)
    after = session.query("select tableoid::regclass::text, id, at, city from app.visit order by 2")
    assert after == before
    assert session.value("select count(*) from app.visit where note like 'v%'") == 30
    assert session.value("select count(*) from app.thing where gone like 'g%'") == 17
    assert session.query("select gone, weight from app.thing where name = 'new'") == [(None, 77)]


@pytest.mark.parametrize(("sql", "name"), REFUSED)
def test_refused(trees: Populated, sql: str, name: str) -> None:
    """What could not be taken back is refused while it is done, by name."""
    trees.session.run("begin")
    with pytest.raises(NotKnownExact) as refused:
        Keeping(trees.session).do(sql)
    assert refused.value.name == name
