"""The verb backup restore: what it would change, a question, then the restore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from commands.cli.call import Call
from commands.cli.options import lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.restore.answer import Restored, RestoredTable, RowChange, row_change
from commands.restore.restore import preview
from commands.restore.restore import restore as restore_backup
from commands.restore.wish import Sequences, Wish
from commands.visible import encode, shown
from commands.words import count
from journal.errors import AnswerIsNo, Usage
from journal.replacing import RowDifference
from journal.values import SequenceState

SHOWN = 20
"""Rows of a table that text shows; JSON has 1,000 of each, and JSON lines all of them."""


@verb(
    "restore",
    "clew backup restore backups/20261121T093000Z-7f3c9a1e --dry-run",
    "clew backup restore backups/20261121T093000Z-7f3c9a1e --table card --table deck",
    "clew backup restore backups/20261121T093000Z-7f3c9a1e.json --yes --leave-out card.note --reason 'wrong prices'",
    "clew backup restore backups/20261121T093000Z-7f3c9a1e --dry-run --format jsonl > rows.jsonl",
)
@click.argument("directory", metavar="BACKUP", type=click.Path(path_type=Path))
@click.option("--table", "tables", multiple=True, metavar="T", help="Only this table; repeatable.")
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--leave-out",
    multiple=True,
    metavar="COLUMN",
    help="Do not restore this column, or TABLE.COLUMN; repeatable.",
)
@click.option(
    "--sequences",
    type=click.Choice(["backup", "keep"]),
    default="backup",
    show_default=True,
    help="Put sequences where the backup says, or leave them; never behind a row's value.",
)
@click.option(
    "--allow-unknown", is_flag=True, help="Take a backup that this journal does not know; say why."
)
@writing
@lock_timeout
def restore(
    call: Call,
    directory: Path,
    tables: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
    leave_out: tuple[str, ...],
    sequences: Sequences,
    allow_unknown: bool,
) -> int:
    """Make tables equal to a backup: all that it holds, or those that are named.

    BACKUP is its directory, or its single file. Says row by row and column by column what that
    changes, then asks. Only rows that differ are written, in one transaction, journaled; rollback
    brings back what was there. It is proved before it is committed: the tables read again have
    the digests of the backup.
    """
    if not (dry_run or yes or call.format == "text"):
        raise Usage(
            "expected --dry-run or --yes where the answer is not text",
            hint="Look with --dry-run first, then say --yes.",
        )
    wish = Wish(
        directory=directory,
        tables=tables,
        leave_out=leave_out,
        sequences=sequences,
        allow_unknown=allow_unknown,
    )
    if call.format == "text":
        wish = _listing(wish, SHOWN)
    elif call.format == "jsonl":
        wish = _listing(wish, None, call)
    agreed = None
    if dry_run or not yes:
        with stepping() as progress:
            seen = preview(call.target(), wish, asker=call.asker(), progress=progress)
        _answer(call, seen)
        if dry_run or seen.blocked or seen.equal:
            return seen.code
        if not click.confirm(f"Restore {count(len(seen.tables), 'table')}?", err=True):
            raise AnswerIsNo("not restored")
        agreed = seen.tables
    with stepping() as progress:
        done = restore_backup(
            call.target(), wish, asker=call.asker(), agreed=agreed, progress=progress
        )
    if yes:
        _answer(call, done)
    else:
        _tell_done(call.page(), done)
    return 0


def _listing(wish: Wish, listed: int | None, call: Call | None = None) -> Wish:
    """Return the wish with so many rows of each table; all of them are written as they come."""

    def write(table: str, row: RowDifference) -> None:
        if call is not None:
            call.write(encode({"type": "row", **_row(row_change(table, row))}))

    return msgspec.structs.replace(wish, listed=listed, tell=write)


def _row(row: RowChange) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def _answer(call: Call, answer: Restored) -> None:
    call.answer(answer, _tell)


# --- in text ------------------------------------------------------------------------------


def _tell(page: Page, answer: Restored) -> None:
    page.line(f"backup {answer.backup} of {answer.taken_at}", "bold")
    for note in answer.notes:
        page.line(note, "yellow")
    for made in answer.made:
        page.line(f"  make again {made}")
    for table in answer.tables:
        _tell_table(page, table, [row for row in answer.rows if row.table == table.table])
    for one in answer.sequences:
        page.line(f"  sequence {one.sequence}: {_place(one.before)} -> {_place(one.after)}")
    if answer.blocked:
        page.line(f"  would be refused: {answer.blocked}", "red")
        if answer.hint:
            page.line(f"  {answer.hint}")
    elif answer.equal and not answer.done:
        page.line("nothing to do: the tables are as the backup has them", "green")
    if answer.done:
        _tell_done(page, answer)


def _tell_table(page: Page, table: RestoredTable, rows: list[RowChange]) -> None:
    name = f"{table.table} (now {table.called})" if table.called else table.table
    page.line(f"  {name}: {count(table.rows, 'row')}; {_differences(table)}")
    for column, number in table.columns.items():
        page.line(f"      column {column}: {count(number, 'value')}")
    if table.kept:
        rest = "rows that come back take the default" if table.added else "all keep their values"
        page.line(f"      not in the backup: {', '.join(table.kept)}; {rest}", "yellow")
    if table.left_out:
        page.line(f"      left out: {', '.join(table.left_out)}", "yellow")
    if table.retyped:
        page.line(f"      of another type now: {', '.join(table.retyped)}", "yellow")
    if table.silent:
        page.line(f"      triggers stay silent: {', '.join(table.silent)}")
    for row in rows:
        _tell_row(page, row)
    left = table.added + table.removed + table.changed - len(rows)
    if left > 0:
        page.line(f"      ... and {count(left, 'more row')}")


def _differences(table: RestoredTable) -> str:
    parts = [
        f"{number:,} {what}"
        for number, what in (
            (table.added, "added"),
            (table.removed, "removed"),
            (table.changed, "changed"),
        )
        if number
    ]
    return ", ".join(parts) or "none differs"


def _tell_row(page: Page, row: RowChange) -> None:
    sign = {"added": "+", "removed": "-", "changed": "~"}[row.what]
    if row.what != "changed":
        page.line(f"      {sign} {_values(row.restored or row.live or {})}")
        return
    page.line(f"      {sign} {_values(row.key)}: {', '.join(_columns(row))}")


def _columns(row: RowChange) -> Iterator[str]:
    live, restored = row.live or {}, row.restored or {}
    for name, value in restored.items():
        yield f"{name} {shown(live[name])} -> {shown(value)}"


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def _place(state: SequenceState) -> str:
    if state.last_value is None:
        return "none"
    return f"{state.last_value:,}" if state.is_called else f"before {state.last_value:,}"


def _tell_done(page: Page, answer: Restored) -> None:
    rows = count(answer.differing, "row")
    page.line(f"restored {count(len(answer.tables), 'table')}: {rows} written, proved", "green")
    page.line(f"recorded: position {answer.position}, run {answer.run}")
