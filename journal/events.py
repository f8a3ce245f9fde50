"""The closed vocabulary of events. Each is a fact in the past tense, frozen, and versioned.

No event holds user data: row images, candidates, statement texts and a child's output stand
in the content table and are named here by digest or by image range.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import msgspec

from journal.values import (
    ContentChange,
    DatabaseKind,
    ErasedImages,
    ObjectChange,
    SchemaObject,
    SequenceMove,
    SequenceState,
    Statement,
    TableRows,
    Verb,
)
from journal.verified import Details


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True, tag_field="type"
):
    """Base of all events; ``version`` is the newest shape of the payload."""

    version: ClassVar[int] = 1


# --- the journal itself ---------------------------------------------------------------


class JournalOpened(Event, frozen=True, kw_only=True):
    """The journal was created beside the data of one database."""

    journal: str
    name: str
    database: DatabaseKind
    server: str
    clew: str


class BaselineRecorded(Event, frozen=True, kw_only=True):
    """The database as found, in ``parts`` entries; ``next_id`` is the next free identity."""

    part: int
    parts: int
    objects: tuple[SchemaObject, ...] = ()
    sequences: tuple[tuple[int, SequenceState], ...] = ()


class HistoryImported(Event, frozen=True, kw_only=True):
    """Migrations that another tool's bookkeeping says were applied, in ``parts`` entries.

    ``table`` is dotted; ``migrations`` come in the order in which they were applied, with
    ``applied_at`` beside them as the table words it. ``unapplied`` are names that stand there
    and do not count, each with why. ``upto``, where it is told, is a version: what comes before
    it, and it itself, counts as applied without being named.
    """

    version: ClassVar[int] = 2

    tool: str
    table: str
    migrations: tuple[str, ...] = ()
    applied_at: tuple[str, ...] = ()
    unapplied: tuple[tuple[str, str], ...] = ()
    upto: str = ""
    part: int = 1
    parts: int = 1


# --- runs -----------------------------------------------------------------------------


class RunStarted(Event, frozen=True, kw_only=True):
    """One execution began; written in a transaction of its own, so that it outlives failure.

    For ``apply``: the migration, its file and the SHA-256 of the file. For ``rollback``:
    ``origin`` is the position it left and ``target`` the position it returns to, and
    ``if_changed`` the policy for rows that others wrote since. For ``record``: ``program`` is
    the name of the program, and ``command`` names the content that holds its command line. For
    ``copy``: ``program`` is the place that rows come from, without its password. Runs that were
    asked for at once, in several databases, bear one ``fleet``.
    """

    version: ClassVar[int] = 3

    verb: Verb
    migration: str = ""
    file: str = ""
    digest: str = ""
    origin: int | None = None
    target: int | None = None
    batched: bool = False
    reason: str = ""
    ref: str = ""
    revision: str = ""
    if_changed: str = ""
    user: str = ""
    host: str = ""
    clew: str = ""
    notes: tuple[str, ...] = ()
    program: str = ""
    command: str = ""
    fleet: str = ""


class RunCompleted(Event, frozen=True, kw_only=True):
    """The run reached its end; its changes stand.

    ``rejected`` subjects wait: until they are taken the migration is incomplete. ``kept``
    counts the rows that a rollback found written since; ``changed`` names the content that
    lists them, whether kept or overwritten. ``notes`` tell who else was at the database while
    a recorded program ran, and what it changed that no journal keeps; of a migration, which
    batches were begun again.
    """

    version: ClassVar[int] = 2

    statements: int = 0
    rows: int = 0
    kept: int = 0
    changed: str = ""
    rejected: int = 0
    exit_code: int = 0
    output: str = ""
    notes: tuple[str, ...] = ()


class RunFailed(Event, frozen=True, kw_only=True):
    """The run ended in an error; ``stayed`` tells what it left behind.

    ``output`` names what was said: by the database, or by the program that was recorded.
    ``changed`` names the content that lists the rows written since, which were refused;
    ``notes`` are those of RunCompleted.
    """

    version: ClassVar[int] = 2

    error: str
    sqlstate: str = ""
    statement: Statement | None = None
    stayed: tuple[str, ...] = ()
    changed: str = ""
    exit_code: int = 0
    output: str = ""
    notes: tuple[str, ...] = ()


class RunInterrupted(Event, frozen=True, kw_only=True):
    """A run was found without an end and closed by a later command."""

    version: ClassVar[int] = 2

    found_by: str = ""
    stayed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class StatementIntended(Event, frozen=True, kw_only=True):
    """A statement that cannot run in a transaction is about to run."""

    statement: Statement
    kind: str


class StatementSettled(Event, frozen=True, kw_only=True):
    """What became of an intended statement: ``done``, ``failed`` or ``absent``."""

    statement: Statement
    outcome: str
    error: str = ""


# --- changes --------------------------------------------------------------------------


class SchemaChanged(Event, frozen=True, kw_only=True):
    """One statement changed these schema objects, and what these materialised views hold."""

    version: ClassVar[int] = 2

    statement: Statement
    changes: tuple[ObjectChange, ...]
    contents: tuple[ContentChange, ...] = ()


class RowsChanged(Event, frozen=True, kw_only=True):
    """One statement changed rows of one table."""

    statement: Statement
    rows: TableRows


class SequenceMoved(Event, frozen=True, kw_only=True):
    """One statement moved a sequence."""

    statement: Statement
    move: SequenceMove


# --- transforms -----------------------------------------------------------------------


class RowsTransformed(Event, frozen=True, kw_only=True):
    """A batch of subjects was transformed; ``fates`` counts source values by fate.

    ``first`` and ``last`` are where the batch begins and ends in the source's order: keys as
    JSON, or positions where the source is what transform ``of`` left unmapped; ``homes`` are
    then the fields that found a home. ``retried`` are subjects that had been rejected.
    ``spec`` is the digest of the transform's description.

    A batch of rows that were copied from another database bears ``copied``, which names that
    database, and ``table``, the dotted name of the table there; ``manifest`` is the digest of
    what was copied: its first and last key, and a digest of each row. Batch 0 begins a copy:
    ``source`` tells what the other database was, and ``created`` which tables were made for it.
    """

    version: ClassVar[int] = 2

    migration: str
    step: str
    batch: int
    subjects: int
    values: int
    fates: dict[str, int] = {}
    targets: dict[str, int] = {}
    conflicts: int = 0
    parked: int = 0
    unmapped: int = 0
    rejected: int = 0
    first: str = ""
    last: str = ""
    of: str = ""
    homes: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    spec: str = ""
    copied: str = ""
    table: str = ""
    manifest: str = ""
    source: dict[str, Any] = {}
    created: tuple[str, ...] = ()


class ConflictFound(Event, frozen=True, kw_only=True):
    """Source records of one subject disagree; the candidates stand in the content table.

    ``table`` and ``column`` are identities, ``path`` is a key within the column's object;
    ``key`` finds the row, as pairs of a column's identity and a value. ``written`` is the
    digest of the value that was left in the field.
    """

    conflict: str
    step: str
    subject: str
    field: str
    candidates: str
    count: int
    table: int = 0
    column: int = 0
    path: str | None = None
    key: tuple[tuple[int, Any], ...] = ()
    written: str = ""


class ConflictDecided(Event, frozen=True, kw_only=True):
    """A conflict was decided by a rule or a person."""

    conflict: str
    chosen: int | None = None
    content: str = ""
    rule: str = ""
    reason: str = ""


class FieldUnmapped(Event, frozen=True, kw_only=True):
    """Fields of a source record found no home; their values stand in the content table."""

    step: str
    subject: str
    record: str
    fields: tuple[str, ...]
    content: str


class RecordRejected(Event, frozen=True, kw_only=True):
    """A source record had the wrong shape and was rejected whole."""

    step: str
    subject: str
    record: str
    error: str
    content: str


class RowProvisioned(Event, frozen=True, kw_only=True):
    """A missing parent row was made in the same transaction."""

    step: str
    table: int
    content: str


# --- checks and backups ---------------------------------------------------------------


class CheckRun(Event, frozen=True, kw_only=True):
    """A declared check ran; ``output`` is the digest of what a command said last.

    ``details`` are the digests, times or signs that it rests on. Where they hold nothing yet of
    afterwards, a batched migration looked for the first time.
    """

    version: ClassVar[int] = 2

    name: str
    passed: bool
    expected: str = ""
    found: str = ""
    output: str = ""
    details: Details | None = None


class BackupTaken(Event, frozen=True, kw_only=True):
    """Tables were copied out; ``manifest`` is the digest of the manifest."""

    backup: str
    location: str
    manifest: str
    tables: dict[str, int] = {}


class BackupVerified(Event, frozen=True, kw_only=True):
    """A backup was read back and compared."""

    backup: str
    passed: bool
    found: str = ""


class BackupRestored(Event, frozen=True, kw_only=True):
    """Tables were made equal to a backup; ``manifest`` is the digest of its manifest."""

    version: ClassVar[int] = 2

    backup: str
    tables: dict[str, int] = {}
    manifest: str = ""


# --- people ---------------------------------------------------------------------------


class MarkSet(Event, frozen=True, kw_only=True):
    """A position was given a name."""

    name: str
    at: int


class MarkRemoved(Event, frozen=True, kw_only=True):
    """A mark was taken off."""

    name: str


class Stamped(Event, frozen=True, kw_only=True):
    """A migration done (or undone) elsewhere was accepted as such, or its ``file`` as it is now.

    A file that bears another name now is undone by the old one and done by the new one, both
    with its digest.
    """

    version: ClassVar[int] = 2

    migration: str
    digest: str = ""
    done: bool = True
    reason: str = ""
    ref: str = ""
    file: bool = False


class DriftAccepted(Event, frozen=True, kw_only=True):
    """Observed differences between journal and live schema were taken in."""

    changes: tuple[ObjectChange, ...]
    reason: str


class IrreversibleAllowed(Event, frozen=True, kw_only=True):
    """A rule of the gate was waived by name."""

    name: str
    statement: Statement
    what: str
    reason: str = ""


class SignedOff(Event, frozen=True, kw_only=True):
    """A person's verdict on a position."""

    at: int
    verdict: str
    reason: str = ""


