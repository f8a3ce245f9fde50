"""What a stranger did to a PostgreSQL database comes back exactly, and goes again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
CASES = [(base, sql) for base, found in LISTS.items() for sql in found]
Databases = dict[str, Populated]


@pytest.fixture(scope="module")
def databases(server: Server) -> Iterator[Databases]:
    """A database of each kind of schema, made when it is first needed."""
    found: Databases = {}
    yield found
    for one in found.values():
        one.drop()


@pytest.mark.parametrize(("base", "sql"), CASES)
def test_there_and_back(
    databases: Databases, server: Server, roles: None, base: str, sql: str
) -> None:
    """A statement of a stranger's is told, taken back, brought again and taken back."""
    del roles
    if base not in databases:
        databases[base] = Populated(server, BASES[base])
    database = databases[base]
    if database.spoilt:
        database.renew()
    database.spoilt = True
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
