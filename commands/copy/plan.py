"""What a copy is going to do, as data: tables in order, columns, what is made, what differs."""

from __future__ import annotations

from typing import Literal

import msgspec

from commands.copy.spec import Conversion
from journal.values import DatabaseKind, SchemaObject

Path = tuple[str, ...]
Logical = Literal[
    "boolean",
    "integer",
    "numeric",
    "single",
    "float",
    "text",
    "bytes",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "json",
    "jsonb",
    "verbatim",
    "stored",
]
"""What a value is, whichever database holds it.

``single`` is a float of four bytes. ``verbatim`` is anything PostgreSQL writes as text that means the same when read back: arrays,
ranges, intervals, addresses. ``stored`` is whatever SQLite stores, its storage class included.
"""


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the parts of a plan."""


class ColumnPlan(Plan, frozen=True, kw_only=True):
    """One column: by which name and type it is read and written, and what its values are.

    ``conversion`` is complete: what was not declared is inferred. ``said`` tells how.
    ``limits`` is the type of PostgreSQL whose limits values are held against; empty on SQLite,
    which has none. ``never_null``: a null is refused here, since the target takes none.
    """

    source: str
    target: str
    source_type: str
    target_type: str
    logical: Logical
    conversion: Conversion = Conversion()
    limits: str = ""
    never_null: bool = False
    said: str = ""


class ForeignKeyPlan(Plan, frozen=True, kw_only=True):
    """Columns of the table that refer to a table of the plan (``references``: its source path).

    Not ``declared``: told by a rule or by names, no constraint in the target holds it.
    ``cyclic``: the table referred to is filled later, or at the same time.
    """

    columns: tuple[str, ...]
    references: Path
    referred: tuple[str, ...]
    declared: bool = True
    cyclic: bool = False


class TablePlan(Plan, frozen=True, kw_only=True):
    """One table, from ``source`` into the table ``target``.

    ``key`` are columns of the target that tell rows apart, empty where nothing does.
    ``exists``: the target has it already. ``create`` makes it, ``after`` what is made once all
    rows are there: cyclic foreign keys and indexes. ``counter`` is a column of the target that
    the database numbers, whose counter has to pass the last number.
    """

    source: SchemaObject
    target: Path
    columns: tuple[ColumnPlan, ...]
    key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKeyPlan, ...] = ()
    exists: bool = False
    create: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    counter: str = ""


class Difference(Plan, frozen=True, kw_only=True):
    """Something that is not in the target as it is in the source, and what stands for it.

    ``kind``: type, name, default, check, collation, generated, sequence, index, constraint,
    table, column, nullability, key, foreign key, unique, view, trigger, function, setting ...
    """

    kind: str
    object: str
    source: str = ""
    target: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The difference in one line."""
        became = f": {self.source or 'none'} -> {self.target or 'none'}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.kind} of {self.object}{became}{why}"


class Problem(Plan, frozen=True, kw_only=True):
    """Why the copy cannot be made as declared, and what to do."""

    text: str
    hint: str = ""


class CopyPlan(Plan, frozen=True, kw_only=True):
    """The whole plan: tables in the order in which they are filled.

    ``before`` makes schemas and types in the target before any table, ``after`` views and
    triggers when all is done. ``problems`` refuse the copy; ``differences`` are only stated.
    """

    source: DatabaseKind
    target: DatabaseKind
    tables: tuple[TablePlan, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()
