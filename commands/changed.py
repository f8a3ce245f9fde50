"""Rows written since, as they are kept on record: what a policy found, kept or overwrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commands.transform.values import jsonable, write
from journal.values import ChangedRow


def row_object(row: ChangedRow, names: Mapping[int, str]) -> dict[str, Any]:
    """Return one row as an object; ``names`` are those of tables.

    ``before`` is what the rollback brings, ``journaled`` what the migration left, ``live`` what
    stands there now; null where there is no row. ``what`` says how the three came about.
    """
    return {
        "table": names.get(row.table, str(row.table)),
        "key": row.key,
        "what": row.what,
        "before": row.before,
        "journaled": row.journaled,
        "live": row.live,
        "kept": row.kept,
    }


def rows_text(rows: Iterable[ChangedRow], names: Mapping[int, str]) -> str:
    """Return rows as JSON, an object a line, for the content that an entry names."""
    return "\n".join(write(_plain(row_object(row, names))) for row in rows)


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: jsonable(one) for key, one in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in found.items()
    }
