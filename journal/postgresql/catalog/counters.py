"""The server's own count of catalog rows written in this transaction: a free exact detector."""

from __future__ import annotations

from collections.abc import Iterable

from journal.errors import NotKnownExact
from journal.postgresql.catalog.wholes import WHOLES
from journal.postgresql.connection import Session

KNOWN = frozenset(
    "pg_namespace pg_class pg_attribute pg_attrdef pg_type pg_enum pg_range pg_proc"
    " pg_constraint pg_index pg_trigger pg_rewrite pg_policy pg_sequence pg_statistic_ext"
    " pg_description pg_inherits pg_depend pg_partitioned_table pg_default_acl"
    " pg_foreign_table pg_extension".split()
) | {catalog for one in WHOLES for catalog in one.catalogs}
"""Catalogs whose rows the readers account for."""

HARMLESS = frozenset(
    "pg_statistic pg_statistic_ext_data pg_shdepend pg_init_privs pg_subscription_rel".split()
)
"""Catalogs that say nothing about the schema beyond what others say."""

NAMES = {
    "pg_authid": "role",
    "pg_auth_members": "role",
    "pg_db_role_setting": "role-setting",
    "pg_user_mapping": "user-mapping",
    "pg_largeobject": "large-object",
    "pg_largeobject_metadata": "large-object",
    "pg_seclabel": "security-label",
    "pg_shseclabel": "security-label",
    "pg_shdescription": "shared-comment",
    "pg_parameter_acl": "parameter-privileges",
}
"""What a person calls the objects of a catalog, where its name does not say it."""

CATALOGS = """
select c.oid::int8, c.relname from pg_catalog.pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' order by c.oid
"""

COUNTS = """
select array_agg(pg_stat_get_xact_tuples_inserted(x.oid) + pg_stat_get_xact_tuples_updated(x.oid)
    order by x.place)::int8[],
    array_agg(pg_stat_get_xact_tuples_deleted(x.oid) order by x.place)::int8[]
from unnest(%s::oid[]) with ordinality x(oid, place)
"""


class Counters:
    """How many rows of each system catalog this transaction wrote, and what is new in it.

    Counts only grow, also through ROLLBACK TO SAVEPOINT.
    """

    def __init__(self, session: Session) -> None:
        found = session.query(CATALOGS)
        self._session = session
        self._oids = [oid for oid, _ in found]
        self._names = [name for _, name in found]
        self._written, self._deleted = self._read()

    def grown(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the catalogs written since the last call, and those of them that lost rows."""
        written, deleted = self._read()
        lost = self._differing(self._deleted, deleted)
        grown = self._differing(self._written, written) | lost
        self._written, self._deleted = written, deleted
        return grown - HARMLESS, lost - HARMLESS

    def _differing(self, old: list[int], new: list[int]) -> frozenset[str]:
        pairs = zip(self._names, old, new, strict=True)
        return frozenset(name for name, before, after in pairs if before != after)

    def _read(self) -> tuple[list[int], list[int]]:
        ((written, deleted),) = self._session.query(COUNTS, (self._oids,))
        return written, deleted


def family_of(catalog: str) -> str:
    """Return the name under which changes to a system catalog are refused."""
    return NAMES.get(catalog, catalog.removeprefix("pg_").replace("_", "-"))


def refuse_unknown(grown: Iterable[str], allowed: frozenset[str]) -> None:
    """Refuse changes to catalogs that no reader accounts for.

    Raises:
        NotKnownExact: named after the family of objects, unless it is in ``allowed``.
    """
    for catalog in sorted(set(grown) - KNOWN):
        name = family_of(catalog)
        if name not in allowed:
            raise NotKnownExact(name, f"changes to {catalog} are not known to come back exactly")
