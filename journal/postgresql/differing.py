"""Telling how the rows that a table is to hold differ from those that it holds."""

from __future__ import annotations

from journal.postgresql.connection import Session
from journal.postgresql.sides import Side, same_key
from journal.replacing import Replacement, Replacing, RowDifference


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
    ids = [column.id for column in shape.columns]
    coming = ", ".join(f"b.c{identity}" for identity in ids)
    going = ", ".join(f"a.c{identity}" for identity in ids)
    match = f"ON {same_key(shape, 'a', 'b')}" if shape.key else "ON false"
    if not shape.key:  # a full join takes no such condition
        sql = (
            f"SELECT true, ARRAY[{coming}]::text[], false, NULL::text[], b.n FROM {side.before} b"
            f" UNION ALL SELECT false, NULL, true, ARRAY[{going}]::text[], a.n FROM {side.after} a"
        )
    else:
        sql = (
            f"SELECT b.n IS NOT NULL, ARRAY[{coming}]::text[],"
            f" a.n IS NOT NULL, ARRAY[{going}]::text[], coalesce(b.n, a.n)"
            f" FROM {side.before} b FULL JOIN {side.after} a {match}"
        )
    limit = "" if how.listed is None else f" LIMIT {how.listed}"
    names = [column.name for column in shape.columns]
    for comes, new, goes, old, _ in session.stream(f"{sql} ORDER BY 1 DESC, 5{limit}", size=100):
        wanted = dict(zip(names, new, strict=True)) if comes else None
        live = dict(zip(names, old, strict=True)) if goes else None
        known = wanted or live or {}
        key = {column.name: known[column.name] for column in shape.key} or known
        how.tell(RowDifference(table=shape.identity, key=key, live=live, wanted=wanted))
