"""A rehearsal as Markdown, for the summary of a job or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from commands.cli.markdown import table, text
from commands.rehearse.answer import Rehearsal, RehearsedMigration

_SIGNS = {"go": "go", "no-go": "**no-go**", "note": "note"}


def as_markdown(answer: Rehearsal) -> str:
    """Return the verdict, what it rests on, and each migration in a row."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Rehearsal) -> Iterator[str]:
    yield f"## Rehearsal: {'GO' if answer.go else 'NO-GO'}"
    yield ""
    if not answer.migrations:
        yield "Nothing is pending."
        yield ""
    header = ("migration", "there", "back", "rows", "journal bytes", "locks", "comes back")
    yield from table(header, map(_row, answer.migrations))
    items = sorted(answer.items, key=lambda one: ("no-go", "note", "go").index(one.verdict))
    if items:
        yield "| verdict | migration | what | evidence |"
        yield "| --- | --- | --- | --- |"
    for one in items:
        cells = (text(one.migration), text(one.what), text(one.evidence))
        yield f"| {_SIGNS[one.verdict]} | {' | '.join(cells)} |"
    if items:
        yield ""


def _row(one: RehearsedMigration) -> tuple[str, ...]:
    if not one.applied:
        return (one.migration, one.error or "not tried", "", "", "", "", "")
    locks = ", ".join(f"{lock.mode} on {lock.object}" for lock in one.locks if not lock.new)
    return (
        one.migration,
        f"{one.seconds:.2f} s",
        f"{one.back_seconds:.2f} s",
        f"{one.rows:,}",
        f"{one.journal_bytes:,}",
        locks,
        one.returned,
    )
