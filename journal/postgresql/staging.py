"""Rows of text in temporary tables, also those of tables with very many columns.

A row of text may outgrow a page where the row it images does not, and a table has 1,600 columns
at most, those beside the values included. So wide rows are kept as one array.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDE = 300
"""Columns of which a row fits into a page however long their text: 8 kB, 25 bytes each."""


def kept(query: str, columns: Sequence[int], *beside: str) -> str:
    """Return the query of what a temporary table keeps of rows with columns ``c<identity>``.

    ``beside`` are the SQL expressions of what stands beside them, each under its name.
    """
    named = ", ".join(f"x.c{identity}" for identity in columns)
    values = named if len(columns) <= WIDE else f"ARRAY[{named}]::text[] AS r"
    return f"SELECT {', '.join((*beside, values))} FROM ({query}) x"


def laid_out(table: str, columns: Sequence[int], *beside: str) -> str:
    """Return what stands in FROM for such a table: its name, or a query of single columns."""
    if len(columns) <= WIDE:
        return table
    named = ", ".join(f"r[{n}] AS c{identity}" for n, identity in enumerate(columns, 1))
    return f"(SELECT {', '.join((*beside, named))} FROM {table})"
