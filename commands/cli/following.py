"""The verb subject: one subject from source to target, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.options import at_option, verb
from commands.cli.page import Page
from commands.subject import Left, SubjectAnswer, SubjectStep
from commands.subject import subject as follow
from commands.visible import shown

Row = tuple[str, str, str]


@verb(
    "subject",
    "clew subject 42",
    "clew subject ada --at after:0002_profiles",
    "clew subject '\"42\"' --migrations db/migrations --format json",
)
@click.argument("key", metavar="KEY")
@at_option()
@click.option(
    "--migrations",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR",
    help='Where the migration files are; "migrations" otherwise. One that is as it was applied '
    "is run, to read the source again.",
)
def subject(call: Call, key: str, at: str, migrations: Path | None) -> None:
    """Follow one subject through the transforms that stand: source, fate and target.

    KEY is JSON or plain text. Source and target are as they are now (with --at the target
    as it was then), since the journal does not keep the values that found a home.
    """
    with call.journal() as journal:
        answer = follow(journal, key, at, migrations=migrations)
    call.answer(answer, _tell)


def _tell(page: Page, answer: SubjectAnswer) -> None:
    page.line(f"subject {answer.subject} at {answer.at}", "bold")
    for step in answer.steps:
        page.line()
        _step(page, step)


def _step(page: Page, step: SubjectStep) -> None:
    page.line(f"{step.migration}: {step.step}", "bold")
    page.pairs(
        (
            ("  run", step.run or "one of several"),
            ("  batch", str(step.batch) if step.batch else "one of several"),
            *(("  note", note) for note in step.notes),
        )
    )
    for left in step.rejected:
        page.line(f"  rejected: {left.record}: {left.error}", "red")
    page.table(("source", "fate", "target"), side_by_side(step))
    if step.source:
        for kept, _, _ in _kept(step):
            page.line(f"  kept by the journal: {kept}")
    for answer in step.conflicts:
        one = answer.conflict
        who = f"decided by {one.by}" if one.status == "decided" else "open"
        page.line(f"  conflict about {one.field}: {who} {one.reason}".rstrip(), "yellow")
        for number, candidate in enumerate(answer.candidates):
            mark = "*" if number == one.chosen else " "
            where = f"{candidate['field']} of {candidate['record']}"
            page.line(f"  {mark} {number}: {shown(candidate['value'])}  ({where})")


def side_by_side(step: SubjectStep) -> Iterator[Row]:
    """Yield each target column beside what it takes, then the values that nothing takes."""
    told: set[int] = set()
    for row in step.rows:
        for column, name in row.columns.items():
            target = f"{row.table}.{name} = {shown(row.values.get(name))}"
            fields = step.feeds.get(f"{row.target}.{column}", ())
            found = [(n, one) for n, one in enumerate(step.source) if one.field in fields]
            if not found:
                yield (" or ".join(fields) if not step.source else ""), "", target
            for place, (n, one) in enumerate(found):
                told.add(n)
                said = f"{one.field} = {shown(one.value)}  ({one.record})"
                yield said, one.fate, "" if place else target
    for n, one in enumerate(step.source):
        if n not in told:
            yield f"{one.field} = {shown(one.value)}  ({one.record})", one.fate, ""
    if not step.source:
        yield from _kept(step)


def _kept(step: SubjectStep) -> Iterator[Row]:
    yield from (row for left in step.unmapped for row in _left(left, "unmapped"))
    yield from (row for left in step.rejected for row in _left(left, "rejected"))


def _left(left: Left, fate: str) -> Iterator[Row]:
    if left.erased is not None and not left.values:
        yield f"erased at {left.erased}  ({left.record})", fate, ""
    for field, value in left.values.items():
        yield f"{field} = {shown(value)}  ({left.record})", fate, ""
