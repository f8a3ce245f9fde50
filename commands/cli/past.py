"""Verbs about the past: schema, diff, rows."""

from __future__ import annotations

import click

from commands import past
from commands.cli import objects
from commands.cli.call import Call
from commands.cli.options import POSITION, at_option, verb
from commands.cli.page import Page
from commands.differing import LISTED
from commands.visible import shown
from commands.words import count


@verb(
    "schema",
    "clew schema",
    "clew schema person --at before:0002_profiles",
    "clew schema --at @release --format json",
)
@click.argument("name", required=False, default="")
@at_option()
def schema(call: Call, name: str, at: str) -> None:
    """Show the schema as it was at a position, or only the table NAME."""
    with call.journal() as journal:
        found = past.schema_at(journal, at)
    chosen = objects.chosen(found, name)
    if call.format == "text":
        objects.tell(call.page(), found, chosen)
    elif call.format == "jsonl":
        call.stream(chosen)
    else:
        call.answer(objects.answer(found, chosen), lambda *_: None)


@verb(
    "diff",
    "clew diff before:0002_profiles head",
    "clew diff 12 head --data",
    "clew diff head head~5 --data --rows 100 --format json",
)
@click.argument("origin", metavar="A")
@click.argument("target", metavar="B", default="head")
@click.option("--data", is_flag=True, help="Compare rows too, as far as the journal knows them.")
@click.option(
    "--rows",
    "listed",
    type=click.IntRange(min=0),
    default=LISTED,
    show_default=True,
    help="List so many lost and so many gained rows of each table.",
)
def diff(call: Call, origin: str, target: str, *, data: bool, listed: int) -> None:
    """Show what differs between two positions, from A to B."""
    with call.journal() as journal:
        answer = past.diff(journal, origin, target, data=data, listed=listed)
    call.answer(answer, _tell_diff)


@verb(
    "rows",
    "clew rows person",
    "clew rows person --at before:0002_profiles --format jsonl",
    "clew rows public.orders --at 2026-11-21T09:30 -n 10",
)
@click.argument("table")
@click.option("--at", default="head", metavar="POSITION", help=f"As of {POSITION}")
@click.option("-n", "limit", type=click.IntRange(min=0), help="Only the first so many.")
def rows(call: Call, table: str, at: str, limit: int | None) -> None:
    """Show the rows of a table as they were at a position, in the order of its key.

    Rows that were written beside the journal since then are shown as they are now.
    """
    with call.journal() as journal:
        answer = past.rows(journal, table, at, limit=limit)
        with past.closing_iterator(answer.rows):
            if call.format != "text":
                call.stream(answer.rows)
                return
            cells = ([shown(row.get(name)) for name in answer.columns] for row in answer.rows)
            number = call.page().table(answer.columns, cells)
        call.note(f"{count(number, 'row')} of {answer.table} at {answer.at}")


def _tell_diff(page: Page, answer: past.DiffAnswer) -> None:
    styles = {"added": "green", "dropped": "red"}
    for difference in answer.schema:
        page.line(difference.text, styles.get(difference.change, "yellow"))
    for table in answer.data or ():
        what = f"values of {', '.join(table.columns)}" if table.part else "rows"
        page.line(f"{table.table}: {table.lost:,} {what} only before, {table.gained:,} only after")
        for row in table.rows:
            values = ", ".join(f"{name}={shown(value)}" for name, value in row.values.items())
            page.line(
                f"  {'-' if row.sign < 0 else '+'} {values}", "red" if row.sign < 0 else "green"
            )
        left = table.lost + table.gained - len(table.rows)
        if left and table.rows:
            page.line(f"  ... and {count(left, 'more row')}", "dim")
    if not answer.schema and not answer.data:
        rows_too = "" if answer.data is None else " and rows"
        page.line(f"schema{rows_too} at {answer.origin} and {answer.target} are the same")
