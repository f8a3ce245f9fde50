"""What the first screen of a report says: a few verdicts, and how much there was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from commands.report import Report
from commands.words import count
from journal import events as e
from projections.audited import RunAudit, Said

Tone = Literal["good", "warn", "bad", "plain"]
MARKS: dict[Tone, str] = {"good": "✓", "warn": "!", "bad": "✕", "plain": "·"}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to what is asked first; ``where`` is the section that tells more."""

    tone: Tone
    title: str
    more: str
    where: str

    @property
    def mark(self) -> str:
        """A sign that says the tone without colour."""
        return MARKS[self.tone]


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A number, and what it counts."""

    number: str
    what: str


def said_of(report: Report) -> tuple[Said, ...]:
    """Return all that was said, within runs and outside, in order."""
    runs = (one for run in report.audit.runs for one in (*run.said, *run.verification))
    return tuple(sorted((*report.audit.said, *runs), key=lambda one: one.position))


def failed(report: Report) -> tuple[RunAudit, ...]:
    """Return the runs that did not complete."""
    return tuple(run for run in report.audit.runs if run.state != "completed")


def verdicts(report: Report) -> Iterator[Verdict]:
    """Yield the verdicts, in the order in which somebody would ask."""
    yield _record(report)
    yield _attempts(report)
    yield _reversible(report)
    yield _waiting(report)
    yield from _conserved(report)
    yield from _checks(report)
    yield from _back(report)
    yield from _erased(report)


def tiles(report: Report) -> Iterator[Tile]:
    """Yield how much there was."""
    audit = report.audit
    rows = sum(_rows(run) for run in audit.runs)
    transforms = sum(step.values for run in audit.runs for step in run.transforms)
    yield Tile(number=f"{len(audit.runs):,}", what="run" if len(audit.runs) == 1 else "runs")
    yield Tile(number=f"{rows:,}", what="rows written")
    if transforms:
        yield Tile(number=f"{transforms:,}", what="values read")
    changed = len(report.schema)
    differ = "schema object differs" if changed == 1 else "schema objects differ"
    yield Tile(number=f"{changed:,}", what=differ)
    yield Tile(number=f"{audit.entries:,}", what="journal entries")


def _rows(run: RunAudit) -> int:
    return sum(row.inserted + row.updated + row.deleted for row in run.rows)


def _record(report: Report) -> Verdict:
    if report.problems:
        first = report.problems[0]
        return Verdict(
            tone="bad",
            title="The record was tampered with",
            more=f"From position {first.position} on the chain does not hold: {first.kind}.",
            where="proof",
        )
    return Verdict(
        tone="good",
        title="The record holds",
        more=f"Each of {report.audit.target.position:,} entries was hashed again.",
        where="proof",
    )


def _attempts(report: Report) -> Verdict:
    bad = failed(report)
    if not bad:
        return Verdict(
            tone="good", title="Nothing failed", more="Each run completed.", where="runs"
        )
    states = {"failed": "failed", "interrupted": "interrupted", "started": "without an end"}
    found = (
        f"{sum(run.state == state for run in bad):,} {word}"
        for state, word in states.items()
        if any(run.state == state for run in bad)
    )
    left = sum(bool(run.stayed) for run in bad)
    more = f"{left:,} of them left something behind."
    return Verdict(
        tone="bad" if left else "warn",
        title=f"{count(len(bad), 'run')} did not complete",
        more=f"{', '.join(found)}. " + (more if left else "None of them left anything behind."),
        where="failed",
    )


def _reversible(report: Report) -> Verdict:
    found = report.irreversible
    if found:
        return Verdict(
            tone="warn",
            title=f"{count(len(found), 'step')} cannot be taken back",
            more="Each was waived by name, ran where no journal sees it, or was erased.",
            where="irreversible",
        )
    return Verdict(
        tone="good",
        title="Nothing irreversible",
        more="No step was waived that a rollback could not take back.",
        where="irreversible",
    )


def _waiting(report: Report) -> Verdict:
    waiting = report.waiting
    parts = [
        count(waiting.open, "open conflict") if waiting.open else "",
        f"{count(waiting.rejected, 'rejected subject')}" if waiting.rejected else "",
        f"{count(len(waiting.unmapped), 'field')} without a home" if waiting.unmapped else "",
    ]
    found = [part for part in parts if part]
    if not found:
        return Verdict(
            tone="good",
            title="Nothing waits",
            more="No conflict is open, no field is without a home.",
            where="waiting",
        )
    total = waiting.open + waiting.rejected
    return Verdict(
        tone="warn" if total else "plain",
        title=f"{count(total, 'decision')} wait for a person"
        if total
        else "Something is left over",
        more=f"{', '.join(found)}.",
        where="waiting",
    )


def _conserved(report: Report) -> Iterator[Verdict]:
    steps = [step for run in report.audit.runs for step in run.transforms if not step.source]
    if not steps:
        return
    values = sum(step.values for step in steps)
    lost = [step for step in steps if not step.conserved]
    yield Verdict(
        tone="bad" if lost else "good",
        title="Values have no account" if lost else "Each value has its account",
        more=f"{values:,} values read, {sum(step.accounted for step in steps):,} accounted for.",
        where="runs",
    )


def _checks(report: Report) -> Iterator[Verdict]:
    checks = [one.event for one in said_of(report) if isinstance(one.event, e.CheckRun)]
    if checks:
        passed = sum(one.passed for one in checks)
        yield Verdict(
            tone="good" if passed == len(checks) else "bad",
            title=f"{passed:,} of {count(len(checks), 'check')} passed",
            more="Each is listed with what it expected and what it found.",
            where="checks",
        )


def _back(report: Report) -> Iterator[Verdict]:
    gone = sum(run.holds != "stands" for run in report.audit.runs)
    if gone:
        yield Verdict(
            tone="plain",
            title=f"{count(gone, 'run')} {'was' if gone == 1 else 'were'} taken back",
            more="By a rollback, which is on record itself.",
            where="rollbacks",
        )


def _erased(report: Report) -> Iterator[Verdict]:
    erased = report.audit.types.get("ContentErased", 0)
    if erased:
        yield Verdict(
            tone="plain",
            title=f"Values were erased in {count(erased, 'place')}",
            more="On record, with who asked and why.",
            where="erased",
        )
