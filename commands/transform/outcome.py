"""What a transform reads and what it leaves behind: records, rows, conflicts, fates."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Fate = Literal["key", "mapped", "merged", "overruled", "unmapped", "ignored", "rejected"]
"""What became of a source value, the strongest of what its rules say, in this order."""

STRONGEST: tuple[Fate, ...] = ("key", "mapped", "merged", "overruled", "ignored")


class Record(msgspec.Struct, frozen=True):
    """A row of the source: a JSON text that tells it from others, and its fields.

    SQL's NULL is no value, so such a field is absent; JSON's null is one.
    """

    id: str
    fields: dict[str, Any]
    problem: str = ""


THERE = -1
"""The number of a candidate that stood in the target row already."""


class Candidate(msgspec.Struct, frozen=True):
    """A value for a target field: the number of its record, and the field it stood in."""

    record: int
    field: str
    value: Any


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Records of a subject disagree about a target field; ``chosen`` is a candidate's number.

    ``path`` is the key within the field where objects are merged. ``parked`` where the field
    waits for a person. ``written`` is the value that was left there, and ``key`` finds the
    row, by column name.
    """

    table: str
    column: str
    path: str | None = None
    candidates: tuple[Candidate, ...]
    chosen: int | None
    rule: str
    parked: bool = False
    written: Any = None
    target: int = 0
    key: dict[str, Any] = {}

    @property
    def field(self) -> str:
        """The field as it is called in lists."""
        where = f".{self.path}" if self.path is not None else ""
        return f"{self.table}.{self.column}{where}"


class TargetRow(msgspec.Struct, frozen=True):
    """A row to be written, by column name; ``target`` is the number of its ``Rows``.

    ``there`` is the row as it stands, where it is to be merged into.
    """

    target: int
    table: str
    values: dict[str, Any]
    there: dict[str, Any] | None = None


class Homeless(msgspec.Struct, frozen=True):
    """Fields of one record that no rule takes."""

    record: str
    values: dict[str, Any]


class Rejected(msgspec.Struct, frozen=True):
    """Why a subject waits, and the record that is the cause."""

    record: str
    reason: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one subject. Either ``rejected``, or rows and all the rest.

    ``fates`` counts source values by fate; ``values`` is their number as read.
    """

    subject: Any
    records: tuple[Record, ...]
    values: int
    fates: dict[Fate, int]
    rows: tuple[TargetRow, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unmapped: tuple[Homeless, ...] = ()
    rejected: Rejected | None = None
