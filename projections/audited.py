"""What an audit says of runs: counts by table, the fate of values, what was changed and waived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.values import Statement, Verb
from projections.runs import State

Holds = Literal["stands", "partly", "gone"]
"""Whether what a run did stands at the end of the stretch, after all rollbacks."""

Noted = (
    e.CheckRun
    | e.BackupTaken
    | e.BackupVerified
    | e.BackupRestored
    | e.MarkSet
    | e.MarkRemoved
    | e.Stamped
    | e.HistoryImported
    | e.IrreversibleAllowed
    | e.SignedOff
    | e.ContentErased
    | e.ArchiveSealed
    | e.StatementSettled
)
"""Events that an audit repeats as they are: none is long, and none holds user data."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it was recorded, and by whom."""

    position: int
    recorded_at: str
    actor: str
    run: str
    event: Noted


class SchemaAct(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a schema object, in short."""

    position: int
    kind: str
    name: str
    change: str
    text: str


class StatementAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement did, in words; its text is content, named by ``digest``.

    ``more`` counts what it did beyond the first few.
    """

    number: int
    line: int
    digest: str
    did: tuple[str, ...]
    more: int = 0


class RowCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table: written by statements, or lost and made with schema changes."""

    table: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    lost: int = 0
    made: int = 0


class StepAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did in one transform; ``fates`` counts each value that was read.

    ``by_rule``, ``by_person`` and ``open`` say what became of the ``conflicts`` until the end
    of the stretch. ``fields`` counts records by a field of theirs that had no home, ``homes``
    are fields of ``of`` that found one. ``conserved`` where ``accounted``, the sum of the fates,
    equals the ``values`` read. Of rows from another database ``table`` is their table there;
    a step that only begins a copy tells of the ``source``, and which tables were ``created``.
    """

    migration: str
    step: str
    table: str
    source: Mapping[str, Any]
    created: tuple[str, ...]
    of: str
    spec: str
    batches: int
    subjects: int
    retried: int
    values: int
    fates: Mapping[str, int]
    accounted: int
    conserved: bool
    rows: Mapping[str, int]
    provisioned: Mapping[str, int]
    conflicts: int
    by_rule: int
    by_person: int
    open: int
    unmapped: int
    fields: Mapping[str, int]
    homes: tuple[str, ...]
    rejected: int


class OtherRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that a rollback took back or brought again, perhaps only ``part`` of it."""

    run: str
    verb: Verb
    migration: str
    first: int
    last: int
    part: bool


class RunAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as far as it lies within the stretch.

    ``holds`` tells whether it stands at the end, ``gone_at`` which rollback took it back; a
    rollback, a backup and an erasure are never taken back themselves.
    ``took`` and ``brought`` are what this rollback took back and brought again. ``stayed``
    tells what a run that did not complete left behind. ``did`` are the first statements that did
    anything, ``did_more`` counts the others; of many runs the newest have them. ``verification`` are its checks, with
    digests and times. ``migration`` names what was run: of a
    record the program.
    """

    run: str
    verb: Verb
    state: State
    first: int
    last: int
    holds: Holds
    gone_at: int | None
    migration: str
    file: str
    digest: str
    origin: int | None
    target: int | None
    actor: str
    started_at: str
    ended_at: str
    seconds: float | None
    reason: str
    ref: str
    revision: str
    notes: tuple[str, ...]
    statements: int
    did: tuple[StatementAudit, ...]
    did_more: int
    kept: int
    rows: tuple[RowCounts, ...]
    schema: tuple[SchemaAct, ...]
    transforms: tuple[StepAudit, ...]
    verification: tuple[Said, ...]
    said: tuple[Said, ...]
    took: tuple[OtherRun, ...]
    brought: tuple[OtherRun, ...]
    error: str
    sqlstate: str
    statement: Statement | None
    stayed: tuple[str, ...]
    found_by: str


def said(entry: Entry, event: Noted) -> Said:
    """Repeat an event with its place."""
    return Said(
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        run=entry.run,
        event=event,
    )
