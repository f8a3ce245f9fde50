"""What the views over the journal are to say, row by row, as the folds tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from journal import events as e
from journal.effect import Row
from journal.envelope import Entry
from journal.errors import Tampered
from journal.store import Journal
from journal.values import SchemaObject
from projections.backups import TYPES as BACKUPS
from projections.backups import Backups
from projections.fold import replay
from projections.marks import TYPES as MARKS
from projections.marks import Marks
from projections.naming import TYPES as OBJECTS
from projections.naming import Namer, Naming
from projections.runs import Runs
from projections.schema import dotted

Expected = Iterator[Row]


class _AsStored(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an entry whose event is not taken apart."""

    recorded_at: str
    actor: str
    evidence: str
    data: msgspec.Raw


_as_stored = msgspec.json.Decoder(_AsStored).decode


def _log(journal: Journal, head: int) -> Expected:
    for one in journal.stored(last=head):
        try:
            body = _as_stored(one.body)
        except msgspec.MsgspecError as error:
            raise Tampered(f"entry {one.position} cannot be read: {error}") from error
        whole = (body.recorded_at, body.actor, body.evidence, bytes(body.data).decode())
        yield one.position, one.run, one.type, *whole


def _names(journal: Journal, head: int) -> Expected:
    for one in replay(Naming, journal.read(last=head, types=OBJECTS)).spells:
        yield one.since, one.until, one.id, one.kind, one.name


def _runs(journal: Journal, head: int) -> Expected:
    for one in replay(Runs, journal.read(last=head)).runs:
        yield (
            one.first, one.last, one.run, one.verb, one.migration, one.program, one.state,
            one.started_at, one.ended_at, one.actor, one.reason, one.ref, one.origin, one.target,
            one.statements, one.rows, one.kept, one.rejected, one.error, one.sqlstate,
            one.statement, one.line, one.fleet,
        )  # fmt: skip


def _changes(journal: Journal, head: int) -> Expected:
    namer = Namer(replay(Naming, journal.read(last=head, types=OBJECTS)))
    migrations = _migrations(journal, head)
    for entry in journal.read(last=head, types=("RowsChanged",)):
        event = entry.event
        assert isinstance(event, e.RowsChanged)
        rows = event.rows
        yield (
            *_about(entry, migrations), entry.evidence, event.statement.number,
            namer.at(entry.position).get(rows.table), rows.table, rows.cause, rows.inserted,
            rows.updated, rows.deleted, rows.removed, rows.added,
        )  # fmt: skip


def _schema_changes(journal: Journal, head: int) -> Expected:
    migrations = _migrations(journal, head)
    for entry in journal.read(last=head, types=("SchemaChanged", "DriftAccepted")):
        event = entry.event
        assert isinstance(event, e.SchemaChanged | e.DriftAccepted)
        number = event.statement.number if isinstance(event, e.SchemaChanged) else None
        about = (*_about(entry, migrations), type(event).__name__, number)
        for change in event.changes:
            one = change.after or change.before
            assert one is not None
            before = change.before and dotted(change.before.path)
            action = _action(change.before, change.after)
            yield *about, action, one.kind, one.id, dotted(one.path), before


def _marks(journal: Journal, head: int) -> Expected:
    marks = replay(Marks, journal.read(last=head, types=MARKS)).marks
    for one in sorted(marks.values(), key=lambda mark: mark.position):
        yield one.position, one.name, one.at, one.recorded_at, one.actor


def _sign_offs(journal: Journal, head: int) -> Expected:
    for one in replay(Marks, journal.read(last=head, types=MARKS)).sign_offs:
        yield one.position, one.at, one.verdict, one.reason, one.recorded_at, one.actor


def _checks(journal: Journal, head: int) -> Expected:
    migrations = _migrations(journal, head)
    for entry in journal.read(last=head, types=("CheckRun",)):
        event = entry.event
        assert isinstance(event, e.CheckRun)
        if event.found:
            found = (event.name, event.passed, event.expected, event.found)
            yield *_about(entry, migrations), *found


def _backups(journal: Journal, head: int) -> Expected:
    backups = replay(Backups, journal.read(last=head, types=BACKUPS)).backups
    for one in sorted(backups, key=lambda backup: backup.position):
        looked = one.verified
        found = (looked.passed, looked.position, looked.found) if looked else (None, None, "")
        counts = (len(one.tables), sum(one.tables.values()))
        about = (one.recorded_at, one.actor, one.run)
        yield one.position, one.backup, one.location, *counts, *about, *found


def _migrations(journal: Journal, head: int) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for entry in journal.read(last=head, types=("RunStarted",)):
        assert isinstance(entry.event, e.RunStarted)
        found.setdefault(entry.run, entry.event.migration)
    return found


def _about(entry: Entry, migrations: Mapping[str, str]) -> Row:
    migration = migrations.get(entry.run, "")
    return entry.position, entry.recorded_at, entry.run, migration, entry.actor


def _action(before: SchemaObject | None, after: SchemaObject | None) -> str:
    if before is None:
        return "created"
    if after is None:
        return "dropped"
    return "altered" if before.path == after.path else "renamed"


EXPECTED: Mapping[str, Callable[[Journal, int], Expected]] = {
    "log": _log,
    "names": _names,
    "runs": _runs,
    "changes": _changes,
    "schema_changes": _schema_changes,
    "marks": _marks,
    "sign_offs": _sign_offs,
    "checks": _checks,
    "backups": _backups,
}
"""By the name of a view: the rows that it is to have, in order of the first column."""
