"""Findings about migrations to come, from rehearsing them on scratch copies.

First on a copy without rows: what fails there fails whatever the rows are. Then on one with
all rows: what fails only there fails for the rows, and what each statement changed on the
first copy tells which rows to ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from msgspec.structs import replace
from sqlalchemy.engine import URL

from commands.doctor.attempts import Attempt, Attempts, Place, attempt_all
from commands.doctor.finding import Evidence, Finding
from commands.doctor.refused import Reason, types_apart, why
from commands.doctor.rows import evidence
from commands.sources import MigrationFile
from commands.words import count
from journal.copying import open_trial, scratch_copy
from journal.effect import Ask
from journal.scratch import Wanted
from journal.trying import Refusal, Trial
from journal.values import SchemaObject


def coming_findings(
    url: URL,
    files: Sequence[MigrationFile],
    objects: Sequence[SchemaObject],
    ask: Ask,
    scratch: Wanted,
) -> Iterator[Finding]:
    """Rehearse files on copies of a database, which is only read, and yield what fails.

    ``objects`` is its schema; ``ask`` runs queries on the database itself.

    Raises:
        Refused, Unreachable, Busy, StatementFailed, Usage: no copy could be made.
    """
    if not files:
        return
    empty = _tried(url, files, replace(scratch, sample=0, journal=False, owners=False))
    for found in _by_file(empty.all):
        yield _structural(found, objects, ask)
    apart = {one.place: one for one in empty.all}
    with (
        scratch_copy(url, replace(scratch, journal=False, owners=False)) as copied,
        _closing(copied.url, scratch) as trial,
    ):
        full = attempt_all(trial, files)
        yield from _of_rows(full, apart, ask, trial.ask)


def _tried(url: URL, files: Sequence[MigrationFile], wanted: Wanted) -> Attempts:
    with scratch_copy(url, wanted) as copied, _closing(copied.url, wanted) as trial:
        return attempt_all(trial, files)


def _closing(url: URL, wanted: Wanted) -> closing[Trial]:
    return closing(open_trial(url, lock_timeout=wanted.lock_timeout))


# --- what fails whatever the rows are -----------------------------------------------------


def _by_file(attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """Yield each failure with those after it in the file that name what it did not make."""
    found: list[Attempt] = []
    for one in attempts:
        if one.refusal is None:
            continue
        if found and found[0].migration == one.migration and one.refusal.undefined:
            found.append(one)
            continue
        if found:
            yield found
        found = [one]
    if found:
        yield found


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
        evidence=(_scratch(first.sql, refusal), *(apart.evidence if apart else ())),
        consequence=_consequence(refusal, len(found) - 1),
        advice="Give both columns one type first." if apart else "",
    )


# --- what fails for the rows there are ----------------------------------------------------


def _of_rows(full: Attempts, empty: dict[Place, Attempt], ask: Ask, copy: Ask) -> Iterator[Finding]:
    failed: list[tuple[Attempt, Reason | None]] = []
    after: dict[Place, int] = {}
    for one in full.all:
        before = empty.get(one.place)
        if one.refusal is None or (before is not None and before.refusal is not None):
            continue
        if failed and one.refusal.state.startswith("42"):
            last = failed[-1][0].place
            after[last] = after.get(last, 0) + 1
            continue
        failed.append((one, why(before, one.refusal) if before else None))
    for one, reason in failed:
        yield _rows(one, reason, after.get(one.place, 0), ask, copy)


def _rows(one: Attempt, reason: Reason | None, along: int, ask: Ask, copy: Ask) -> Finding:
    assert one.refusal is not None
    shown = [_asked(query, ask, copy) for query in (reason.queries if reason else ())]
    counts = [each.count for each in shown if each.count]
    told = one.refusal.message
    if reason is not None:
        told = f"{reason.told(sum(counts))}: {one.refusal.message}"
    return Finding(
        kind=reason.kind if reason else "coming-failure",
        severity="warning",
        where=_where(one.place),
        what=f"{one.place.told} will fail, {told}"
        if reason
        else f"{one.place.told} will fail: {told}",
        evidence=(*shown, _scratch(one.sql, one.refusal)),
        consequence=_consequence(one.refusal, along),
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
