"""What no reader knows stands on an object: refused when the change is done, not on the way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journal.errors import NotKnownExact
from tests.postgresql.running import Run

BASE = """
create type mood as enum ('sad', 'ok');
create function mood_of(text) returns mood language sql as $$ select 'sad'::public.mood $$;
create type size as enum ('small', 'big');
create function lower_size(size, size) returns size language sql as $$ select least($1, $2) $$;
create cast (text as mood) with function mood_of(text);
create aggregate lowest(size) (sfunc = lower_size, stype = size);
create table t (id integer primary key, mood mood, spare text, size integer);
create table loose (id integer, spare text, size integer);
insert into t values (1, 'ok', 's', 1);
create publication clew_test_publication for table t;
create function half(integer) returns integer language sql as 'select $1 / 2';
create operator @/ (function = half, rightarg = integer);
"""


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database with a cast, an operator and an aggregate."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("alter type mood add value 'well'", "cast"),
        ("alter type size add value 'huge'", "aggregate"),
    ],
)
def test_refused(run: Run, statement: str, name: str) -> None:
    """A change is refused whose undoing would drop what a stranger needs."""
    with pytest.raises(NotKnownExact) as refused:
        run.do(statement)
    assert refused.value.name == name


@pytest.mark.parametrize(
    "statement",
    [
        "alter table t add column extra integer",
        "alter table t drop column spare",
        "alter table t alter size type bigint",
        "alter table t rename to s",
        "alter table loose drop column spare",
        "alter type mood rename value 'ok' to 'fine'",
        "create or replace function half(integer) returns integer language sql as 'select 1'",
    ],
)
def test_there_and_back(run: Run, statement: str) -> None:
    """A change that is undone in place comes back."""
    before = dict(run.known.objects)
    run.undo(run.do(statement))
    assert run.known.objects == before
