"""One run of a report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commands.cli.markdown import table, text
from commands.cli.verified import verification_lines
from commands.said import said
from commands.words import count
from journal.values import Statement
from projections.audited import OtherRun, RunAudit, StepAudit


def run_lines(run: RunAudit, content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section of a run; ``content`` holds texts of statements, by digest."""
    what = f"{run.verb} {run.migration}".rstrip()
    yield f"### {run.first} to {run.last}: {text(what)}"
    yield ""
    yield from table(("what", "is"), [pair for pair in _facts(run) if pair[1]])
    yield from _failure(run, content)
    yield from table(
        ("rows of", "inserted", "updated", "deleted", "lost with a schema change", "made by one"),
        (
            (row.table, *(f"{n:,}" for n in (row.inserted, row.updated, row.deleted)),
             f"{row.lost:,}", f"{row.made:,}")
            for row in run.rows
        ),
    )  # fmt: skip
    yield from table(
        ("position", "kind", "name", "change", "in words"),
        ((act.position, act.kind, act.name, act.change, act.text) for act in run.schema),
    )
    for step in run.transforms:
        yield from _transform(step)
    yield from verification_lines(run.verification, content)
    for one in run.said:
        yield f"- {text(said(one.event))}"
    if run.said:
        yield ""


def _facts(run: RunAudit) -> Iterator[tuple[str, str]]:
    yield "run", run.run
    yield "actor", run.actor
    yield "started", run.started_at
    took = f", {run.seconds:,.3f} s" if run.seconds is not None else ""
    yield "ended", f"{run.ended_at}{took}" if run.ended_at else "no end is recorded"
    yield "state", "without an end" if run.state == "started" else run.state
    yield "reason", run.reason
    yield "ref", run.ref
    yield "file", f"{run.file}, SHA-256 {run.digest}" if run.file else ""
    yield "revision", run.revision
    yield "statements", f"{run.statements:,}" if run.statements else ""
    yield "kept", f"{count(run.kept, 'row')} changed since" if run.kept else ""
    if run.target is not None:
        yield "way", f"from position {run.origin} to {run.target}"
    yield "took back", "; ".join(map(_other, run.took))
    yield "brought again", "; ".join(map(_other, run.brought))
    if run.holds != "stands":
        part = "in part " if run.holds == "partly" else ""
        yield "taken back", f"{part}by the rollback that ended at position {run.gone_at}"
    for note in run.notes:
        yield "note", note


def _other(one: OtherRun) -> str:
    what = f"{one.verb} {one.migration}".rstrip()
    return f"{what} ({one.first} to {one.last}{', in part' if one.part else ''})"


def _failure(run: RunAudit, content: Mapping[str, Any]) -> Iterator[str]:
    if run.state in {"completed", "started"}:
        return
    found = [
        ("error", run.error),
        ("SQLSTATE", run.sqlstate),
        ("statement", _statement(run.statement)),
        ("its text", content.get(run.statement.digest, "") if run.statement else ""),
        ("found by", run.found_by),
        ("stayed", "; ".join(run.stayed) or "nothing"),
    ]
    yield from table((run.state, "is"), [pair for pair in found if pair[1]])


def _statement(statement: Statement | None) -> str:
    return f"{statement.number}, line {statement.line}" if statement else ""


def _transform(step: StepAudit) -> Iterator[str]:
    if step.source or step.table:
        yield from _copied(step)
        return
    retried = f", {step.retried:,} of them again" if step.retried else ""
    batches = "1 batch" if step.batches == 1 else f"{step.batches:,} batches"
    yield f"Transform {text(step.step)}: {count(step.subjects, 'subject')} in {batches}{retried}."
    yield ""
    yield f"- {conservation(step)}"
    yield f"- rows written: {_counts(step.rows)}"
    yield (
        f"- conflicts: {step.conflicts:,}; decided by a rule {step.by_rule:,}, by a person"
        f" {step.by_person:,}, open {step.open:,}"
    )
    yield f"- records with unmapped fields: {step.unmapped:,}; {_counts(step.fields)}"
    yield f"- subjects rejected: {step.rejected:,}"
    if step.provisioned:
        yield f"- rows provisioned: {_counts(step.provisioned)}"
    if step.of:
        homes = ", ".join(map(text, step.homes))
        yield f"- fields of {text(step.of)} that found a home: {homes}"
    yield ""


def _copied(step: StepAudit) -> Iterator[str]:
    """Say where rows came from, or what became of those of one table."""
    if step.source:
        from_ = {name: text(str(value)) for name, value in step.source.items()}
        journal = ""
        if "journal" in from_:
            journal = f", journal {from_['name']} ({from_['journal']}) at {from_['head']}"
        yield f"Copied from {from_['place']} ({from_['server']}{journal}), read at {from_['taken_at']}."
        yield f"Tables made for it: {', '.join(map(text, step.created)) or 'none'}."
        yield ""
        return
    fates = " + ".join(f"{n:,} {text(fate)}" for fate, n in step.fates.items()) or "0"
    equal = "equal" if step.conserved else "NOT EQUAL"
    batches = "1 batch" if step.batches == 1 else f"{step.batches:,} batches"
    yield f"Copied of {text(step.table)}: {count(step.values, 'row')} in {batches}."
    yield ""
    yield f"- **{step.values:,} read, {step.accounted:,} accounted for: {equal}** ({fates})"
    yield f"- rows written: {_counts(step.rows)}"
    yield ""


def conservation(step: StepAudit) -> str:
    """Say that each value that was read has one fate, or that this is not so."""
    fates = " + ".join(f"{n:,} {text(fate)}" for fate, n in step.fates.items()) or "0"
    equal = "equal" if step.conserved else "NOT EQUAL"
    read = count(step.values, "value")
    return f"**{read} read, {step.accounted:,} accounted for: {equal}** ({step.values:,} read; {fates})"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{text(name)} {n:,}" for name, n in counts.items()) or "none"
