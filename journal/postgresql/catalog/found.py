"""What a reader finds in the catalog, before it bears an identity of the journal's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

Key: TypeAlias = tuple[str, int]
"""Where the server keeps an object: the catalog's short name, and the oid."""


class FoundColumn(msgspec.Struct, frozen=True):
    """A column as the catalog has it, under its number within the relation."""

    number: int
    name: str
    definition: dict[str, Any]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An object as the catalog has it; ``unit`` is the object it is read along with."""

    key: Key
    unit: Key
    kind: str
    path: tuple[str, ...]
    parent: Key | None = None
    columns: tuple[FoundColumn, ...] = ()
    definition: dict[str, Any]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which units to read: everything, or those with these oids, by their family."""

    every: bool = False
    oids: dict[str, list[int]] = {}

    @classmethod
    def of(cls, units: Iterable[Key]) -> Scope:
        """Return the scope of these units."""
        oids: dict[str, list[int]] = {}
        for family, oid in units:
            oids.setdefault(family, []).append(oid)
        return cls(oids=oids)

    def covers(self, family: str) -> bool:
        """Tell whether a reader of this family of units has anything to read."""
        return self.every or family in self.oids

    def params(self, family: str) -> dict[str, Any]:
        """Return the parameters that ``within`` speaks of."""
        return {"every": self.every, "oids": self.oids.get(family, [])}


def within(oid: str) -> str:
    """Return the SQL condition that an oid is in scope."""
    return f"(%(every)s or {oid} = any(%(oids)s::oid[]))"


USERS = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'clew')"
"""SQL condition: the namespace ``n`` is neither the server's nor the journal's."""


def unowned(catalog: str, oid: str, kinds: str = "'e'") -> str:
    """Return the SQL condition that an object is no part of an extension."""
    return (
        "not exists (select from pg_catalog.pg_depend x where"
        f" x.classid = 'pg_catalog.{catalog}'::regclass and x.objid = {oid}"
        f" and x.deptype in ({kinds}))"
    )


def comment(catalog: str, oid: str, number: str = "0") -> str:
    """Return the SQL expression of an object's comment."""
    return (
        "(select x.description from pg_catalog.pg_description x where"
        f" x.classoid = 'pg_catalog.{catalog}'::regclass and x.objoid = {oid}"
        f" and x.objsubid = {number})"
    )


def acl(privileges: str, kind: str, owner: str) -> str:
    """Return the SQL expression of grants in their order; null where they are the default."""
    ordered = "(select pg_catalog.array_agg(x::text order by x::text) from unnest({}) x)"
    default = f"pg_catalog.acldefault({kind}, {owner})"
    return (
        f"case when {privileges} is null or {ordered.format(privileges)}"
        f" is not distinct from {ordered.format(default)} then null else {privileges}::text[] end"
    )


def name(namespace: str, object_name: str) -> str:
    """Return the SQL expression of a quoted, qualified name."""
    return f"pg_catalog.quote_ident({namespace}) || '.' || pg_catalog.quote_ident({object_name})"
