"""Holding what stands in the target, read back from it, against what the source held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.copy.batch import Writer
from commands.copy.examined import table_in
from commands.copy.examining import Progress
from commands.copy.manifests import mark
from commands.copy.marking import ROWS
from commands.copy.neutral import Side, TableDigest
from commands.copy.plan import TablePlan
from commands.words import count
from journal.database import Database
from journal.effect import Schema
from journal.events import CheckRun
from journal.values import IfChanged
from projections.schema import dotted

_SHOWN = 16
"""Letters of a digest that are shown."""


def compare_rows(
    writers: Iterable[Writer],
    target: Database,
    known: Schema,
    *,
    if_changed: IfChanged,
    progress: Progress,
) -> Iterator[tuple[Writer, TableDigest, CheckRun]]:
    """Read each table back and compare count and digest; yields what was found with the check.

    Rows that are kept as somebody wrote them in the target are left out, and said to be.
    """
    for writer in writers:
        kept = writer.one.changes.written() if writer.one.changes else frozenset[bytes]()
        if if_changed != "keep":
            kept = frozenset()
        found = _read(writer, target, known, kept, progress)
        expected = writer.one.digest
        left_out = f", {count(len(kept), 'row')} kept as the target has them" if kept else ""
        yield (
            writer,
            found,
            CheckRun(
                name=f"{writer.one.step}: rows",
                passed=(found.rows, found.text) == (expected.rows, expected.text),
                expected=_told(expected) + left_out,
                found=_told(found) + left_out,
            ),
        )


def compare_columns(tables: Iterable[TablePlan], known: Schema) -> CheckRun:
    """Compare the tables as they stand with the plan: columns, their types, the keys."""
    wrong: list[str] = []
    columns = 0
    for table in tables:
        there = table_in(known, table)
        types = {c.name: str(c.definition.get("type", "")).lower() for c in there.columns}
        for column in table.columns:
            columns += 1
            name = f"{dotted(table.target)}.{column.target}"
            if column.target not in types:
                wrong.append(f"{name} is not there")
            elif types[column.target] != column.target_type.lower():
                wrong.append(f"{name} is {types[column.target]}, not {column.target_type}")
    return CheckRun(
        name="copy: columns",
        passed=not wrong,
        expected=f"{count(columns, 'column')} as planned",
        found="; ".join(wrong) or f"{count(columns, 'column')} as planned",
    )


def _read(
    writer: Writer, target: Database, known: Schema, kept: frozenset[bytes], progress: Progress
) -> TableDigest:
    one, digest = writer.one, TableDigest()
    selection = target.dump(table_in(known, one.plan))
    side = Side(one.plan, target.kind, selection.columns, target=True)
    for number, row in enumerate(selection.rows):
        values = side.neutral(row)
        if not kept or mark(side.key(values)) not in kept:
            digest.add(side.digest(values))
        if number % ROWS == 0:
            progress(f"checking {one.name}", number, one.rows)
    return digest


def _told(digest: TableDigest) -> str:
    return f"{count(digest.rows, 'row')}, digest {digest.text[:_SHOWN]}"
