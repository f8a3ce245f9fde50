"""Values read back from text by their type's input function, never by a user's cast."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql.running import Run

BASE = """
create type mood as enum ('sad', 'ok');
create type pair as (a integer, b integer);
create function any_mood(text) returns mood language sql as $$ select 'sad'::mood $$;
create function any_pair(text) returns pair language sql as $$ select row(0, 0)::pair $$;
create cast (text as mood) with function any_mood(text);
create cast (text as pair) with function any_pair(text);
create table t (id integer primary key, mood mood, pair pair, size character(3));
insert into t values (1, 'ok', '(1,2)', 'a');
"""


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database with two casts from text that read every value as the same one."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


def rows(run: Run) -> list[tuple[object, ...]]:
    """Return the rows of the table, composites in parts."""
    return run.database.session.query("select id, mood, (pair).a, (pair).b from t order by id")


def test_row_written_since(run: Run) -> None:
    """A row of after the change, which no image knows, keeps its value by its text."""
    steps = run.do(
        "alter table t alter mood type text using format('%s', mood),"
        " alter pair type character varying using format('%s', pair)"
    )
    run.database.session.run("insert into t values (2, 'ok', '(3,4)'), (3, null, null)")
    run.undo(steps)
    assert rows(run) == [(1, "ok", 1, 2), (2, "ok", 3, 4), (3, None, None, None)]
