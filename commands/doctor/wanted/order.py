"""Findings about the order of migration files, as it shows on an empty scratch database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from commands.doctor.finding import Evidence, Finding
from commands.doctor.wanted.attempts import Attempt, Attempts
from commands.words import count

SHOWN = 3
"""Statements of one file that are shown."""

FRESH = "a fresh database cannot be made by these files in this order"


def order_findings(attempts: Attempts, coming: Collection[str] = frozenset()) -> Iterator[Finding]:
    """Yield statements that need what a later file makes, or what none of them makes.

    Other failures of migrations that are ``coming`` show when they are rehearsed.
    """
    later: dict[str, list[Attempt]] = defaultdict(list)
    never: dict[str, list[Attempt]] = defaultdict(list)
    for one in attempts.all:
        if one.refusal is not None and one.after is not None:
            later[one.place.file].append(one)
        elif one.refusal is not None and one.migration not in coming:
            never[one.place.file].append(one)
    for file, found in later.items():
        yield _later(file, found)
    for file, found in never.items():
        yield _never(file, found)
    for file, why in attempts.unread:
        yield Finding(
            kind="file-not-read",
            severity="note",
            where=file,
            what=f"{file} was not run: {why}",
            consequence="what it wants is not known",
        )
    if attempts.left_out:
        places = ", ".join(place.told for place in attempts.left_out[:SHOWN])
        yield Finding(
            kind="statements-not-tried",
            severity="note",
            where=attempts.left_out[0].file,
            what=f"{count(len(attempts.left_out), 'statement')} not tried, since what they reach"
            f" is more than one database, or is not SQL of one transaction: {places}",
        )


def _later(file: str, found: Sequence[Attempt]) -> Finding:
    told = [
        f"line {one.place.line}: {one.refusal.message}, which only {one.after.told} makes"
        for one in found[:SHOWN]
        if one.refusal is not None and one.after is not None
    ]
    more = f" (and {len(found) - SHOWN} more)" if len(found) > SHOWN else ""
    last = max(one.after.file for one in found if one.after is not None)
    return Finding(
        kind="needs-later-file",
        severity="warning",
        where=file,
        what=f"{file} needs what later files make, at {'; '.join(told)}{more}",
        evidence=_evidence(found),
        consequence=FRESH,
        advice=f"Put what needs it into a file that comes after {last}, or give the files names"
        " in the order in which they work, and accept the change.",
    )


def _never(file: str, found: Sequence[Attempt]) -> Finding:
    first = found[0]
    assert first.refusal is not None
    lines = ", ".join(str(one.place.line) for one in found)
    word = "line" if len(found) == 1 else "lines"
    undefined = all(one.refusal is not None and one.refusal.undefined for one in found)
    return Finding(
        kind="needs-what-no-file-makes" if undefined else "fails-on-a-fresh-database",
        severity="warning",
        where=file,
        what=f"{file} {word} {lines}: {first.refusal.message}"
        + (", and no file makes it" if undefined else ""),
        evidence=_evidence(found),
        consequence=FRESH,
        advice="Bring back the file that makes it, or write one." if undefined else "",
    )


def _evidence(found: Sequence[Attempt]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(query=one.shown, error=one.refusal.told, scratch=True)
        for one in found[:SHOWN]
        if one.refusal is not None
    )
