"""The folded row effect of a stretch of the journal: images that cancel are gone.

Rows are compared by the bytes of their images, so values of unlike storage class differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from journal.effect import Schema
from journal.folded import NetRows, PastRow
from journal.sqlite.archiving import expect
from journal.sqlite.connection import Session
from journal.sqlite.images import decode_row, row_bytes
from journal.values import TableRows

Shape = tuple[int, tuple[int, ...]]


def net(session: Session, rows: Sequence[TableRows]) -> Iterator[NetRows]:
    """Sum after images as +1 and before images as -1, per table and shape."""
    with _summed(session, rows) as shapes:
        sql = (
            "SELECT shape, sum(max(-net, 0)), sum(max(net, 0)) FROM temp.clew_sum"
            " GROUP BY shape ORDER BY shape"
        )
        for number, lost, gained in session.run(sql):
            table, columns = shapes[number]
            yield NetRows(table=table, columns=columns, lost=lost, gained=gained)


def net_rows(session: Session, rows: Sequence[TableRows], schema: Schema) -> Iterator[PastRow]:
    """Yield the rows that ``net`` counts, by the column names of ``schema``."""
    with _summed(session, rows) as shapes:
        sql = "SELECT shape, row, net FROM temp.clew_sum ORDER BY shape, net, row"
        for batch in session.stream(sql):
            for number, row, count in batch:
                table, columns = shapes[number]
                names = _names(schema, table, columns)
                values = dict(zip(names, decode_row(row)[1:], strict=True))
                for _ in range(abs(count)):
                    yield PastRow(table=table, sign=-1 if count < 0 else 1, values=values)


def folded(session: Session, rows: TableRows) -> Iterator[tuple[int, list[bytes]]]:
    """Yield sign and rows of one statement's effect, images that cancel left out."""
    with _summed(session, [rows]):
        for batch in session.stream("SELECT net, row FROM temp.clew_sum ORDER BY net"):
            for count, row in batch:
                yield (-1 if count < 0 else 1), [row] * abs(count)


@contextmanager
def _summed(session: Session, rows: Sequence[TableRows]) -> Iterator[list[Shape]]:
    """Make a TEMP table of the rows that are left: shape number, row bytes, net count."""
    expect(session, rows)
    shapes: list[Shape] = []
    session.run("CREATE TABLE temp.clew_part (shape INTEGER, row BLOB, sign INTEGER)")
    try:
        for one in rows:
            shape = (one.table, one.columns)
            if shape not in shapes:
                shapes.append(shape)
            number = shapes.index(shape)
            for sign, found in row_bytes(session, one):
                session.run_many(
                    "INSERT INTO temp.clew_part VALUES (?, ?, ?)",
                    ((number, row, sign) for row in found),
                )
        session.run(
            "CREATE TABLE temp.clew_sum AS SELECT shape, row, sum(sign) AS net"
            " FROM temp.clew_part GROUP BY shape, row HAVING sum(sign) <> 0"
        )
        expect(session, rows)  # nothing left while it was read
        yield shapes
    finally:
        session.run("DROP TABLE IF EXISTS temp.clew_sum")
        session.run("DROP TABLE temp.clew_part")


def _names(schema: Schema, table: int, columns: tuple[int, ...]) -> list[str]:
    """The names of columns, where they still have one."""
    found = schema.get(table)
    names = {column.id: column.name for column in found.columns} if found else {}
    return [names.get(identity, f"column {identity}") for identity in columns]
