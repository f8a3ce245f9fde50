"""The values that events are made of: schema objects, row images, statements.

Everything here is frozen data. Names are attributes: a table or column is known by the
identity (a whole number, never used twice in one journal) that it keeps through renames.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

DatabaseKind = Literal["sqlite", "postgresql"]
Evidence = Literal["captured", "observed", "imported", "stamped"]
Verb = Literal[
    "apply",
    "rollback",
    "record",
    "restore",
    "transform",
    "copy",
    "repair",
    "backup",
    "decide",
    "erase",
    "archive",
]
IfChanged = Literal["refuse", "keep", "overwrite"]

# What a row image is there for: rows a statement wrote, data that a schema change is about
# to destroy (imaged before it), data that a schema change made (imaged after it).
ImageCause = Literal["written", "destroyed", "made"]

Definition: TypeAlias = dict[str, Any]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all values: frozen, and absent fields are not stored."""


class Column(Value, frozen=True, kw_only=True):
    """A column of a table.

    ``definition`` holds plain JSON. Both databases use the names ``type``, ``not_null``
    (bool), ``default`` (SQL text), ``generated`` (SQL text), ``identity`` and ``collation``
    where they apply; each database adds names of its own.
    """

    id: int
    name: str
    definition: Definition = {}


class SchemaObject(Value, frozen=True, kw_only=True):
    """Anything the catalog holds under a name.

    ``kind`` is one of the kinds its database knows: schema, table, index, view, constraint,
    trigger, function, sequence, enum, domain ... ``path`` is the unquoted qualified name,
    unique within the kind: ``("public", "person")``, ``("public", "person", "person_pkey")``,
    ``("public", "f(integer)")``; on SQLite ``("person",)``. ``parent`` is the identity of the
    table that a constraint, index, trigger or policy belongs to. ``definition`` is plain
    JSON, sufficient to make the object again, in the database's own words; it names other
    objects by path. For foreign keys ``definition["references"]`` is the path of the table
    referred to; a SQLite table lists its own under ``definition["foreign_keys"]``.
    """

    id: int
    kind: str
    path: tuple[str, ...]
    parent: int | None = None
    columns: tuple[Column, ...] = ()
    definition: Definition = {}


class ObjectChange(Value, frozen=True, kw_only=True):
    """One object as it was and as it became; ``None`` where it did not exist."""

    before: SchemaObject | None = None
    after: SchemaObject | None = None


class Statement(Value, frozen=True, kw_only=True):
    """A statement of a migration: its number from 1, first line, and content digest."""

    number: int
    line: int = 1
    digest: str = ""


class ImageRange(Value, frozen=True, kw_only=True):
    """Row images of one run, ``first`` to ``last`` inclusive, by their running number.

    ``digest`` is the SHA-256, in hexadecimal, over the concatenated digests of the chunks in
    order of their number; ``size`` is their stored size in bytes.
    """

    first: int
    last: int
    digest: str
    size: int = 0


class TableRows(Value, frozen=True, kw_only=True):
    """What happened to rows of one table: before and after images, counted.

    ``columns`` are the identities of the imaged columns in stored order, ``key`` those of the
    primary key, or else of a unique key without nulls; empty where the table has neither.
    ``removed`` counts the before images and ``added`` the after images. ``images`` is ``None``
    only when both are zero.
    ``cause`` "destroyed" and "made" may image a part of the columns (always with the key).
    """

    table: int
    cause: ImageCause = "written"
    columns: tuple[int, ...] = ()
    key: tuple[int, ...] = ()
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    removed: int = 0
    added: int = 0
    run: str = ""
    images: ImageRange | None = None


class ErasedImages(Value, frozen=True, kw_only=True):
    """Row images of one range, ``first`` to ``last``, of which ``rows`` hold values no more.

    ``position`` is the entry that names the range, ``table`` and ``columns`` are identities.
    """

    position: int
    table: int
    run: str
    first: int
    last: int
    rows: int
    columns: tuple[int, ...] = ()


class SequenceState(Value, frozen=True, kw_only=True):
    """A sequence's place; on SQLite the AUTOINCREMENT counter of a table.

    ``last_value`` is ``None`` where a SQLite table has no counter row yet.
    """

    last_value: int | None = None
    is_called: bool = True


class SequenceMove(Value, frozen=True, kw_only=True):
    """A sequence (on SQLite: the table that owns the counter), before and after."""

    object: int
    before: SequenceState
    after: SequenceState


class ContentChange(Value, frozen=True, kw_only=True):
    """What a materialised view holds, before and after: a digest over its rows as a multiset.

    ``None`` where it does not exist, or holds nothing yet. Its rows are not imaged: they are
    what its query gives, and the digest proves that. Likewise for an extension: the digest is
    one over all that belongs to it, which is what its scripts make.
    """

    object: int
    before: str | None = None
    after: str | None = None


class ChangedRow(Value, frozen=True, kw_only=True):
    """A row that somebody wrote after the entry that the rollback would undo.

    ``key`` names the row; ``before`` is the row that the rollback would bring, ``journaled`` as
    the journal left it, ``live`` as it is now; ``None`` where it does not exist. ``kept`` tells
    what the policy did with it.
    """

    table: int
    key: dict[str, Any]
    before: dict[str, Any] | None = None
    journaled: dict[str, Any] | None = None
    live: dict[str, Any] | None = None
    kept: bool = False

    @property
    def what(self) -> Literal["changed", "deleted", "key reused", "added"]:
        """What somebody did: changed or deleted what was left, or wrote where nothing was."""
        if self.live is None:
            return "deleted"
        if self.journaled is not None:
            return "changed"
        return "key reused" if self.before is not None else "added"


class Rebuilt(Value, frozen=True, kw_only=True):
    """A table, or a materialised view, that is written anew although it stands.

    ``table`` is its identity; ``bytes`` is 0 where the database does not tell.
    """

    table: int
    rows: int
    bytes: int = 0


class Lock(Value, frozen=True, kw_only=True):
    """A lock a run took: on PostgreSQL the table lock mode, on SQLite the whole file."""

    object: str
    mode: str


class Scan(Value, frozen=True, kw_only=True):
    """A table that was read from end to end, and the rows read of it."""

    object: str
    rows: int
