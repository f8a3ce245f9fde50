"""Sequences that the session may not read stand in nobody's way, and are not moved unseen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journal.errors import NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint

BASE = """
create table t (id integer primary key, n text);
insert into t values (1, 'a'), (2, 'b');
create sequence seen;
create sequence hidden;
create function draw() returns bigint language sql security definer as $$ select nextval('hidden') $$;
revoke select on sequence hidden from current_user;
"""


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database with a sequence that its own owner may not read."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


def _state(run: Run) -> dict[str, str]:
    """The database, read by its owner, who gives the privilege back for a moment."""
    session = run.database.session
    session.run("grant select on sequence hidden to current_user")
    found = fingerprint(run.url)
    session.run("revoke select on sequence hidden from current_user")
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "update t set n = n || 'x'",
        "alter table t drop column n",
        "select nextval('seen')",
        "create table more (id serial)",
    ],
)
def test_others_go_on(run: Run, statement: str) -> None:
    """Whatever does not move it is done, and comes back."""
    before = _state(run)
    run.undo(run.do(statement))
    assert _state(run) == before


@pytest.mark.parametrize(
    "statement",
    [
        "select nextval('hidden')",
        "select draw()",
        "comment on sequence hidden is 'not mine to read'",
    ],
)
def test_not_moved_unseen(run: Run, statement: str) -> None:
    """A statement that draws from it, or changes it, is refused by name."""
    with pytest.raises(NotKnownExact) as refused:
        run.do(statement)
    assert refused.value.name == "sequence-hidden"
