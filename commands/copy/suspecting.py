"""References that lead nowhere, though no foreign key forbids it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from commands.copy.facts import TableFacts, facts
from commands.copy.mapping import logical_of
from commands.copy.ordering import links
from commands.copy.plan import ForeignKeyPlan, Path
from commands.copy.spec import Reference
from commands.quoting import quoted
from commands.transform.keeping import affinity_of
from journal.effect import Ask, Row
from journal.values import DatabaseKind, SchemaObject

SAMPLE = 5
"""Rows that are shown."""


class Suspected(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of ``table`` whose ``columns`` name a row of ``references`` that is not there.

    ``sql`` finds them all; ``sample`` holds the first: the
    key, then what is named.
    """

    table: str
    columns: tuple[str, ...]
    references: str
    rows: int
    sql: str
    sample: tuple[Row, ...] = ()


def suspected(
    references: tuple[Reference, ...],
    objects: Iterable[SchemaObject],
    kind: DatabaseKind,
    ask: Ask,
) -> tuple[Suspected, ...]:
    """Look for references to nowhere along names such as ``campaign_id``.

    ``references`` are declared, and so are no suspicion.

    Raises:
        NotFound: a rule names a table or column that is not there.
        StatementFailed: the database refused a query.
    """
    tables = facts(objects, kind)
    linked = links(tables, references)
    found: list[Suspected] = []
    for path in sorted(tables):
        for key in by_name(path, tables, linked, kind):
            found += _look(tables[path], key, ask)
    return tuple(found)


def by_name(
    path: Path,
    tables: Mapping[Path, TableFacts],
    linked: Mapping[Path, tuple[ForeignKeyPlan, ...]],
    kind: DatabaseKind,
) -> Iterator[ForeignKeyPlan]:
    """Yield what names suggest: ``batch_job_id`` where there is a table ``batch_jobs``."""
    known = {column for key in linked[path] for column in key.columns}
    table = tables[path].table
    for column in table.columns:
        stem = column.name.lower().removesuffix("_id")
        if column.name in known or stem in {column.name.lower(), ""}:
            continue
        for other, parent in tables.items():
            if other[:-1] != path[:-1] or not _plural(stem, other[-1].lower()):
                continue
            if len(parent.key) == 1 and _alike(table, column.name, parent, kind):
                yield ForeignKeyPlan(
                    columns=(column.name,), references=other, referred=parent.key, declared=False
                )


def _plural(stem: str, table: str) -> bool:
    return table in {stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies"}


def _alike(table: SchemaObject, column: str, parent: TableFacts, kind: DatabaseKind) -> bool:
    types = [
        str(one.definition.get("type", "")).lower()
        for owner, name in ((table, column), (parent.table, parent.key[0]))
        for one in owner.columns
        if one.name == name
    ]
    say = affinity_of if kind == "sqlite" else logical_of
    return len({say(one) for one in types}) == 1


def _look(table: TableFacts, key: ForeignKeyPlan, ask: Ask) -> Iterator[Suspected]:
    on = " AND ".join(
        f"p.{quoted(referred)} = t.{quoted(column)}"
        for column, referred in zip(key.columns, key.referred, strict=True)
    )
    named = " AND ".join(f"t.{quoted(column)} IS NOT NULL" for column in key.columns)
    source = (
        f"FROM {quoted(*table.table.path)} t WHERE {named}"
        f" AND NOT EXISTS (SELECT 1 FROM {quoted(*key.references)} p WHERE {on})"
    )
    rows = int(ask(f"SELECT count(*) {source}")[0][0])
    if rows:
        shown = [f"t.{quoted(name)}" for name in dict.fromkeys((*table.key, *key.columns))]
        sql = f"SELECT {', '.join(shown)} {source} ORDER BY {', '.join(shown)}"
        yield Suspected(
            table=".".join(table.table.path),
            columns=key.columns,
            references=".".join(key.references),
            rows=rows,
            sql=sql,
            sample=tuple(tuple(row) for row in ask(f"{sql} LIMIT {SAMPLE}")),
        )
