"""Databases for plans: made from statements, read by the product, filled with what a plan says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from commands.copy.found import look
from commands.copy.plan import CopyPlan
from commands.copy.planning import plan
from commands.copy.spec import Copy
from journal.opening import connect, parse_url
from journal.values import SchemaObject
from tests.support.oracle import sqlite_path


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements as anybody would; the rows of the last one."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as db:
            for statement in statements:
                rows = db.execute(statement).fetchall()
            return rows
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def schema(url: str) -> tuple[SchemaObject, ...]:
    """Return the live schema."""
    with closing(connect(parse_url(url))) as database:
        return database.read_schema()


def planned(source: str, target: str, spec: Copy | None = None, **given: Any) -> CopyPlan:
    """Plan a copy between two databases."""
    with (
        closing(connect(parse_url(source))) as old,
        closing(connect(parse_url(target))) as new,
    ):
        objects = old.read_schema()
        with old.examine() as ask:
            found = look(ask, [one for one in objects if one.kind == "table"], old.kind)
        return plan(
            spec or Copy(create=True),
            objects,
            new.read_schema(),
            kinds=(old.kind, new.kind),
            found=found,
            ddl=old.ddl,
            **given,
        )


def make(plan: CopyPlan, url: str) -> None:
    """Make what a plan makes."""
    run(url, *plan.before, *(sql for table in plan.tables for sql in table.create), "SELECT 1")
    run(url, *(sql for table in plan.tables for sql in table.after), *plan.after, "SELECT 1")


def types(plan: CopyPlan, table: str) -> dict[str, str]:
    """Return the types that the columns of a table get."""
    (found,) = [one for one in plan.tables if one.source.path[-1] == table]
    return {column.source: column.target_type for column in found.columns}


def said(plan: CopyPlan, kind: str) -> list[str]:
    """Return what is stated of a kind."""
    return [one.text for one in plan.differences if one.kind == kind]
