"""What the history of a row is made of."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Cause = Literal[
    "inserted",
    "updated",
    "rewritten",
    "rekeyed",
    "moved",
    "deleted",
    "schema",
    "table made",
    "table dropped",
    "unseen",
]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict that decided a value, or still waits; ``chosen`` counts candidates from 0.

    ``by`` is a rule's name, or who decided. Candidates have record, field and value.
    """

    conflict: str
    field: str
    status: Literal["open", "decided"]
    candidates: tuple[dict[str, Any], ...]
    chosen: int | None = None
    by: str = ""
    reason: str = ""
    position: int


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a row: who, when and how, and its values before and after.

    ``before`` and ``after`` are the row by the names that its columns had then, ``None`` where
    there was none; ``changed`` names the columns whose values differ, that came, or went;
    ``renamed`` those that took another name, and ``former`` is the name that the table had
    before, or the partition in which the row stood. ``key`` is that of the row after the change, or of the row that went. ``cause`` says
    what the change was to the row: "rewritten" left all values as they were, "rekeyed" gave it
    another key, "moved" another partition, "schema" changed its table. An "unseen" change is in
    no journal: it was found at ``position``, where the row was not as the journal had left it;
    nobody's name stands beside it. ``takes_back`` are the changes that a rollback undid here,
    and ``taken_back_by`` is the position of the rollback that undid this one, where that stands.
    """

    position: int
    cause: Cause
    table: str
    key: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
    former: str = ""
    recorded_at: str = ""
    actor: str = ""
    evidence: str = ""
    run: str = ""
    verb: str = ""
    migration: str = ""
    program: str = ""
    statement: str = ""
    number: int = 0
    line: int = 0
    takes_back: tuple[int, ...] = ()
    taken_back_by: int | None = None
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()


class RowHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one row, oldest first, and how it stands.

    ``key`` is the row's key at ``at``, or the last that it had. ``row`` is the row as it is
    known at that position; at the head it is the live row, ``None`` where there is none.
    ``notes`` say what cannot be known.
    """

    table: str
    key: dict[str, Any]
    at: int
    row: dict[str, Any] | None
    changes: tuple[RowChange, ...]
    notes: tuple[str, ...] = ()
