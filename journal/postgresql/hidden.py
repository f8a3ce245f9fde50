"""Rows that a policy hides, also from their owner: all of them are read, or nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from journal.errors import NotKnownExact
from journal.postgresql.connection import Session, quote

_HIDING = """
SELECT n.nspname, c.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%s::oid[]) AND c.relrowsecurity AND pg_catalog.row_security_active(c.oid)
ORDER BY c.oid
"""


def refuse_hidden(session: Session, oids: Iterable[int]) -> list[str]:
    """Return the tables whose policies bind the session, which may switch them off.

    Raises:
        NotKnownExact: it may not, being another role's than the owner's.
    """
    found = session.query(_HIDING, (list(oids),))
    for schema, table, owned in found:
        if not owned:
            raise NotKnownExact(
                "row-security", f"policies hide rows of {schema}.{table} from who runs this"
            )
    return [quote(schema, table) for schema, table, _ in found]


@contextmanager
def uncovered(session: Session, oids: Iterable[int]) -> Iterator[None]:
    """See and write all rows of tables whose policies bind even their owner.

    The policies are off for the owner while the block runs, and nobody else can read the table
    until the transaction ends.

    Raises:
        NotKnownExact: the session is not the owner's.
    """
    names = refuse_hidden(session, oids)
    for name in names:
        session.run(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    yield
    for name in names:
        session.run(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
