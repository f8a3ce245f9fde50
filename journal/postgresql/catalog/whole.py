"""Kinds of objects that stand for themselves: a row of one catalog, with parts in others.

What a kind is made of is said as SQL expressions over its row, ``o``; the rest is the same for
all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from journal.postgresql.catalog.found import USERS, Found, Scope, acl, comment, unowned, within
from journal.postgresql.connection import Session

FIRST_OID = 16384
"""The first oid that is no part of the server itself (FirstNormalObjectId)."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of object, and where the catalog has what it is made of.

    ``family`` is the catalog's short name, as in keys. ``schema`` and ``owner`` are oids, and
    empty where a kind has none; the schema's row is ``n``. ``signature`` is what tells objects
    of one name apart: it is added to the name in the path. ``privileges`` are the grants and the
    letter of ``acldefault``. ``text`` gives the statement that makes the object, without what is
    altered afterwards: owner, grants, comment. ``more`` gives further fields of the definition.
    ``only`` is the condition that a row is an object of its own. ``parts`` are catalogs of
    parts, with the column that holds the whole's oid; ``members`` are those of them whose rows
    have oids of their own, and depend on others. ``identity`` is what ALTER, DROP and COMMENT ON
    take after the keyword, where that is not what the server itself calls an object. ``unit`` is
    the family, and ``of`` the oid, of what an object is read with: another family where other
    kinds stand in the same catalog, or where one object is told along with another. ``follows``
    are families of units that definitions name, and pg_depend does not tell so.
    """

    kind: str
    family: str
    catalog: str
    name: str
    text: str
    schema: str = ""
    signature: str = "''"
    owner: str = ""
    privileges: tuple[str, str] | None = None
    more: tuple[tuple[str, str], ...] = ()
    only: str = "true"
    parts: tuple[tuple[str, str], ...] = ()
    members: tuple[str, ...] = ()
    renamed: bool = True
    identity: str = ""
    unit: str = ""
    of: str = "o.oid"
    follows: frozenset[str] = frozenset()

    @property
    def read_with(self) -> str:
        """The family of the units that objects are read with."""
        return self.unit or self.family

    @property
    def shares(self) -> bool:
        """Whether objects of other kinds stand in the same catalog."""
        return self.unit != "" and self.of == "o.oid"

    @property
    def catalogs(self) -> tuple[str, ...]:
        """The catalogs in which an object stands."""
        return (self.catalog, *(catalog for catalog, _ in self.parts))

    @property
    def held(self) -> tuple[tuple[str, str], ...]:
        """The catalogs of members, with the column that holds the whole's oid."""
        return tuple(one for one in self.parts if one[0] in self.members)

    @property
    def source(self) -> str:
        """SQL: the rows ``o`` that are objects of persons, an extension's included."""
        rows = f"pg_catalog.{self.catalog} o"
        if not self.schema:
            return f"{rows} where o.oid >= {FIRST_OID} and {self.only}"
        joined = f"{rows} join pg_catalog.pg_namespace n on n.oid = {self.schema}"
        return f"{joined} where {USERS} and {self.only}"

    @property
    def query(self) -> str:
        """SQL: oid, path and definition of the objects in scope that are no extension's."""
        row = f"'pg_catalog.{self.catalog}'::regclass, o.oid, 0"
        fields = [
            ("identity", self.identity or f"(pg_catalog.pg_identify_object({row})).identity"),
            ("text", self.text),
            *self.more,
            ("comment", comment(self.catalog, "o.oid")),
        ]
        if self.renamed:
            fields.append(("name", self.name))
        if self.owner:
            fields.append(("owner", f"pg_catalog.pg_get_userbyid({self.owner})"))
        if self.privileges:
            grants, letter = self.privileges
            fields.append(("acl", acl(grants, f"'{letter}'", self.owner)))
        listed = ", ".join(f"'{name}', {value}" for name, value in fields)
        schema = "n.nspname, " if self.schema else ""
        return (
            f"select o.oid::int8, {self.of}::int8,"
            f" array[{schema}{self.name} || ({self.signature})]::text[],"
            f" json_strip_nulls(json_build_object({listed})) from {self.source}"
            f" and {within(self.of)} and {unowned(self.catalog, 'o.oid')}"
        )


def read_whole(whole: Whole, session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the objects of a kind in scope."""
    found = session.query(whole.query, scope.params(whole.read_with))
    for oid, of, path, definition in found:
        yield Found(
            key=(whole.family, oid),
            unit=(whole.read_with, of),
            kind=whole.kind,
            path=tuple(path),
            definition=definition,
        )


def present(session: Session, wholes: Sequence[Whole]) -> list[Whole]:
    """Return the kinds of which there is any object, an extension's included."""
    parts = (
        f"(select true from pg_catalog.{one.catalog} o where o.oid >= {FIRST_OID}  and {one.only} limit 1)"
        for one in wholes
    )
    (row,) = session.query(f"select {', '.join(parts)}")
    return [one for one, there in zip(wholes, row, strict=True) if there]
