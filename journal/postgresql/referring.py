"""Rows elsewhere that refer to what would go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from journal.errors import Refused
from journal.errors import rows as in_words
from journal.postgresql import family
from journal.postgresql.connection import Session, quote
from journal.postgresql.reading import value
from journal.postgresql.sides import Side

_REFERRING = """
SELECT n.nspname, c.relname, k.conname, k.confrelid::int8,
    (SELECT array_agg(a.attname ORDER BY x.n) FROM unnest(k.conkey) WITH ORDINALITY x(num, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num),
    (SELECT array_agg(a.attname ORDER BY x.n) FROM unnest(k.confkey) WITH ORDINALITY x(num, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.num)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY (%s::oid[]) ORDER BY k.oid
"""


def refuse_referred(session: Session, sides: Sequence[Side]) -> None:
    """Let no row go that a row of another table refers to.

    Raises:
        Refused: one does; names the tables.
    """
    by_oid = {side.shape.oid: side for side in sides}
    above = family.above(session, list(by_oid))
    ours = ", ".join(str(oid) for oid in by_oid)
    named = sorted(set().union(*above.values())) if above else []
    for schema, table, name, parent, columns, keys in session.query(_REFERRING, (named,)):
        for side in (by_oid[oid] for oid in by_oid if parent in above[oid]):
            count = _referring(
                session, side, quote(schema, table), dict(zip(columns, keys, strict=True)), ours
            )
            if count:
                raise Refused(
                    f"{in_words(count)} of {schema}.{table} refer to rows of {side.shape.name}"
                    f" that would go (foreign key {name})",
                    hint="Restore that table too, or let its rows refer to others.",
                )


def _referring(session: Session, side: Side, table: str, keys: Mapping[str, str], ours: str) -> int:
    """Count the rows of a table, none of ours, whose parent is among the rows that go."""
    by_name: dict[str, Any] = {column.name: column for column in side.shape.columns}
    if not set(keys.values()) <= by_name.keys():  # what is computed, or not restored
        return 0

    def equal(stage: str) -> str:
        return " AND ".join(
            f"c.{quote(child)} ="
            f" {value(f'{stage}.c{by_name[key].id}', by_name[key].definition['type'])}"
            for child, key in keys.items()
        )

    return int(
        session.value(
            f"SELECT count(*) FROM {table} c WHERE c.tableoid NOT IN ({ours})"
            f" AND EXISTS (SELECT FROM {side.after} a WHERE {equal('a')})"
            f" AND NOT EXISTS (SELECT FROM {side.before} b WHERE {equal('b')})"
        )
    )
