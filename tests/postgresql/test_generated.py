"""Stored generated values come back as they were, or what would change them is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journal.errors import NotExact, NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint

BASE = """
create schema app;
create function app.inner(n integer) returns integer language sql immutable as 'select $1 * 2';
create function app.made(n integer) returns integer language sql immutable as 'select app.inner($1)';
create type app.pair as (a integer, b json);
create table app.t (id integer primary key, n integer, spare text,
  g integer generated always as (app.made(n)) stored,
  "g ""%" app.pair generated always as (row(n, '{"a":  1}')::app.pair) stored);
insert into app.t select i, i, 's' from generate_series(1, 5) i;
"""
OTHERWISE = (
    "create or replace function app.inner(n integer) returns integer language sql immutable"
    " as 'select $1 * 3'"
)


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A table whose generated values come of a function that calls another one."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


def test_the_function_itself(run: Run) -> None:
    """A function is not changed while a column stores what it made."""
    before = fingerprint(run.url)
    with pytest.raises(NotKnownExact) as refused:
        run.do(OTHERWISE.replace("app.inner(n", "app.made(n"))
    assert refused.value.name == "generated-values"
    run.database.abort()
    assert fingerprint(run.url) == before


@pytest.mark.parametrize(
    "statement",
    [
        "alter function app.made(integer) rename to done",
        "comment on function app.made(integer) is 'made'",
        "alter function app.made(integer) set schema public",
        "drop table app.t",
        "alter table app.t drop column spare",
        "alter table app.t alter column spare type varchar(9)",
    ],
)
def test_what_makes_the_same(run: Run, statement: str) -> None:
    """What leaves the values alone comes back, forth and back, and they with it."""
    before = fingerprint(run.url)
    done = run.do(statement)
    after = fingerprint(run.url)
    undone = run.undo(done)
    assert fingerprint(run.url) == before
    redone = run.undo(undone)
    assert fingerprint(run.url) == after
    run.undo(redone)
    assert fingerprint(run.url) == before


def test_a_table_that_stores_other_values_goes(run: Run) -> None:
    """A table is not dropped whose stored values its expression gives no more."""
    run.do(OTHERWISE)
    before = fingerprint(run.url)
    with pytest.raises(NotKnownExact) as refused:
        run.do("drop table app.t")
    assert refused.value.name == "generated-values"
    run.database.abort()
    assert fingerprint(run.url) == before


def test_a_table_that_stores_other_values_is_written_anew(run: Run) -> None:
    """A rollback that would write such a table anew is refused, and nothing is changed."""
    done = run.do("alter table app.t drop column spare")
    run.do(OTHERWISE)
    before = fingerprint(run.url)
    with pytest.raises((NotExact, NotKnownExact), match="stores values in g"):
        run.undo(done)
    run.database.abort()
    assert fingerprint(run.url) == before
