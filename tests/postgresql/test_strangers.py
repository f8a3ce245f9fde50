"""What stands on an object that undoing makes again comes back with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
    "statement",
    [
        "alter table t add column extra integer",
        "alter table t drop column spare",
        "alter table t alter size type bigint",
        "alter table t rename to s",
        "alter table loose drop column spare",
        "alter type mood rename value 'ok' to 'fine'",
        "alter type mood add value 'well'",
        "alter type size add value 'huge'",
        "drop type mood cascade",
        "drop function half(integer) cascade",
        "create or replace function half(integer) returns integer language sql as 'select 1'",
    ],
)
def test_there_and_back(run: Run, statement: str) -> None:
    """A change comes back, also under a cast, an operator or an aggregate."""
    before = dict(run.known.objects)
    run.undo(run.do(statement))
    assert run.known.objects == before
