"""The verb rollback: plan and preview, a question, then the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from commands.changed import row_object
from commands.cli.call import Call
from commands.cli.options import lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.folding import folded
from commands.rebuilt import in_words
from commands.rollback import RollbackAnswer, preview
from commands.rollback import rollback as go_back
from commands.visible import shown
from commands.words import count
from journal.errors import AnswerIsNo, ChangedSince, Usage
from journal.values import ChangedRow, IfChanged
from projections.schema import SchemaFold, dotted

LISTED = 20
"""How many rows changed since are shown in text; JSON has them all."""


@verb(
    "rollback",
    "clew rollback before:0002_profiles --plan",
    "clew rollback @release-11",
    "clew rollback 42 --yes --if-changed keep --reason 'wrong prices'",
    "clew rollback after:0002_profiles",
)
@click.argument("to", metavar="TO")
@click.option("--plan", is_flag=True, help="Only show what it would do.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--if-changed",
    type=click.Choice(["refuse", "keep", "overwrite"]),
    default="refuse",
    show_default=True,
    help="What to do with rows that others wrote since.",
)
@writing
@lock_timeout
def rollback(call: Call, to: str, *, plan: bool, yes: bool, if_changed: IfChanged) -> None:
    """Take the database to position TO, back or forth, by new, recorded changes.

    Shows the plan and what it does to this database, then asks. The preview runs the whole
    way in a transaction that is aborted.
    """
    if not (plan or yes or call.format == "text"):
        raise Usage(
            "expected --plan or --yes where the answer is not text",
            hint="A question can only be asked at a terminal, in text.",
        )
    if plan or not yes:
        seen = _preview(call, to, if_changed)
        if call.format == "text":
            _tell(call.page(), seen, _names(call, seen))
        elif plan:
            call.answer(answer_object(seen, _names(call, seen)), lambda *_: None)
        if plan:
            return
        if not (seen.irreversible or seen.blocked):  # else it is refused without a question
            _ask(seen, if_changed)
    try:
        with stepping() as progress:
            answer = go_back(
                call.target(),
                to,
                asker=call.asker(),
                if_changed=if_changed,
                progress=lambda done, total: progress("steps", done, total),
            )
    except ChangedSince:
        if yes and call.format == "text":
            seen = _preview(call, to, if_changed)
            _tell_changed(call.page(), seen, _names(call, seen))
        raise
    if call.format != "text":
        call.answer(answer_object(answer, _names(call, answer)), lambda *_: None)
        return
    if yes:
        _tell(call.page(), answer, _names(call, answer), sql=False)
    _tell_done(call.page(), answer)


def answer_object(answer: RollbackAnswer, names: Mapping[int, str]) -> dict[str, Any]:
    """Return a rollback as it is answered in JSON; ``names`` are those of tables."""
    return {
        "from": answer.origin,
        "to": answer.target,
        "done": answer.done,
        "steps": [
            {
                "kind": step.kind,
                **({"table": step.table} if step.table else {"object": step.object}),
                "rows": step.rows,
                "sql": step.sql,
            }
            for step in answer.steps
        ],
        "irreversible": answer.irreversible,
        "changed_since": [row_object(row, names) for row in answer.changed_since],
        "changed_count": answer.changed_count,
        "blocked": answer.blocked,
        "rebuilt": answer.rebuilt,
        "drift": answer.drift,
        "stamps": answer.stamps,
        **({"run": answer.run, "head": answer.head} if answer.done else {}),
    }


def _preview(call: Call, to: str, if_changed: IfChanged) -> RollbackAnswer:
    with stepping() as progress:
        return preview(
            call.target(),
            to,
            if_changed=if_changed,
            progress=lambda done, total: progress("steps", done, total),
        )


def _names(call: Call, answer: RollbackAnswer) -> Mapping[int, str]:
    """Return the names of tables, where rows that changed since are to be named."""
    if not answer.changed_since:
        return {}
    with call.journal() as journal:
        paths = folded(journal, SchemaFold).names
        return {identity: dotted(path) for identity, path in paths.items()}


def _ask(seen: RollbackAnswer, if_changed: IfChanged) -> None:
    """Ask. Raises ``AnswerIsNo``."""
    question = f"Go from {seen.origin} to {seen.target}?"
    if seen.changed_count:
        question = f"Go from {seen.origin} to {seen.target} and {if_changed} what changed since?"
    if not click.confirm(question, err=True):
        raise AnswerIsNo("not rolled back")


def _tell(
    page: Page, answer: RollbackAnswer, names: Mapping[int, str], *, sql: bool = True
) -> None:
    page.line(f"from {answer.origin} to {answer.target}", "bold")
    for step in answer.steps:
        rows = f", {count(step.rows, 'row')}" if step.rows or step.kind == "rows" else ""
        page.line(f"  {step.kind} {step.table or step.object}{rows}")
        for statement in step.sql if sql else ():
            page.block(statement, indent="      ")
    for rebuilt in in_words(answer.rebuilt):
        page.line(f"  {'' if answer.done else 'would be '}written anew: {rebuilt}", "yellow")
    if not (answer.steps or answer.irreversible or answer.stamps):
        page.line("  nothing to do: the state is the same")
    for one in answer.irreversible:
        page.line(f"  cannot be taken back: position {one.position}, {one.reason}", "red")
    _tell_changed(page, answer, names)
    for stamp in answer.stamps:
        page.line(f"  stamp: {stamp}", "yellow")
    for drift in answer.drift:
        page.line(f"  drift, not touched: {drift}", "yellow")
    if answer.blocked:
        page.line(f"  would be refused: {answer.blocked}", "red")


def _tell_changed(page: Page, answer: RollbackAnswer, names: Mapping[int, str]) -> None:
    if not answer.changed_count:
        return
    page.line(f"{count(answer.changed_count, 'row')} written since:", "yellow")
    for row in answer.changed_since[:LISTED]:
        _tell_row(page, row, names)
    left = answer.changed_count - min(LISTED, len(answer.changed_since))
    if left > 0:
        page.line(f"  ... and {count(left, 'more row')}")


def _tell_row(page: Page, row: ChangedRow, names: Mapping[int, str]) -> None:
    kept = ", kept" if row.kept else ""
    page.line(f"  {names.get(row.table, row.table)}: {_values(row.key)}, {row.what}{kept}")
    page.line(f"    before:    {_values(row.before)}")
    page.line(f"    journaled: {_values(row.journaled)}")
    page.line(f"    live:      {_values(row.live)}")


def _values(values: dict[str, Any] | None) -> str:
    if values is None:
        return "not there"
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items()) or "no key"


def _tell_done(page: Page, answer: RollbackAnswer) -> None:
    kept = f"; {count(answer.changed_count, 'row')} changed since" if answer.changed_count else ""
    page.line(f"the state is that of position {answer.target} again{kept}", "green")
    if answer.run:
        page.line(f"recorded: head {answer.head}, run {answer.run}")