class ContentErased(Event, frozen=True, kw_only=True):
    """Content was made unreadable; ``verify`` accepts exactly this replacement.

    ``before`` and ``after`` are digests: of the content that an entry names by ``before``, or
    of a range of images, which ``images`` names; ``before`` is then what an earlier erasure
    in the range left, if there was one.
    """

    version: ClassVar[int] = 2

    before: str
    after: str
    reason: str
    images: ErasedImages | None = None


class ArchiveSealed(Event, frozen=True, kw_only=True):
    """What entries up to ``last`` name left for an archive at ``location``; entries stay.

    ``digest`` is that of the entry at ``last``, ``manifest`` the SHA-256 of the archive's
    manifest. Of images those left that entries after ``after`` name: ``chunks``, of ``rows``
    rows; of content ``contents`` pieces, whose digests, 32 bytes each, are the content that ``left``
    names. ``restored`` tells that what left for this archive is back.
    """

    version: ClassVar[int] = 2

    last: int
    digest: str
    location: str
    details: dict[str, Any] = {}
    after: int = 0
    manifest: str = ""
    contents: int = 0
    chunks: int = 0
    rows: int = 0
    left: str = ""
    restored: bool = False


AnyEvent: TypeAlias = (
    JournalOpened
    | BaselineRecorded
    | HistoryImported
    | RunStarted
    | RunCompleted
    | RunFailed
    | RunInterrupted
    | StatementIntended
    | StatementSettled
    | SchemaChanged
    | RowsChanged
    | SequenceMoved
    | RowsTransformed
    | ConflictFound
    | ConflictDecided
    | FieldUnmapped
    | RecordRejected
    | RowProvisioned
    | CheckRun
    | BackupTaken
    | BackupVerified
    | BackupRestored
    | MarkSet
    | MarkRemoved
    | Stamped
    | DriftAccepted
    | IrreversibleAllowed
    | SignedOff
    | ContentErased
    | ArchiveSealed
)
