"""Findings about migrations to come, from rehearsing them on scratch copies.

First on a copy without rows, then on one with all of them, which alone tells what fails. What
fails on the first in the same way fails whatever the rows are; what fails only on the second
fails for the rows, and what the statement changed on the first tells which rows to ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from msgspec.structs import replace

from commands.doctor.finding import Evidence, Finding
from commands.doctor.rows import evidence
from commands.doctor.wanted.attempts import Attempt, Attempts, Place, attempt_all
from commands.doctor.wanted.refused import for_rows, types_apart, why
from commands.sources import MigrationFile
from commands.words import count
from journal.copying import open_trial, scratch_copy
from journal.effect import Ask
from journal.errors import ClewError, Refused, StatementFailed
from journal.scratch import Wanted
from journal.trying import Refusal
from journal.url import URL
from journal.values import SchemaObject


def coming_findings(
    url: URL,
    files: Sequence[MigrationFile],
    objects: Sequence[SchemaObject],
    ask: Ask,
    scratch: Wanted,
) -> Iterator[Finding]:
    """Rehearse files on copies of a database, which is only read, and yield what fails.

    Where no copy can be made, that is what is found.

    ``objects`` is its schema; ``ask`` runs queries on the database itself.

    Raises:
        Unreachable, Usage: the database, or the scratch one, is not what it is said to be.
    """
    if not files:
        return
    bare = replace(scratch, journal=False, owners=False)
    try:
        empty = _tried(url, files, replace(bare, sample=0))
        with (
            scratch_copy(url, bare) as copied,
            closing(open_trial(copied.url, lock_timeout=bare.lock_timeout)) as trial,
        ):
            full = attempt_all(trial, files, look=False)
            found = tuple(_failures(full, empty, objects, ask, trial.ask))
    except (Refused, StatementFailed) as error:
        found = (_not_rehearsed(files, error),)
    yield from found


def _failures(
    full: Attempts,
    empty: Attempts,
    objects: Sequence[SchemaObject],
    ask: Ask,
    copy: Ask,
) -> Iterator[Finding]:
    without_rows = {one.place: one for one in empty.all}
    for group in _failed(full, without_rows):
        first = group[0]
        before = without_rows.get(first.place)
        if before is not None and _same(before, first):
            yield _structural(group, objects, ask)
        else:
            yield _rows(group, before, ask, copy)


def _not_rehearsed(files: Sequence[MigrationFile], error: ClewError) -> Finding:
    return Finding(
        kind="not-rehearsed",
        severity="note",
        where=files[0].path,
        what=f"{count(len(files), 'migration')} to come could not be rehearsed: {error.message}",
        consequence="whether they work on the rows there are is not known",
        advice=error.hint,
    )


def _tried(url: URL, files: Sequence[MigrationFile], wanted: Wanted) -> Attempts:
    with (
        scratch_copy(url, wanted) as copied,
        closing(open_trial(copied.url, lock_timeout=wanted.lock_timeout)) as trial,
    ):
        return attempt_all(trial, files)


def _same(one: Attempt, other: Attempt) -> bool:
    """Tell whether a statement fails for the same reason without rows and with all of them."""
    if one.refusal is None or other.refusal is None or for_rows(other.refusal):
        return False
    return one.refusal.state == other.refusal.state and one.refusal.message == other.refusal.message


def _failed(full: Attempts, without_rows: dict[Place, Attempt]) -> Iterator[list[Attempt]]:
    """Yield each statement that fails, with those after it that fail only since it did."""
    found: list[Attempt] = []
    for one in full.all:
        if one.refusal is None:
            continue
        if found and _follows(one, found[0], without_rows):
            found.append(one)
            continue
        if found:
            yield found
        found = [one]
    if found:
        yield found


def _follows(one: Attempt, first: Attempt, without_rows: dict[Place, Attempt]) -> bool:
    """Tell whether a statement names what an earlier one, which failed, would have made.

    It works without rows, where the earlier one did too; or both fail there, in one file.
    """
    assert one.refusal is not None
    for_rows, first_for_rows = (_worked(each, without_rows) for each in (one, first))
    if for_rows:
        return one.refusal.undefined or one.refusal.state.startswith("42")
    return one.refusal.undefined and one.migration == first.migration and not first_for_rows


def _worked(one: Attempt, without_rows: dict[Place, Attempt]) -> bool:
    before = without_rows.get(one.place)
    return before is None or before.refusal is None


# --- what fails whatever the rows are -----------------------------------------------------


def _structural(found: Sequence[Attempt], objects: Sequence[SchemaObject], ask: Ask) -> Finding:
    first = found[0]
    refusal = first.refusal
    assert refusal is not None
    said = f"{first.place.told} will fail: {refusal.message}"
    apart = types_apart(first.sql, objects, ask) if refusal.state == "42804" else None
    return Finding(
        kind="coming-foreign-key-types" if apart else "coming-failure",
        severity="warning",
        where=_where(first.place),
        what=f"{first.place.told} will fail: {apart.told}" if apart else said,
        evidence=(_scratch(first.shown, refusal), *(apart.evidence if apart else ())),
        consequence=_consequence(refusal, len(found) - 1),
        advice="Give both columns one type first." if apart else "",
    )


# --- what fails for the rows there are ----------------------------------------------------


def _rows(group: Sequence[Attempt], before: Attempt | None, ask: Ask, copy: Ask) -> Finding:
    one = group[0]
    assert one.refusal is not None
    reason = why(before, one.refusal) if before is not None else None
    shown = [_asked(query, ask, copy) for query in (reason.queries if reason else ())]
    counted = sum(each.count or 0 for each in shown)
    told = f", {reason.told(counted)}" if reason else ""
    return Finding(
        kind=reason.kind if reason else "coming-failure",
        severity="warning",
        where=_where(one.place),
        what=f"{one.place.told} will fail{told}: {one.refusal.message}",
        evidence=(*shown, _scratch(one.shown, one.refusal)),
        consequence=_consequence(one.refusal, len(group) - 1),
        advice=reason.advice if reason else "",
    )


def _asked(query: str, ask: Ask, copy: Ask) -> Evidence:
    """Ask the database itself, and the copy where only a coming migration makes it possible."""
    found = evidence(ask, query)
    return replace(evidence(copy, query), scratch=True) if found.error else found


def _scratch(sql: str, refusal: Refusal) -> Evidence:
    return Evidence(query=sql, error=refusal.told, scratch=True)


def _where(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _consequence(refusal: Refusal, along: int) -> str:
    state = f" with {refusal.state}" if refusal.state else ""
    more = f", and {count(along, 'later statement')} with it" if along else ""
    return f"the migration stops here{state}{more}"
