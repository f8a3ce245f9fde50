"""Values taken through real databases: into PostgreSQL, out again, into SQLite, out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from commands.copy.mapping import TO_SQLITE, full, logical_of
from commands.copy.neutral import Side, rendering
from commands.copy.plan import ColumnPlan, TablePlan
from commands.copy.spec import Conversion
from commands.init import init
from commands.opening import Asker, Target
from journal import open_journal
from journal.opening import parse_url
from journal.session import Statements
from journal.values import SchemaObject

TYPES = {
    "truth": "boolean",
    "small": "smallint",
    "whole": "bigint",
    "digits": "numeric",
    "money_like": "numeric(12,4)",
    "real_one": "real",
    "double_one": "double precision",
    "words": "text",
    "short": "varchar(5)",
    "octets": "bytea",
    "day": "date",
    "clock": "time",
    "local": "timestamp",
    "moment": "timestamptz",
    "ident": "uuid",
    "doc": "json",
    "docb": "jsonb",
    "list": "text[]",
    "span": "int4range",
    "pause": "interval",
    "address": "inet",
}
"""A column of each kind, by its type on PostgreSQL."""


def plan(table: SchemaObject, name: str, *, onto: str, rule: Conversion | None = None) -> TablePlan:
    """Plan the one column of a table, from SQLite onto PostgreSQL or the other way round."""
    declared = full(TYPES[name])
    logical = logical_of(declared)
    there = declared if onto == "postgresql" else TO_SQLITE[logical]
    column = ColumnPlan(
        source="v",
        target="v",
        source_type="" if onto == "postgresql" else declared,
        target_type=there,
        logical=logical,
        conversion=rule or Conversion(),
        limits=declared if onto == "postgresql" else "",
    )
    return TablePlan(source=table, target=table.path, columns=(column,))


class Ground:
    """One table of one column in a database, within a run that is given up at the end."""

    def __init__(self, run: Statements, name: str) -> None:
        self.run = run
        self.database = run.recording.database
        self.kind = self.database.kind
        declared = TYPES[name]
        if self.kind == "sqlite":
            declared = TO_SQLITE[logical_of(full(declared))]
        run.execute(f"CREATE TABLE {name} (n integer PRIMARY KEY, v {declared})")
        objects = run.recording.known.objects.values()
        self.table = next(one for one in objects if one.kind == "table" and one.path[-1] == name)
        self.name = name

    def put(self, values: list[Any]) -> None:
        """Insert values as they are."""
        self.run.execute(f"DELETE FROM {self.name}")
        rows = [(n, value) for n, value in enumerate(values)]
        self.run.recording.insert(self.table, ("n", "v"), rows, number=1)

    def got(self) -> list[Any]:
        """Read them again, as a copy does."""
        found = self.database.dump(self.table)
        place = found.columns.index("v")
        return [row[place] for row in found.rows]


@contextmanager
def grounds(urls: tuple[str, str], name: str) -> Iterator[tuple[Ground, Ground]]:
    """Open a table for the type on SQLite and on PostgreSQL."""
    for url in urls:
        init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    with (
        open_journal(urls[0]) as lite,
        open_journal(urls[1]) as postgres,
        lite.recording(actor="dana") as first,
        postgres.recording(actor="dana") as second,
    ):
        yield Ground(first, name), Ground(second, name)


def canonical(
    table: TablePlan, kind: Any, values: list[Any], *, target: bool = False
) -> list[bytes]:
    """Return the canonical form of values as they were read."""
    side = Side(table, kind, ("v",), target=target)
    return [side.canonical(side.neutral((value,))) for value in values]


def rendered(table: TablePlan, source: Any, onto: Any, values: list[Any]) -> list[Any]:
    """Return values of the source as the target takes them. Raises ``Unfit``."""
    side, render = Side(table, source, ("v",)), rendering(table, onto)
    return [render(side.neutral((value,)))[0] for value in values]
