"""A report as Markdown: the head, each run in order, and what waits at the end."""

from __future__ import annotations

from collections.abc import Iterator

from commands.cli.elsewhere import elsewhere_lines, is_elsewhere
from commands.cli.markdown import table, text
from commands.cli.reported import run_lines
from commands.cli.summary import summary
from commands.cli.verified import verified
from commands.report import Report
from commands.visible import shown
from commands.words import count, moment
from journal.erased import Erased
from projections.audit import Accepted, Audit, Place
from projections.audited import RunAudit, Said
from projections.waiting import Waiting, WaitingField

SAMPLE = 200
"""Letters of a value that are shown; JSON has it whole."""


def markdown(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    audit = report.audit
    yield from _head(audit)
    yield "## Runs"
    yield ""
    yield from _runs(audit)
    for run in audit.runs:
        yield from run_lines(run, report.content or {})
    yield from elsewhere_lines(audit.said)
    yield from _beside(audit)
    yield f"## What waits at position {audit.target.position}"
    yield ""
    yield from _waiting(report)


def _head(audit: Audit) -> Iterator[str]:
    opened = audit.opened
    yield f"# Report of the journal {text(opened.name) if opened else 'that holds nothing'}"
    yield ""
    facts = []
    if opened:
        facts = [
            ("journal", opened.journal),
            ("database", f"{opened.server}; opened by Clew {opened.clew}"),
        ]
    facts += [
        ("after", _place(audit.origin)),
        ("up to", _place(audit.target)),
        ("time", f"{audit.begun} to {audit.target.recorded_at}" if audit.entries else "none"),
        ("entries", f"{audit.entries:,}"),
        ("baseline", count(audit.objects, "object") if "BaselineRecorded" in audit.types else ""),
        ("checks", verified(audit.runs)),
    ]
    yield from table(("what", "is"), [fact for fact in facts if fact[1]])
    actors = ((one.actor, f"{one.entries:,}", f"{one.decided:,}") for one in audit.actors)
    yield from table(("actor", "entries", "conflicts decided"), actors)
    yield "Digests are those that the entries bear; `clew verify` hashes the record again."
    yield ""


def _place(place: Place) -> str:
    if not place.position:
        return "the start, before the first entry"
    return f"position {place.position}, {place.recorded_at}, digest {place.digest}"


def _runs(audit: Audit) -> Iterator[str]:
    if not audit.runs:
        yield "None."
        yield ""
        return
    yield from table(
        ("positions", "started", "what", "actor", "state", "stands"), map(_run_row, audit.runs)
    )


def _run_row(run: RunAudit) -> tuple[str, ...]:
    what = f"{run.verb} {run.migration}".rstrip()
    way = f" to {run.target}" if run.target is not None else ""
    stands = {"stands": "yes", "partly": "in part", "gone": "no, taken back"}[run.holds]
    return (
        f"{run.first} to {run.last}",
        moment(run.started_at),
        what + way,
        run.actor,
        "without an end" if run.state == "started" else run.state,
        stands if run.verb not in {"rollback", "backup"} and _left(run) else "",
    )


def _left(run: RunAudit) -> bool:
    return run.state == "completed" or bool(run.stayed)


def _beside(audit: Audit) -> Iterator[str]:
    rest = [one for one in audit.said if not is_elsewhere(one)]
    if not rest and not audit.accepted:
        return
    yield "## Outside of runs"
    yield ""
    yield from table(("position", "recorded", "actor", "what", "which"), map(_said, rest))
    for one in audit.accepted:
        yield from _accepted(one)


def _said(one: Said) -> tuple[str, ...]:
    reason = getattr(one.event, "reason", "")
    which = summary(one.event, {}) + (f" ({reason})" if reason else "")
    where = (str(one.position), moment(one.recorded_at), one.actor)
    return (*where, type(one.event).__name__, which)


def _accepted(one: Accepted) -> Iterator[str]:
    yield (
        f"Drift accepted at position {one.position}, {moment(one.recorded_at)}, by"
        f" {text(one.actor)}: {text(one.reason)}"
    )
    yield ""
    yield from table(
        ("kind", "name", "change", "in words"),
        ((act.kind, act.name, act.change, act.text) for act in one.changes),
    )


def _waiting(report: Report) -> Iterator[str]:
    waiting = report.waiting
    decided = f"{waiting.by_rule:,} decided by a rule, {waiting.by_person:,} by a person"
    yield f"Conflicts: {waiting.open:,} open, {decided}."
    yield ""
    yield from table(
        ("field", "open conflicts"), ((name, f"{n:,}") for name, n in waiting.by_field.items())
    )
    yield from _conflicts(report)
    yield from _more(waiting.open - len(waiting.conflicts), "open conflict")
    yield f"Fields without a home: {len(waiting.unmapped):,}."
    yield ""
    yield from _unmapped(report)
    yield f"Rejected subjects: {waiting.rejected:,}."
    yield ""
    yield from _rejected(report)
    yield from _more(waiting.rejected - _subjects(waiting), "rejected subject")


def _conflicts(report: Report) -> Iterator[str]:
    header = ["position", "transform", "subject", "field", "candidates"]
    rows = (
        (
            one.position,
            one.step,
            one.subject,
            one.field,
            _candidates(report, one.candidates) or one.count,
        )
        for one in report.waiting.conflicts
    )
    yield from table(header, rows)


def _candidates(report: Report, digest: str) -> str:
    found = (report.content or {}).get(digest)
    if isinstance(found, Erased):
        return str(found)
    if not isinstance(found, list):
        return ""
    return "; ".join(f"{_short(one['value'])} ({one['record']})" for one in found)


def _unmapped(report: Report) -> Iterator[str]:
    values = report.content is not None
    header = ["transform", "field", "records", *(["values"] if values else [])]
    yield from table(
        header,
        (
            (one.step, one.field, f"{one.records:,}", *([_samples(report, one)] if values else []))
            for one in report.waiting.unmapped
        ),
    )


def _samples(report: Report, one: WaitingField) -> str:
    found = [(report.content or {}).get(digest) for digest in one.contents]
    return ", ".join(
        str(values) if isinstance(values, Erased) else _short(values[one.field])
        for values in found
        if isinstance(values, dict | Erased)
    )


def _rejected(report: Report) -> Iterator[str]:
    content = report.content
    header = ["position", "transform", "subject", "record", "reason"]
    yield from table(
        header if content is None else [*header, "values"],
        (
            (
                one.position,
                one.step,
                one.subject,
                one.record,
                one.error,
                *([] if content is None else [_short(content.get(one.content))]),
            )
            for one in report.waiting.records
        ),
    )


def _subjects(waiting: Waiting) -> int:
    return len({(one.migration, one.step, one.subject) for one in waiting.records})


def _more(number: int, noun: str) -> Iterator[str]:
    if number > 0:
        yield f"... and {count(number, f'more {noun}')}."
        yield ""


def _short(value: object) -> str:
    found = shown(value)
    return found if len(found) <= SAMPLE else f"{found[:SAMPLE]}..."
