"""Which images of schema changes are worth taking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.stakes import Stake
from journal.values import Column, SchemaObject


def present(session: Session, wanted: Iterable[Stake]) -> list[Stake]:
    """Return the stakes in tables that hold rows now."""
    return [stake for stake in wanted if stake.before and _has_rows(session, stake.before)]


def worth_imaging(session: Session, catalog: Catalog, made: Iterable[Stake]) -> list[Stake]:
    """Return what was made, without columns that one constant filled for all rows."""
    found = []
    for stake in made:
        table = stake.after
        if table is None or table.kind != "table":
            continue
        columns = stake.columns if stake.whole else _uneven(session, catalog, stake, table)
        if columns and _has_rows(session, table):
            found.append(msgspec.structs.replace(stake, columns=tuple(columns)))
    return found


def _has_rows(session: Session, table: SchemaObject) -> bool:
    if table.kind != "table":
        return False
    return bool(session.value(f"SELECT EXISTS (SELECT FROM ONLY {quote(*table.path)})"))


def _uneven(
    session: Session, catalog: Catalog, stake: Stake, table: SchemaObject
) -> Sequence[int]:
    """Return the columns whose values differ from row to row, or may."""
    former = {column.id for column in stake.before.columns} if stake.before else set()
    rows = session.query(
        "SELECT attnum::int4 FROM pg_catalog.pg_attribute WHERE attrelid = %s AND atthasmissing",
        (catalog.relation(table.id),),
    )
    constant = {row[0] for row in rows}
    by_id = {column.id: column for column in table.columns}
    return [
        identity
        for identity in stake.columns
        if identity in former
        or (_filled(by_id[identity]) and catalog.number_of(table.id, identity) not in constant)
    ]


def _filled(column: Column) -> bool:
    """Whether adding the column gave it values."""
    if "generated" in column.definition:
        return False
    return bool({"default", "identity"} & column.definition.keys()) or bool(
        # A domain may bring a default of its own.
        "." in str(column.definition.get("type", ""))
    )
