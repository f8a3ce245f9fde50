"""The list: each thing that was looked at, with go, no-go, or a note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from commands.rebuilt import in_words
from commands.rehearse.answer import HeldLock, Item, RehearsedMigration, Word
from commands.rehearse.there_and_back import Tried
from commands.status import Status
from commands.words import count
from journal.footprint import Differences

SHOWN = 5
"""Things that one line names."""

HARMLESS = frozenset(("ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"))
"""Locks that keep neither readers nor writers of rows waiting."""

WAIVER = "--allow-irreversible"


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What is too much: seconds of a lock, bytes of a table written anew, rejected subjects."""

    lock_seconds: float = 5.0
    rewrite_bytes: int = 1 << 30
    rejects: int = 0


def standing(found: Status, *, allow_late: bool) -> Iterator[Item]:
    """Judge files, live schema and journal as they stand before anything runs."""
    renamed = [f"{one.name} to {one.file}" for one in found.renamed_files]
    yield _none("changed files", found.changed_files, "no applied file was changed")
    yield _none("renamed files", renamed, "no applied file was renamed")
    yield _none("missing files", found.missing_files, "no applied file is missing")
    late: Word = "note" if allow_late else "no-go"
    yield _none("late files", found.late_files, "no file comes before applied ones", late)
    yield _none("drift", found.drift, "the live schema is the journal's", "note")
    for run in found.incomplete:
        what = f"{run.verb} {run.migration}".rstrip()
        yield Item(what="open run", verdict="note", evidence=f"{what} is {run.state}")
    if found.open_conflicts:
        said = f"{found.open_conflicts:,} conflicts wait for a person"
        yield Item(what="open conflicts", verdict="note", evidence=said)


def unlike(found: Iterable[str]) -> Item:
    """Judge a copy in which something is not as in the original."""
    return Item(what="copy", verdict="no-go", evidence=f"not like the original: {_some(found)}")


def refused(
    migration: str, found: Iterable[tuple[str, str]], allowed: frozenset[str]
) -> Iterator[Item]:
    """Judge what the gate refuses before it runs; ``allowed`` are the waivers asked for."""
    for name, message in found:
        waiver = f"; needs {WAIVER} {name}" if name else ""
        if name in allowed:
            waiver = "; waived, and not rehearsed since it reaches beyond one database"
        yield Item(
            what="refused statement",
            verdict="no-go",
            evidence=message + waiver,
            migration=migration,
        )


def rehearsed(tried: Tried, bounds: Bounds) -> Iterator[Item]:
    """Judge one migration."""
    one = tried.answer
    for item in (
        *_applied(tried),
        *(_returned(one) if one.applied else ()),
        *_repeated(tried),
        *_checks(one),
        *_resets(one),
        *_subjects(one, bounds),
        *_locks(one.locks, bounds),
        *_rewritten(one, bounds),
    ):
        yield msgspec.structs.replace(item, migration=one.migration)


def whole_way(steps: int, found: Differences | str) -> Item:
    """Judge the way back over all of them at once."""
    if isinstance(found, str):
        return Item(what="whole way back", verdict="no-go", evidence=found)
    if found.all:
        return Item(what="whole way back", verdict="no-go", evidence=_some(found.all))
    said = f"{steps} taken back at once, and the copy is as it was"
    return Item(what="whole way back", verdict="go", evidence=said)


def space(needed: int, free: int | None) -> Item:
    """Judge what the journal grows by against the space there is."""
    grows = f"the journal grows by {needed:,} bytes"
    if free is None:
        said = f"{grows}; what is free on the server is not known"
        return Item(what="journal", verdict="note", evidence=said)
    verdict: Word = "go" if needed < free else "no-go"
    return Item(what="journal", verdict=verdict, evidence=f"{grows}, {free:,} are free")


def _applied(tried: Tried) -> Iterator[Item]:
    one = tried.answer
    if one.applied:
        said = (
            f"{count(one.statements, 'statement')}, {count(one.rows, 'row')}, {one.seconds:.3f} s"
        )
        yield Item(what="applies", verdict="go", evidence=said)
        return
    waiver = f"; needs {WAIVER} {tried.refused}" if tried.refused else ""
    what = "refused statement" if tried.refused else "applies"
    yield Item(what=what, verdict="no-go", evidence=one.error + waiver)
    if tried.stayed:
        said = f"something of the failed attempt stays: {_some(tried.stayed)}"
        yield Item(what="failure", verdict="note", evidence=said)


