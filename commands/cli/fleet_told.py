"""The answer of a fleet as text: a row for each database, and below it what went wrong where."""

from __future__ import annotations

from collections.abc import Sequence

from commands.cli.page import Page
from commands.fleet.answer import Ended, FleetAnswer, Look
from commands.fleet.errand import Head, Trouble
from commands.words import count

_DIGEST = 8
"""Characters of a digest that are shown."""
_GOOD = ("done", "current")
_NAMED = 3
"""Names that a row lists."""


def tell(page: Page, answer: FleetAnswer) -> None:
    """Tell what became of every database, or would."""
    if answer.ended:
        page.table(
            ("target", "state", "head", "done", "rows", "seconds"),
            (_row(one) for one in answer.ended),
        )
    else:
        page.table(
            ("target", "group", "state", "head", "pending"),
            (_looked(one, answer) for one in answer.looks),
        )
    for one in answer.ended or answer.looks:
        _beside(page, one.name, one.notes, one.trouble)
    _sum(page, answer)


def _row(one: Ended) -> tuple[str, ...]:
    rows = f"{one.rows:,}" if one.done else ""
    return (one.name, one.state, _way(one.before, one.after), _names(one.done), rows, _time(one))


def _looked(one: Look, answer: FleetAnswer) -> tuple[str, ...]:
    rest = next(rest for rest in answer.targets if rest.name == one.name)
    turn = "canary" if rest.canary else str(rest.group)
    return (one.name, turn, one.state, _way(one.head, one.head), _names(one.pending))


def _time(one: Ended) -> str:
    return f"{one.seconds:.1f}" if one.seconds else ""


def _way(before: Head | None, after: Head | None) -> str:
    if before is None or after is None or before == after:
        one = after or before
        return f"{one.position} {one.digest[:_DIGEST]}" if one else ""
    return " -> ".join(f"{one.position} {one.digest[:_DIGEST]}" for one in (before, after))


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _beside(page: Page, name: str, notes: Sequence[str], trouble: Trouble | None) -> None:
    for note in notes:
        page.line(f"{name}: {note}", "yellow")
    if trouble is not None:
        page.line(f"{name}: {trouble.message}", "red")
        if trouble.hint:
            page.line(f"  hint: {trouble.hint}")


def _sum(page: Page, answer: FleetAnswer) -> None:
    counts = answer.counts
    good = all(state in _GOOD for state in counts)
    said = ", ".join(f"{number} {state}" for state, number in counts.items())
    page.line(f"{count(sum(counts.values()), 'database')}: {said}", "green" if good else "bold")
    if answer.interrupted:
        page.line("interrupted; run it again to go on", "bold")
    elif answer.ended and not answer.begun and answer.verb != "dry-run":
        page.line("nothing was begun; --keep-going leaves those out that are refused", "bold")
    elif answer.begun and not good:
        page.line("run it again to go on: what is done is left alone", "bold")
    if answer.verb == "dry-run" and not answer.exit_code:
        page.line("dry run: nothing was kept", "bold")
    if answer.begun and answer.verb != "export":
        page.line(f"recorded in each journal as {answer.fleet}")
