"""What a copy is: data that says which tables go where, and how values become the target's.

A ``Copy`` is a step of a migration, and what the command line makes of its options and of
``--rules FILE``, a Python file that defines ``copy = Copy(...)``. Nothing here does anything;
the structs are printed, digested and checked before they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from commands.declared import Spec
from journal.values import IfChanged

Form = Literal[
    "boolean",
    "seconds",
    "milliseconds",
    "microseconds",
    "iso",
    "json",
    "text",
    "integer",
    "number",
    "bytes",
    "uuid",
]
Orphans = Literal["quarantine", "refuse"]
BATCH = 20_000
"""Rows of one batch, unless said otherwise."""


class Conversion(Spec, frozen=True, kw_only=True):
    """How the values of one column become the target's; what is left empty is inferred.

    ``forms`` are what a value may be, the first that fits counts: whole numbers of seconds,
    milliseconds or microseconds since 1970, ISO 8601 text and so on. Values that equal one of
    ``null`` mean null; no others do. ``true`` and ``false`` are further words of a boolean.
    ``zone`` is that of times that name none: ``UTC`` or an offset such as ``+07:00``. ``type``
    is the column's type where the table is created. With ``omit`` the column stays behind.
    What fits no form is rejected with its row.
    """

    forms: tuple[Form, ...] = ()
    null: tuple[Any, ...] = ()
    true: tuple[Any, ...] = ()
    false: tuple[Any, ...] = ()
    zone: str = ""
    type: str = ""
    omit: bool = False


class Reference(Spec, frozen=True, kw_only=True):
    """Columns that refer to rows of another table, though no foreign key says so.

    ``referred`` are the columns referred to; empty means the key of that table.
    """

    table: str
    columns: tuple[str, ...]
    references: str
    referred: tuple[str, ...] = ()


class Isolation(Spec, frozen=True, kw_only=True):
    """Tenants are apart: each row leads to one row of table ``root``, whichever way is taken.

    ``paths`` names, for each table, the ways that must agree, columns joined by dots:
    ``campaign_id.workspace_id.agency_id``. Without it, all ways along foreign keys and declared
    references are taken.
    """

    name: str
    root: str
    paths: Mapping[str, tuple[str, ...]] = {}


class Copy(Spec, frozen=True, kw_only=True, tag="copy"):
    """Tables of another database (all without a name) brought into this one.

    ``source`` is its URL; the command line gives its own. ``columns`` holds conversions by
    ``table.column``. ``create`` makes tables that the target lacks. Rows whose parent is missing
    are set aside as ``orphans`` or refuse the copy. ``if_changed`` says what a later copy does
    with rows that somebody wrote in the target meanwhile. ``batch`` rows are one transaction.
    """

    source: str = ""
    tables: tuple[str, ...] = ()
    columns: Mapping[str, Conversion] = {}
    references: tuple[Reference, ...] = ()
    isolation: tuple[Isolation, ...] = ()
    create: bool = False
    orphans: Orphans = "refuse"
    if_changed: IfChanged = "refuse"
    batch: int = BATCH
