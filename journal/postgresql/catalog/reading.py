"""Read the live schema, all of it or some units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from journal.postgresql.catalog.constraints import read_constraints
from journal.postgresql.catalog.defaults import read_defaults
from journal.postgresql.catalog.foreign import read_foreign_tables
from journal.postgresql.catalog.found import Found, Scope
from journal.postgresql.catalog.functions import read_functions
from journal.postgresql.catalog.indexes import read_indexes, read_statistics
from journal.postgresql.catalog.schemas import read_extensions, read_schemas
from journal.postgresql.catalog.sequences import read_sequences
from journal.postgresql.catalog.tables import read_tables
from journal.postgresql.catalog.triggers import read_policies, read_rules, read_triggers
from journal.postgresql.catalog.types import read_types
from journal.postgresql.catalog.views import read_views
from journal.postgresql.catalog.whole import Whole, present, read_whole
from journal.postgresql.catalog.wholes import WHOLES
from journal.postgresql.connection import Session

Reader = Callable[[Session, Scope], Iterator[Found]]

READERS: tuple[tuple[str, Reader], ...] = (
    ("namespace", read_schemas),
    ("extension", read_extensions),
    ("type", read_types),
    ("proc", read_functions),
    ("class", read_sequences),
    ("class", read_tables),
    ("class", read_foreign_tables),
    ("class", read_constraints),
    ("class", read_indexes),
    ("class", read_statistics),
    ("class", read_views),
    ("class", read_rules),
    ("class", read_triggers),
    ("class", read_policies),
    ("default_acl", read_defaults),
)

SPARED: tuple[Reader, ...] = (
    read_sequences,
    read_tables,
    read_foreign_tables,
    read_views,
    read_rules,
    read_triggers,
    read_policies,
    read_statistics,
)

PRESENT = """
select bool_or(c.relkind = 'S'), bool_or(c.relkind in ('r', 'p')), bool_or(c.relkind = 'f'),
    bool_or(c.relkind in ('v', 'm')), bool_or(c.relhasrules), bool_or(c.relhastriggers),
    bool_or(exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)),
    bool_or(exists (select from pg_catalog.pg_statistic_ext s where s.stxrelid = c.oid))
from pg_catalog.pg_class c where c.oid = any(%s::oid[])
"""


def read(session: Session, scope: Scope) -> list[Found]:
    """Return the objects of the units in scope; settings must be ``plain``."""
    found: list[Found] = []
    absent = _absent(session, scope)
    for family, reader in READERS:
        if scope.covers(family) and reader not in absent:
            found.extend(reader(session, scope))
    for whole in _there(session, scope):
        found.extend(read_whole(whole, session, scope))
    return found


def _there(session: Session, scope: Scope) -> Sequence[Whole]:
    """Return the kinds that stand for themselves and are to be read: most are seldom used."""
    if scope.every:
        return present(session, WHOLES)
    return [one for one in WHOLES if scope.covers(one.read_with)]


def _absent(session: Session, scope: Scope) -> set[Reader]:
    """Return readers that would find nothing: planning their queries takes most of their time."""
    relations = scope.oids.get("class")
    if scope.every or not relations:
        return set()
    (present,) = session.query(PRESENT, (relations,))
    return {reader for reader, there in zip(SPARED, present, strict=True) if not there}
