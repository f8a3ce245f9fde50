"""What a statement did, and what undoing has to take back: the data of the port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from journal.values import (
    ChangedRow,
    ContentChange,
    DatabaseKind,
    ObjectChange,
    Rebuilt,
    SchemaObject,
    SequenceMove,
    TableRows,
)

FORMAT = 1
"""Version of the layout of the journal's own tables."""

LISTED = 1000
"""How many changed rows an answer lists; beyond that they are only counted."""

Schema = Mapping[int, SchemaObject]
StatementKind = Literal["query", "rows", "schema", "setting", "outside"]


class JournalIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Which journal this is: a UUID, the environment's name, and the layout's version."""

    id: str
    name: str
    database: DatabaseKind
    format: int = FORMAT


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement, or the undoing of one, did. Images are already stored.

    ``affected`` is the number of rows the database reports, or -1. ``waived`` names the
    rules of the gate that were waived for it. ``sql`` lists the statements that were run.
    ``changed_since`` lists rows written since an undone step, at most ``LISTED``;
    ``changed_count`` counts them all. ``contents`` tells what materialised views hold, and what
    belongs to extensions. ``rebuilt`` lists what the undoing of one wrote anew although it
    stands.
    """

    changes: tuple[ObjectChange, ...] = ()
    rows: tuple[TableRows, ...] = ()
    sequences: tuple[SequenceMove, ...] = ()
    contents: tuple[ContentChange, ...] = ()
    affected: int = -1
    waived: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0
    rebuilt: tuple[Rebuilt, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """All that one statement did, as recorded, and so what ``undo`` has to take back."""

    first: int
    last: int
    run: str
    changes: tuple[ObjectChange, ...] = ()
    rows: tuple[TableRows, ...] = ()
    sequences: tuple[SequenceMove, ...] = ()
    contents: tuple[ContentChange, ...] = ()


class RawText(bytes):
    """Text that is not valid UTF-8, as its bytes; only SQLite holds such."""


Row = Sequence[Any]
Ask = Callable[[str], list[Row]]
"""Runs a query of ours; values are those of ``insert``, all others as the database's text."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a query returned: the columns' names, and the rows as they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
