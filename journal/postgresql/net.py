"""The folded row effect of a stretch of the journal: images that cancel are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from journal.effect import Schema
from journal.folded import NetRows, PastRow
from journal.postgresql.archiving import expect
from journal.postgresql.connection import Session
from journal.postgresql.erased import is_erased, with_erased
from journal.postgresql.images import unfolded
from journal.postgresql.ready import begin_with_temporary
from journal.values import TableRows

Shape = tuple[int, tuple[int, ...]]


def net(session: Session, rows: Sequence[TableRows]) -> Iterator[NetRows]:
    """Sum after images as +1 and before images as -1, per table and shape."""
    with _summed(session, rows) as shapes:
        for number, lost, gained in session.query(
            "SELECT shape, sum(greatest(-net, 0))::bigint, sum(greatest(net, 0))::bigint"
            " FROM pg_temp.clew_sum GROUP BY shape ORDER BY shape"
        ):
            table, columns = shapes[number]
            yield NetRows(table=table, columns=columns, lost=lost, gained=gained)


def net_rows(session: Session, rows: Sequence[TableRows], schema: Schema) -> Iterator[PastRow]:
    """Yield the rows that ``net`` counts, by the column names of ``schema``."""
    with _summed(session, rows) as shapes:
        sql = "SELECT shape, r, net, e FROM pg_temp.clew_sum ORDER BY shape, net, r"
        for number, values, count, erased in session.stream(sql):
            table, columns = shapes[number]
            told = with_erased(dict(zip(columns, values, strict=True)), erased)
            named = dict(zip(names(schema, table, columns), told.values(), strict=True))
            for _ in range(abs(count)):
                yield PastRow(table=table, sign=-1 if count < 0 else 1, values=named)


def names(schema: Schema, table: int, columns: Sequence[int]) -> list[str]:
    """Return the names of columns, where they still have one."""
    found = schema.get(table)
    known = {column.id: column.name for column in found.columns} if found else {}
    return [known.get(identity, f"column {identity}") for identity in columns]


@contextmanager
def _summed(session: Session, rows: Sequence[TableRows]) -> Iterator[list[Shape]]:
    """Make a temporary table of what is left: shape number, row of text, net count."""
    expect(session, rows)
    own = not session.in_transaction
    if own:
        begin_with_temporary(session)
    shapes = list(dict.fromkeys((one.table, one.columns) for one in rows))
    session.run("CREATE TEMP TABLE clew_part (shape integer, r text[], sign integer, e text)")
    for one in rows:
        columns = ", ".join(f"x.c{identity}" for identity in one.columns)
        erased = is_erased(session, one)
        for sign in (-1, 1):
            session.run(
                f"INSERT INTO pg_temp.clew_part SELECT {shapes.index((one.table, one.columns))},"
                f" ARRAY[{columns}]::text[], {sign}, {'x.e' if erased else 'NULL'}"
                f" FROM ({unfolded(one, sign, erased=erased)}) x"
            )
    session.run(
        "CREATE TEMP TABLE clew_sum AS SELECT shape, r, sum(sign)::bigint AS net, max(e) AS e"
        " FROM pg_temp.clew_part GROUP BY shape, r HAVING sum(sign) <> 0"
    )
    try:
        expect(session, rows)  # nothing left while it was read
        yield shapes
    finally:
        if own:
            session.run("ROLLBACK")
        else:
            session.run("DROP TABLE pg_temp.clew_part, pg_temp.clew_sum")
