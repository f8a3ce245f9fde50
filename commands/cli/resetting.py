"""A reset in text: what went, what each foreign key did, and what was proved."""

from __future__ import annotations

from collections.abc import Iterator

from commands.cli.page import Page
from commands.reset.answer import Emptied, PlacedSequence, Referring
from commands.words import count

DIGITS = 16
"""Of a digest; JSON has all of them."""

_DOES = {"set null": "set to null", "set default": "set to their default"}


def emptied(page: Page, done: Emptied) -> None:
    """Tell what a reset did, or would do."""
    page.line(f"  reset, {count(done.rows, 'row')} in this order:", "red" if done.rows else "")
    for table in done.tables:
        page.line(f"    {table.table}: {count(table.rows, 'row')}")
    for one in done.references:
        page.line(f"    {_reference(one)}")
    for trigger in done.triggers:
        page.line(f"    trigger {trigger} fires")
    for what, found in (
        ("references let go of", done.detached),
        ("written by triggers", done.beside),
    ):
        for name, number in found.items():
            page.line(f"    {what}: {name}, {count(number, 'row')}", "yellow")
    for kept in done.kept:
        rows = f"{count(kept.rows, 'row')}, SHA-256 {kept.digest[:DIGITS]}"
        page.line(f"    untouched: {kept.table}, {rows} before and after", "green")
    for sequence in done.sequences:
        page.line(f"    sequence {sequence.name}: {_place(sequence)}")
    for line in _backup(done):
        page.line(f"    {line}", "yellow" if done.without_backup else "")


def _reference(one: Referring) -> str:
    key = f"{one.table} ({', '.join(one.columns)}) to {one.refers_to}, on delete {one.on_delete}"
    return f"{key}: {_what(one)}"


def _what(one: Referring) -> str:
    rows, single = count(one.rows, "row"), one.rows == 1
    refer = f"{rows} {'refers' if single else 'refer'}"
    if not one.rows:
        return "no row refers to what goes"
    if not one.enforced:
        return f"not enforced; {refer} to nothing then"
    if one.emptied:
        return f"{refer}, and {'goes itself' if single else 'go themselves'}"
    return f"{rows} {'is' if single else 'are'} {_DOES.get(one.on_delete, 'in the way')}"


def _place(one: PlacedSequence) -> str:
    before, after = (str(n) if n is not None else "unset" for n in (one.before, one.after))
    return f"{before}, kept" if one.before == one.after else f"{before} to {after}"


def _backup(done: Emptied) -> Iterator[str]:
    if done.without_backup:
        yield f"no backup was asked for: {done.without_backup}"
    elif done.backup is not None:
        yield f"backup {done.backup.backup[:8]} holds what goes: {done.backup.location}"
    else:
        yield "no backup is needed, since no row goes"
