"""Every value comes back to the last bit, whatever settings the session found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.postgresql.running import Run
from tests.postgresql.values import (
    EXTENSIONS,
    HOSTILE,
    OTHER,
    TYPES,
    VALUES,
    WITHOUT_BINARY,
    XML,
)

TABLES = ("vals", "loose", "spare")


class Columns:
    """The tables of all values: with a key, without one, and a copy nobody watches."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(TYPES.encode())
            found = dict(VALUES)
            with suppress(psycopg.errors.FeatureNotSupported):  # a server built without libxml
                session.execute("SELECT '<a/>'::xml")
                found |= XML
            for name, values in EXTENSIONS.items():
                try:
                    session.execute(f"CREATE EXTENSION {name}".encode())
                except psycopg.Error:
                    continue
                found |= values
            self.types = list(found)
            self.names = [f"c{n}" for n in range(len(found))]
            columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(found))
            session.execute(f"CREATE TABLE vals (id int PRIMARY KEY, {columns})".encode())
            session.execute(f"CREATE TABLE loose (id int, {columns})".encode())
            session.execute(f"CREATE TABLE spare (id int, {columns})".encode())
            for place, values in enumerate(found.values()):
                for row, value in enumerate(values):
                    session.execute(
                        sql.SQL("INSERT INTO spare (id, {}) VALUES ({}, {})").format(
                            sql.Identifier(self.names[place]), row, sql.Literal(value)
                        )
                    )
            self._gather(session)

    def _gather(self, session: psycopg.Connection) -> None:
        """Bring the first values of all types into one row, the second ones into another ..."""
        joins = " ".join(
            f"LEFT JOIN spare s{n} ON s{n}.id = i AND s{n}.{name} IS NOT NULL"
            for n, name in enumerate(self.names)
        )
        listed = ", ".join(f"s{n}.{name}" for n, name in enumerate(self.names))
        session.execute("SET join_collapse_limit = 1")
        session.execute(
            f"INSERT INTO vals SELECT i, {listed} FROM generate_series(0, 20) i {joins}".encode()
        )
        session.execute("INSERT INTO loose SELECT * FROM vals")
        session.execute("INSERT INTO loose SELECT * FROM vals WHERE id < 3")
        session.execute("TRUNCATE spare")
        session.execute("INSERT INTO spare SELECT * FROM vals")

    def sets(self, form: str) -> str:
        """Return a list of a form over all columns."""
        return ", ".join(form.format(c=c, t=t) for c, t in zip(self.names, self.types, strict=True))

    def digests(self) -> dict[str, str]:
        """Return a digest of each column's values in binary, in the order of the rows' ids."""
        found = {}
        with psycopg.connect(self.url) as session:
            session.execute("SET quote_all_identifiers = off; SET search_path = pg_catalog")
            for table in TABLES:
                live = session.execute(
                    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                    " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
                    (f"public.{table}",),
                ).fetchall()
                for name, kind in live:
                    value = f"{name}::text" if kind in WITHOUT_BINARY else name
                    query = f"SELECT {value} FROM public.{table} ORDER BY id, {value}::text"
                    digest = hashlib.sha256()
                    with (
                        session.cursor() as cursor,
                        cursor.copy(
                            f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()
                        ) as copying,
                    ):
                        for data in copying:
                            digest.update(data)
                    found[f"{table}.{name} {kind}"] = digest.hexdigest()
        return found


@pytest.fixture
def columns(postgresql_url: str) -> Columns:
    """A fresh database with all values."""
    return Columns(postgresql_url)


def hostile(url: str, settings: Mapping[str, str]) -> None:
    """Let every later session find these settings."""
    name = sql.Identifier(str(make_url(url).database))
    with psycopg.connect(url, autocommit=True) as session:
        for setting, value in settings.items():
            if setting == "search_path":
                text = f"ALTER DATABASE {name.as_string()} SET search_path = {value}"
                session.execute(text.encode())
                continue
            session.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    name, sql.Identifier(setting), sql.Literal(value)
                )
            )


def changes(columns: Columns) -> Iterator[tuple[str, list[str]]]:
    """Yield what is done to the values, by name."""
    for table in ("vals", "loose"):
        name = f"public.{table}"
        yield f"update {table}", [f"UPDATE {name} SET {columns.sets('{c} = NULL')}"]
        yield (
            f"exchange {table}",
            [
                f"UPDATE {name} t SET {columns.sets('{c} = s.{c}')} FROM public.spare s"
                " WHERE s.id = t.id + 1"
            ],
        )
        yield f"delete {table}", [f"DELETE FROM {name} WHERE id % 2 = 0"]
        yield (
            f"insert {table}",
            [
                f"INSERT INTO {name} SELECT * FROM public.spare WHERE id < 0"
                f" UNION ALL SELECT id + 100, {columns.sets('{c}')} FROM public.spare"
            ],
        )
        yield f"truncate {table}", [f"TRUNCATE {name}"]
        yield f"drop {table}", [f"ALTER TABLE {name} {columns.sets('DROP COLUMN {c}')}"]
        to_text = ", ".join(
            f"ALTER {name} TYPE text USING {name}::text"
            for name, kind in zip(columns.names, columns.types, strict=True)
            if kind != "text"
        )
        yield f"text {table}", [f"ALTER TABLE {name} {to_text}"]
        yield f"drop table {table}", [f"DROP TABLE {name}"]


@pytest.mark.parametrize("settings", ["plain", "hostile"])
def test_values_come_back(columns: Columns, settings: str) -> None:
    """Values of all types come back from UPDATE, DELETE, INSERT, TRUNCATE and DDL, and go again."""
    found = [(HOSTILE, OTHER), ({}, {})][settings == "plain"]
    hostile(columns.url, found[0])
    run = Run(columns.url, "SELECT 1")
    try:
        hold(run, columns, *found)
    finally:
        run.database.close()


def hold(run: Run, columns: Columns, there: Mapping[str, str], back: Mapping[str, str]) -> None:
    """Make all changes under settings, and take each back under others."""
    before = columns.digests()
    for name, statements in changes(columns):
        steps = run.do(*statements)
        after = columns.digests()
        assert after != before, name
        hostile(columns.url, back)
        run.again()
        undone = run.undo(steps)
        assert columns.digests() == before, name
        hostile(columns.url, there)
        run.again()
        again = run.undo(undone)
        assert columns.digests() == after, name
        run.undo(again)
        assert columns.digests() == before, name
