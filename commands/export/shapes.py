"""The tables of an export and their columns, in types that every reader of Parquet has.

Text, 64-bit and 32-bit signed whole numbers, doubles, bytes, and times in microseconds, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")

ENTRIES = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("type", pa.string()),
        ("actor", pa.string()),
        ("run", pa.string()),
        ("evidence", pa.string()),
        ("version", pa.int32()),
        ("body", pa.string()),
        ("previous", pa.binary()),
        ("digest", pa.binary()),
    ]
)
"""An entry: ``body`` is the JSON as stored, over whose bytes the chain is laid."""
CHANGES = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("run", pa.string()),
        ("verb", pa.string()),
        ("migration", pa.string()),
        ("actor", pa.string()),
        ("statement", pa.int32()),
        ("table_name", pa.string()),
        ("table_id", pa.int64()),
        ("cause", pa.string()),
        *((name, pa.int64()) for name in ("inserted", "updated", "deleted", "removed", "added")),
    ]
)
"""Rows of one table that one statement changed; the table by its name at that position."""
RUNS = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("run", pa.string()),
        ("verb", pa.string()),
        ("migration", pa.string()),
        ("program", pa.string()),
        ("state", pa.string()),
        ("started_at", _TIME),
        ("seconds", pa.float64()),
        ("began", pa.int64()),
        ("actor", pa.string()),
        ("reason", pa.string()),
        ("ref", pa.string()),
        ("fleet", pa.string()),
        ("origin", pa.int64()),
        ("target", pa.int64()),
        ("statements", pa.int64()),
        ("rows", pa.int64()),
        ("error", pa.string()),
        ("sqlstate", pa.string()),
    ]
)
"""A run that ended: ``position`` and ``recorded_at`` are those of its end."""
CONFLICTS = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("run", pa.string()),
        ("migration", pa.string()),
        ("actor", pa.string()),
        ("conflict", pa.string()),
        ("what", pa.string()),
        ("step", pa.string()),
        ("field", pa.string()),
        ("candidates", pa.int32()),
        ("rule", pa.string()),
    ]
)
"""A conflict that was found, or decided: ``what`` tells which."""
CONTENT = pa.schema([("digest", pa.binary()), ("position", pa.int64()), ("content", pa.binary())])
"""Bytes that entries of the range name, once each, with the first position that names them."""

TABLES = {"entries": ENTRIES, "changes": CHANGES, "runs": RUNS, "conflicts": CONFLICTS}
"""What every export holds."""

Rows = Sequence[tuple[Any, ...]]


def batch(rows: Rows, schema: pa.Schema) -> pa.RecordBatch:
    """Return rows in columns; times come as text, as entries bear them."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        pa.array(values, pa.string()).cast(_TIME)
        if field.type == _TIME
        else pa.array(values, field.type)
        for values, field in zip(columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