def _returned(one: RehearsedMigration) -> Iterator[Item]:
    match one.returned:
        case "exact":
            said = f"definitions, rows and sequences are as before, {one.back_seconds:.3f} s"
            yield Item(what="returns", verdict="go", evidence=said)
        case "differs":
            said = f"not as before: {_some(one.differences)}"
            yield Item(what="returns", verdict="no-go", evidence=said)
        case "refused":
            said = f"cannot be taken back: {one.return_error}"
            yield Item(what="returns", verdict="no-go", evidence=said)
        case "not tried":
            yield Item(what="returns", verdict="note", evidence="there was nothing to take back")


def _repeated(tried: Tried) -> Iterator[Item]:
    one = tried.answer
    match one.repeated:
        case "exact":
            said = "the second time left the same as the first"
            yield Item(what="goes forward again", verdict="go", evidence=said)
        case "differs":
            said = f"the second time left other values: {_some(one.not_repeated)}"
            verdict: Word = "no-go" if tried.schema_differs else "note"
            yield Item(what="goes forward again", verdict=verdict, evidence=said)
        case "refused":
            said = f"failed the second time: {_some(one.not_repeated)}"
            yield Item(what="goes forward again", verdict="no-go", evidence=said)
        case "not tried":
            pass


def _checks(one: RehearsedMigration) -> Iterator[Item]:
    """A check that fails ends the migration; here are those that passed, or only warn."""
    for check in one.checks:
        wanted = f"expected {check.expected}, found " if check.expected else ""
        said = f"{check.name}: {wanted}{check.found}"
        verdict: Word = "go" if check.passed else "note"
        yield Item(what="check", verdict=verdict, evidence=said)


def _resets(one: RehearsedMigration) -> Iterator[Item]:
    """A reset that goes wrong ends the migration; one that needs no backup is told as that."""
    for reset in one.resets:
        tables = sum(1 for table in reset.tables if table.rows)
        said = f"{count(reset.rows, 'row')} of {count(tables, 'table')} go"
        if reset.kept:
            said += f", {count(len(reset.kept), 'table')} proved untouched"
        if reset.without_backup:
            why = f"{said}; no backup was asked for: {reset.without_backup}"
            yield Item(what="reset", verdict="note", evidence=why)
        else:
            held = "; a backup holds them" if reset.backup else ""
            yield Item(what="reset", verdict="go", evidence=said + held)


def _subjects(one: RehearsedMigration, bounds: Bounds) -> Iterator[Item]:
    if one.rejected:
        verdict: Word = "no-go" if one.rejected > bounds.rejects else "note"
        said = f"{one.rejected:,} subjects are rejected and would wait"
        yield Item(what="rejected subjects", verdict=verdict, evidence=said)
    for done in one.transformed:
        if done.conflicts:
            said = f"{done.name}: {done.conflicts:,} decided by rule"
            if done.parked:
                said = f"{done.name}: {done.conflicts:,}, {done.parked:,} wait for a person"
            yield Item(what="conflicts", verdict="note", evidence=said)
        if done.unmapped:
            said = f"{done.name}: {done.unmapped:,} records with fields that have no home"
            yield Item(what="unmapped fields", verdict="note", evidence=said)


def _locks(locks: Iterable[HeldLock], bounds: Bounds) -> Iterator[Item]:
    felt = [one for one in locks if one.mode not in HARMLESS and not one.new]
    long = [one for one in felt if one.seconds > bounds.lock_seconds]
    if long:
        said = _some([f"{one.mode} on {one.object} for {one.seconds:.1f} s" for one in long])
        yield Item(what="long locks", verdict="no-go", evidence=said)
    elif felt:
        longest = max(felt, key=lambda one: one.seconds)
        said = f"longest {longest.seconds:.3f} s, {longest.mode} on {longest.object}"
        yield Item(what="long locks", verdict="go", evidence=said)


def _rewritten(one: RehearsedMigration, bounds: Bounds) -> Iterator[Item]:
    for table in one.rewritten:
        verdict: Word = "no-go" if table.bytes > bounds.rewrite_bytes else "note"
        said = f"{table.table}, {table.bytes:,} bytes"
        yield Item(what="rewritten table", verdict=verdict, evidence=said)
    for back, said in zip(one.rebuilt, in_words(one.rebuilt), strict=True):
        verdict = "no-go" if back.bytes > bounds.rewrite_bytes else "note"
        yield Item(what="rebuilt on the way back", verdict=verdict, evidence=said)


def _none(what: str, found: Iterable[str], fine: str, bad: Word = "no-go") -> Item:
    listed = tuple(found)
    if listed:
        return Item(what=what, verdict=bad, evidence=_some(listed))
    return Item(what=what, verdict="go", evidence=fine)


def _some(found: Iterable[str]) -> str:
    listed = list(found)
    more = f" (and {len(listed) - SHOWN} more)" if len(listed) > SHOWN else ""
    return "; ".join(listed[:SHOWN]) + more
