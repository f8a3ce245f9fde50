"""The verb history: what happened to one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from commands.cli.call import Call
from commands.cli.options import POSITION, at_option, verb
from commands.cli.page import Page
from commands.one_row.answer import Decision, RowChange, RowHistory
from commands.one_row.history import row_history
from commands.visible import shown
from commands.words import count, moment

_STYLES = {"inserted": "green", "deleted": "red", "table dropped": "red", "unseen": "yellow"}
_WORDS = {"unseen": "changed beside the journal", "rewritten": "written again, as it was"}
_LINES = 5
"""Lines of a statement that are shown."""


@verb(
    "history",
    "clew history person 42",
    "clew history orders customer=7 number=3 --at before:0002_profiles",
    "clew history person email=ada@example.org -n 5",
    """clew history tag '["two words"]' --format json""",
)
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@at_option()
@click.option("--from", "after", default="", metavar="POSITION", help=f"Only since {POSITION}")
@click.option("-n", "--limit", type=click.IntRange(min=0), help="Only the newest so many.")
@click.option("--no-index", is_flag=True, help="Look through every entry; slower.")
def history(
    call: Call,
    table: str,
    key: tuple[str, ...],
    *,
    at: str,
    after: str,
    limit: int | None,
    no_index: bool,
) -> None:
    """Show each change of one row: when, by whom, why, and its values before and after.

    KEY is the row's key at that position, or the last it had: the value alone, COLUMN=VALUE for
    each column, or JSON, as a list in the order of the key or as an object. The row is followed
    through renames, changes of its table and of its key, rollbacks, and earlier tables of the
    same name.
    """
    with call.journal() as journal:
        words = key[0] if len(key) == 1 else key
        answer = row_history(
            journal, table, words, at=at, after=after, limit=limit, index=not no_index
        )
    if call.format == "jsonl":
        call.stream(answer.changes)
        return
    call.answer(answer, _tell)


def _tell(page: Page, answer: RowHistory) -> None:
    page.line(f"{answer.table} {_pairs(answer.key)}", "bold")
    for change in answer.changes:
        page.line()
        page.line(_headline(change), _STYLES.get(change.cause, ""))
        for line in _whose(change):
            page.line(f"    {line}", "dim")
        for line in _values(change):
            page.line(f"  {line}")
        for decision in change.decisions:
            for line in _decided(decision):
                page.line(f"    {line}")
        for note in change.notes:
            page.line(f"    {note}", "yellow")
    page.line()
    row = "gone" if answer.row is None else _pairs(answer.row)
    page.line(f"at {answer.at}: {row} ({count(len(answer.changes), 'change')})")
    for note in answer.notes:
        page.line(note, "yellow")


def _headline(change: RowChange) -> str:
    what = _WORDS.get(change.cause, change.cause)
    if change.cause == "unseen":
        return f"{what}, found at {change.position}"
    by = change.migration or change.program
    run = " ".join(word for word in (change.verb, by) if word)
    parts = [str(change.position), moment(change.recorded_at), change.actor, run, what]
    taken = "" if change.taken_back_by is None else f", taken back at {change.taken_back_by}"
    evidence = "" if change.evidence == "captured" else f" ({change.evidence})"
    took = f", took back {', '.join(map(str, change.takes_back))}" if change.takes_back else ""
    return "  ".join(part for part in parts if part) + evidence + took + taken


def _whose(change: RowChange) -> Iterator[str]:
    lines = [line for line in change.statement.splitlines() if line.strip()]
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"... and {count(len(lines) - _LINES, 'more line')}"


def _values(change: RowChange) -> Iterator[str]:
    before, after = change.before, change.after
    if before is None or after is None:
        yield f"{'+' if before is None else '-'} {_pairs(after or before or {})}"
        return
    if change.former:
        what = "the table was renamed" if change.cause == "schema" else "moved"
        yield f"~ {what} from {change.former} to {change.table}"
    for old, new in change.renamed.items():
        yield f"~ {old} was renamed to {new}"
    old_names = {new: old for old, new in change.renamed.items()}
    for name in change.changed:
        if name not in after:
            yield f"- {name} {shown(before[name])}"
        elif old_names.get(name, name) not in before:
            yield f"+ {name} {shown(after[name])}"
        else:
            yield f"~ {name} {shown(before[old_names.get(name, name)])} -> {shown(after[name])}"


def _decided(decision: Decision) -> Iterator[str]:
    if decision.status == "open":
        yield f"{decision.field}: not decided, conflict {decision.conflict[:8]}"
    else:
        reason = f" ({decision.reason})" if decision.reason else ""
        yield f"{decision.field}: decided by {decision.by}{reason}"
    for number, candidate in enumerate(decision.candidates):
        mark = "*" if number == decision.chosen else " "
        yield f"  {mark} {shown(candidate.get('value'))}  {_source(candidate)}"


def _source(candidate: dict[str, Any]) -> str:
    return " ".join(
        str(shown(candidate[name])) for name in ("record", "field") if name in candidate
    )


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())
