"""What a stranger did to a PostgreSQL database comes back exactly, and goes again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journal.errors import ChangedSince, NotExact
from tests.postgresql import kinds, odd, trees
from tests.postgresql.conftest import Populated
from tests.postgresql.statements import BASE, STATEMENTS
from tests.record.stranger import Stranger
from tests.support.oracle import fingerprint
from tests.support.server import Server

pytestmark = pytest.mark.listed(rate=6)  # each costs three seconds
BASES = {"everyday": BASE, "odd": odd.ODD, "kinds": kinds.KINDS, "trees": trees.TREES}
LISTS = {
    "everyday": STATEMENTS,
    "odd": odd.EXACT,
    "kinds": kinds.EXACT,
    "trees": [*trees.PARTITIONS, *trees.HEIRS],
}
UNREAD = ("revoke all on app.log from current_user",)
"""After these the oracle cannot read the database."""
UNKEPT = ("drop type app.holder cascade",)
"""What rows are made of is locked first, so that they cannot be copied any more."""
NOT_BACK = (
    "alter table app.thing drop constraint thing_weight",
    "alter table only app.thing drop constraint thing_late",
    "alter table app.dated add column weight integer",
    "alter table app.root drop column code cascade",
    "alter table app.root drop column id cascade",
    "do $$ begin create domain app.dm as integer check (value > 0); alter table app.visit add"
    " column d app.dm default 3; alter table app.thing add column d app.dm default 3; end $$",
)
"""What comes back, and goes again, statement by statement, and is refused where its outcome is."""
CASES = [
    (base, sql)
    for base, found in LISTS.items()
    for sql in found
    if sql not in (*UNREAD, *UNKEPT, *NOT_BACK)
]
Databases = dict[str, Populated]


@pytest.fixture(scope="module")
def databases(server: Server) -> Iterator[Databases]:
    """A database of each kind of schema, made when it is first needed."""
    found: Databases = {}
    yield found
    for one in found.values():
        one.drop()


def of(databases: Databases, server: Server, base: str) -> Populated:
    """Return a database of a kind, whose state is given up by whoever asks for it."""
    if base not in databases:
        databases[base] = Populated(server, BASES[base])
    if databases[base].spoilt:
        databases[base].renew()
    databases[base].spoilt = True
    return databases[base]


@pytest.mark.parametrize(("base", "sql"), CASES)
def test_there_and_back(databases: Databases, server: Server, base: str, sql: str) -> None:
    """A statement of a stranger's is told, taken back, brought again and taken back."""
    database = of(databases, server, base)
    stranger = Stranger(database.url)
    try:
        found, steps = stranger.work([sql])
        assert found.lost == ()
        after = fingerprint(database.url)
        undone = stranger.undo(steps)
        assert fingerprint(database.url) == database.known
        assert stranger.net([*steps, *undone]) == []
        redone = stranger.undo(undone)
        assert fingerprint(database.url) == after
        stranger.undo(redone)
        database.hold_to_known()
    finally:
        stranger.database.close()


@pytest.mark.parametrize("sql", NOT_BACK)
def test_refused(databases: Databases, server: Server, sql: str) -> None:
    """Where the way, back or forward, is not exact it is refused, and all stays as it is."""
    database = of(databases, server, "kinds" if "app.root" in sql else "trees")
    stranger = Stranger(database.url)
    try:
        found, steps = stranger.work([sql])
        assert found.lost == ()
        there = fingerprint(database.url)
        with pytest.raises((NotExact, ChangedSince)):
            for expected in (database.known, there, database.known):
                steps = stranger.undo(steps)
                assert fingerprint(database.url) == expected
                there = expected
        stranger.database.abort()
        assert fingerprint(database.url) == there
    finally:
        stranger.database.close()


def test_the_program_never_gives_way(databases: Databases, server: Server) -> None:
    """A copy that would wait for the program, which waits for it, is given up and named."""
    stranger = Stranger(of(databases, server, "odd").url)
    try:
        found, _ = stranger.work(UNKEPT)
        assert [one.name for one in found.lost] == ["rows-not-kept"]
        assert "lock timeout" in found.lost[0].what
    finally:
        stranger.database.close()
