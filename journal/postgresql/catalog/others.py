"""What other sessions did to the catalogs since this transaction read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from journal.errors import Drifted
from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.touched import HAVE_OIDS
from journal.postgresql.catalog.wholes import WHOLES
from journal.postgresql.connection import Session

# Per catalog: which column names the unit that a row is read with, and the unit's family.
PLACES = (
    ("pg_class", "oid", "class"),
    ("pg_attribute", "attrelid", "class"),
    ("pg_attrdef", "adrelid", "class"),
    ("pg_constraint", "conrelid", "class"),
    ("pg_constraint", "contypid", "type"),
    ("pg_index", "indrelid", "class"),
    ("pg_trigger", "tgrelid", "class"),
    ("pg_rewrite", "ev_class", "class"),
    ("pg_policy", "polrelid", "class"),
    ("pg_sequence", "seqrelid", "class"),
    ("pg_statistic_ext", "stxrelid", "class"),
    ("pg_inherits", "inhrelid", "class"),
    ("pg_type", "oid", "type"),
    ("pg_enum", "enumtypid", "type"),
    ("pg_proc", "oid", "proc"),
    ("pg_namespace", "oid", "namespace"),
    ("pg_default_acl", "oid", "default_acl"),
    ("pg_extension", "oid", "extension"),
    ("pg_foreign_table", "ftrelid", "class"),
    *((one.catalog, one.of.removeprefix("o."), one.read_with) for one in WHOLES),
    *((catalog, column, one.read_with) for one in WHOLES for catalog, column in one.parts),
)

CATALOGS = {one.read_with: one.catalog for one in WHOLES} | HAVE_OIDS

NAMED = """
select (pg_catalog.pg_identify_object(%s::regclass, %s::oid, 0)).identity
"""

FULL = "(pg_current_xact_id()::text::int8 + age(pg_current_xact_id()::xid) - age({}))::text::xid8"
"""SQL expression of a transaction's whole number; valid for what is not frozen."""

OURS = f"""
select x.xmin::text from unnest(%s::text[]::xid[]) x(xmin)
where pg_xact_status({FULL.format("x.xmin")}) = 'in progress'
"""

LOCKED = """
select coalesce(l.relation, l.objid)::int8 from pg_catalog.pg_locks l
where l.pid = pg_backend_pid() and l.mode = 'AccessExclusiveLock'
and l.locktype in ('relation', 'object')
"""


def moment(session: Session) -> str:
    """Return what tells, later, which transactions ended after this moment."""
    return str(session.value("select pg_current_snapshot()::text"))


def ours(session: Session, writers: Collection[str]) -> frozenset[str]:
    """Return which of these writers of rows that are seen are this transaction."""
    if not writers:
        return frozenset()
    return frozenset(row[0] for row in session.query(OURS, (list(writers),)))


def dropped_by_us(session: Session, keys: Iterable[Key]) -> set[Key]:
    """Return which of the objects that are gone were dropped here: we hold their locks."""
    keys = set(keys)
    if not keys:
        return keys
    locked = {row[0] for row in session.query(LOCKED)}
    return {key for key in keys if key[1] in locked}


def refuse_written(session: Session, units: Collection[Key], since: str) -> None:
    """Refuse to take what somebody else changed for this transaction's own doing.

    Raises:
        Drifted: another transaction that ended after ``since`` wrote one of the units.
    """
    parts = []
    for catalog, column, family in PLACES:
        oids = [oid for kind, oid in units if kind == family]
        if oids:
            full = FULL.format("x.xmin")
            parts.append(
                f"select '{family}', x.{column}::int8 from pg_catalog.{catalog} x"
                f" where x.{column} = any('{{{','.join(map(str, oids))}}}'::oid[])"
                " and age(x.xmin) <= age((pg_snapshot_xmin(%(since)s::pg_snapshot))::xid)"
                f" and not pg_visible_in_snapshot({full}, %(since)s::pg_snapshot)"
                f" and pg_xact_status({full}) is distinct from 'in progress'"
            )
    found = session.query("\nunion all\n".join(parts) + " limit 1", {"since": since})
    if found:
        family, oid = found[0]
        name = session.value(NAMED, (f"pg_catalog.{CATALOGS[family]}", oid))
        raise Drifted(
            f"{name} was changed by somebody else while this ran",
            hint="Look at it with clew check, then try again.",
        )
