"""A copy in words: what it would do, and what it did."""

from __future__ import annotations

from collections.abc import Iterator

from commands.cli.page import Page
from commands.copy.answer import CopyAnswer, RowChanges, TableCopy
from commands.visible import shown
from commands.words import count

_WORDS = {
    "new": "new in the source",
    "changed": "changed in the source",
    "deleted": "gone from the source",
    "written": "written in the target since",
    "already": "the same in the target already",
}
_CELLS = 8
"""Columns of a row that are shown."""


def tell_plan(page: Page, answer: CopyAnswer) -> None:
    """Say what is going to be done."""
    _source(page, answer)
    for name in answer.creates:
        page.line(f"makes table {name}")
    for text in answer.differences:
        page.line(f"  {text}", "dim")
    _tables(page, answer)
    for one in answer.tables:
        _behind(page, one)
        if one.again:
            _changes(page, one.source, one.changes)
    _found(page, answer)
    if answer.blocked:
        page.line(f"would be refused: {answer.blocked}", "red")


def tell_done(page: Page, answer: CopyAnswer) -> None:
    """Say what was done."""
    if answer.nothing:
        page.line(f"nothing to do: {answer.source.place} was copied, and is as it was", "green")
        written = sum(one.changes.written for one in answer.tables)
        if written:
            page.line(f"{count(written, 'row')} written in the target since, kept so", "yellow")
        return
    _tables(page, answer)
    for check in answer.checks:
        if check.passed:
            page.line(f"{check.name}: {check.found}")
        else:
            page.line(f"{check.name}: expected {check.expected}, found {check.found}", "red")
    behind = sum(one.rejected + one.quarantined for one in answer.tables)
    if behind:
        page.line(f"{count(behind, 'row')} stayed behind: clew report", "yellow")
    rows = sum(one.inserted + one.updated + one.deleted for one in answer.tables)
    verdict = "source and target agree" if answer.agrees else "source and target DIFFER"
    kept = sum(one.kept for one in answer.tables)
    if kept:
        verdict += f", but for {count(kept, 'row')} kept as the target has it"
    page.line(f"{count(rows, 'row')} written; {verdict}", "green" if answer.agrees else "red")
    page.line(f"recorded: position {answer.position}, run {answer.run}")


def tell_step(page: Page, answer: CopyAnswer) -> None:
    """Say what a step of a migration copied, a line for each table."""
    page.line(f"  copied from {answer.source.place}")
    for one in answer.tables:
        behind = one.rejected + one.quarantined
        left = f", {count(behind, 'row')} left behind" if behind else ""
        written = one.inserted + one.updated + one.deleted
        page.line(f"    {one.table}: {count(one.rows, 'row')} read, {written:,} written{left}")


def _source(page: Page, answer: CopyAnswer) -> None:
    source = answer.source
    journal = f", journal {source.name} at {source.head}" if source.journal else ""
    page.line(f"from {source.place} ({source.server}{journal})", "bold")
    if answer.resumed:
        page.line("goes on with a copy that was cut", "yellow")


def _tables(page: Page, answer: CopyAnswer) -> None:
    page.table(
        (
            "table",
            "rows read",
            "inserted",
            "updated",
            "unchanged",
            "kept",
            "rejected",
            "orphans",
            "deleted",
        ),
        (
            (
                one.table,
                *(
                    f"{n:,}"
                    for n in (
                        one.rows,
                        one.inserted,
                        one.updated,
                        one.unchanged,
                        one.kept,
                        one.rejected,
                        one.quarantined,
                        one.deleted,
                    )
                ),
            )
            for one in answer.tables
        ),
    )
    if not all(one.adds_up for one in answer.tables):
        page.line("rows read are not all accounted for", "red")


def _behind(page: Page, one: TableCopy) -> None:
    """Rows that stay behind, by reason, and the first of them."""
    for reason, rows in one.reasons.items():
        page.line(f"{one.source}: {count(rows, 'row')} left behind, {reason}", "yellow")
    for sample in one.samples:
        cells = list(sample.row.items())
        told = ", ".join(f"{name}={shown(value)}" for name, value in cells[:_CELLS])
        more = ", ..." if len(cells) > _CELLS else ""
        page.line(f"  {told}{more}: {sample.reason}")


def _changes(page: Page, name: str, changes: RowChanges) -> None:
    for kind, rows in _counts(changes):
        style = "yellow" if kind == "written" else ""
        keys = changes.keys.get(kind, ())
        some = f": {', '.join(shown(key) for key in keys)}" if keys else ""
        more = ", ..." if 0 < len(keys) < rows else ""
        page.line(f"{name}: {count(rows, 'row')} {_WORDS[kind]}{some}{more}", style)


def _counts(changes: RowChanges) -> Iterator[tuple[str, int]]:
    for kind in _WORDS:
        if rows := getattr(changes, kind):
            yield kind, rows


def _found(page: Page, answer: CopyAnswer) -> None:
    for one in answer.dangling:
        columns = ", ".join(one.columns)
        page.line(
            f"{one.table}.{columns}: {count(one.rows, 'row')} refer to no row of"
            f" {one.references}, which no foreign key forbids"
            f"{' (told by the name only)' if one.told_by == 'name' else ''}",
            "yellow",
        )
    for violation in answer.violations:
        page.line(violation.text, "yellow")
        for row in violation.sample:
            cells = zip(violation.columns, row, strict=True)
            page.line(f"  {', '.join(f'{name}={shown(value)}' for name, value in cells)}")
