"""Telling how the rows that a table is to hold differ from those that it holds."""

from __future__ import annotations

import msgspec

from journal.postgresql.connection import Session
from journal.postgresql.sides import Side, same_key
from journal.replacing import Replacement, Replacing, RowDifference

PAGE = 100
"""Rows fetched at a time."""


def counted(session: Session, side: Side, silent: tuple[str, ...]) -> Replacement:
    """Count rows by what becomes of them, and changed rows by column."""
    shape = side.shape
    coming, going = (
        int(session.value(f"SELECT count(*) FROM {table}"))
        for table in (side.before_table, side.after_table)
    )
    changed, columns = 0, {}
    if shape.key and coming and going:
        each = ", ".join(
            f"count(*) FILTER (WHERE b.c{c.id} IS DISTINCT FROM a.c{c.id})" for c in shape.columns
        )
        ((changed, *numbers),) = session.query(
            f"SELECT count(*), {each} FROM {side.before} b"
            f" JOIN {side.after} a ON {same_key(shape, 'a', 'b')}"
        )
        names = (column.name for column in shape.columns)
        columns = {name: n for name, n in zip(names, numbers, strict=True) if n}
    return Replacement(
        table=shape.identity,
        added=coming - changed,
        removed=going - changed,
        changed=changed,
        columns=columns,
        silent=silent,
    )


def tell(session: Session, side: Side, how: Replacing) -> None:
    """Tell rows that differ, one after the other: those to come in their order, then the rest."""
    shape = side.shape
    new, old = (
        f"ARRAY[{', '.join(f'{rows}.c{c.id}' for c in shape.columns)}]::text[]" for rows in "ba"
    )
    match = same_key(shape, "a", "b") or "false"
    names = [column.name for column in shape.columns]
    left = how.listed
    for sql in (
        f"SELECT {new}, CASE WHEN a.n IS NOT NULL THEN {old} END"
        f" FROM (SELECT * FROM {side.before} x ORDER BY n{_limit(left)}) b"
        f" LEFT JOIN {side.after} a ON {match} ORDER BY b.n",
        f"SELECT NULL, {old} FROM {side.after} a"
        f" WHERE NOT EXISTS (SELECT FROM {side.before} b WHERE {match}) ORDER BY a.n",
    ):
        for wanted, live in session.stream(f"{sql}{_limit(left)}", size=PAGE):
            row = RowDifference(
                table=shape.identity,
                key={},
                live=dict(zip(names, live, strict=True)) if live else None,
                wanted=dict(zip(names, wanted, strict=True)) if wanted else None,
            )
            known = row.wanted or row.live or {}
            key = {column.name: known[column.name] for column in shape.key} or known
            how.tell(msgspec.structs.replace(row, key=key))
            left = None if left is None else left - 1


def _limit(number: int | None) -> str:
    return "" if number is None else f" LIMIT {number}"
