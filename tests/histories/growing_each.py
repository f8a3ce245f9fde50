"""What an application that grows does on one kind of database only."""

from __future__ import annotations

from collections.abc import Callable

from tests.histories.growing import TYPES, Growing, Grown
from tests.histories.model import quoted


def growing(seed: int, *, sqlite: bool) -> Growing:
    """Return what makes migrations for a kind of database."""
    return OnSqlite(seed, sqlite=True) if sqlite else OnPostgresql(seed, sqlite=False)


class OnSqlite(Growing):
    """Rows that displace others, columns that are reckoned, numbers in the file's header."""

    def own(self) -> list[Callable[[Grown], list[str]]]:
        """Return what only SQLite has."""
        return [self.replace, self.reckon, self.version]

    def replace(self, table: Grown) -> list[str]:
        """Rows take the place of others."""
        if not table.keyed:
            return self.insert(table)
        return [
            f"REPLACE INTO {quoted(table.name)} (id) SELECT id FROM {quoted(table.name)} LIMIT 2"
        ]

    def reckon(self, table: Grown) -> list[str]:
        """A column that is computed, and an index on an expression."""
        column, index = quoted(self.named("reckoned")), quoted(self.named("index"))
        name = quoted(table.name)
        return [
            f"ALTER TABLE {name} ADD COLUMN {column} integer GENERATED ALWAYS AS (id * 2)",
            f"CREATE INDEX {index} ON {name} (abs(id) DESC) WHERE id > 0",
        ]

    def version(self, table: Grown) -> list[str]:
        """The application counts its versions in the file's header."""
        del table
        return [f"PRAGMA user_version = {self.number}"]


class OnPostgresql(Growing):
    """Types, checks, grants, functions, sequences; partitions, heirs and views with rows."""

    def own(self) -> list[Callable[[Grown], list[str]]]:
        """Return what only PostgreSQL has."""
        return [
            self.retype, self.retype, self.check, self.uncheck, self.comment, self.grant,
            self.default, self.enum, self.function, self.sequence, self.not_null,
            self.partition, self.partition, self.leaf, self.heir, self.show,
        ]  # fmt: skip

    def partition(self, table: Grown) -> list[str]:
        """A table in parts, one of them for all that fits nowhere else, and rows in them."""
        del table
        self.made += 1
        name = self.named("parts")
        made = Grown(name, {self.named("c"): "integer"}, keyed=True)
        self.tables[name] = made
        columns = ", ".join(f"{quoted(c)} {kind}" for c, kind in made.columns.items())
        head = f"CREATE TABLE {quoted(name)} (id integer PRIMARY KEY, {columns})"
        return [
            f"{head} PARTITION BY RANGE (id)",
            *self._leaf(made, "DEFAULT"),
            *self._leaf(made, "FOR VALUES FROM (1) TO (5)"),
            *self.insert(made),
        ]

    def _leaf(self, table: Grown, bound: str) -> list[str]:
        leaf = self.named("leaf")
        table.leaves.append(leaf)
        return [f"CREATE TABLE {quoted(leaf)} PARTITION OF {quoted(table.name)} {bound}"]

    def leaf(self, table: Grown) -> list[str]:
        """A part leaves the table, or goes with its rows."""
        if len(table.leaves) < 2 or self.referred(table) or table.shown:
            return self.insert(table)
        leaf = quoted(table.leaves.pop())
        if self.random.random() < 0.5:
            return [f"DROP TABLE {leaf}"]
        return [f"ALTER TABLE {quoted(table.name)} DETACH PARTITION {leaf}"]

    def heir(self, table: Grown) -> list[str]:
        """A table that inherits from another one, with rows that are seen in both."""
        if table.leaves or table.parent or self.referred(table):
            return self.insert(table)
        table.keyed, table.heirs = False, True
        heir, own = quoted(self.named("heir")), quoted(self.named("own"))
        highest = f"(SELECT coalesce(max(id), 0) FROM {quoted(table.name)})"
        return [
            f"CREATE TABLE {heir} ({own} text DEFAULT 'mine') INHERITS ({quoted(table.name)})",
            f"INSERT INTO {heir} (id) SELECT {highest} + 100",
        ]

    def show(self, table: Grown) -> list[str]:
        """A materialised view comes, or goes again."""
        if table.shown:
            text, table.shown = f"DROP MATERIALIZED VIEW {quoted(table.shown)}", ""
            return [text]
        table.shown = self.named("shown")
        name, source = quoted(table.shown), quoted(table.name)
        rows = "" if self.stale else " WITH NO DATA"
        query = f"SELECT id, count(*) FROM {source} GROUP BY 1{rows}"
        return [f"CREATE MATERIALIZED VIEW {name} AS {query}"]

    def retype(self, table: Grown) -> list[str]:
        """A whole number becomes a larger one, or a text."""
        free = [c for c in self.free(table) if table.columns[c] == "integer"]
        if not free:
            return self.insert(table)
        column, kind = free[0], self.random.choice(["bigint", "text"])
        table.columns[column] = kind
        name = quoted(column)
        using = f" USING {name}::{kind}" if kind == "text" else ""
        alter = f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {name}"
        return [f"{alter} DROP DEFAULT", f"{alter} TYPE {kind}{using}"]

    def check(self, table: Grown) -> list[str]:
        """A check, which is not held against old rows at times."""
        name = self.named("check")
        table.checks.append(name)
        late = self.random.choice(["", " NOT VALID"])
        add = f"ADD CONSTRAINT {quoted(name)} CHECK (id > -{self.random.randint(1, 9)}){late}"
        return [f"ALTER TABLE {quoted(table.name)} {add}"]

    def uncheck(self, table: Grown) -> list[str]:
        """A check goes."""
        if not table.checks:
            return self.check(table)
        return [f"ALTER TABLE {quoted(table.name)} DROP CONSTRAINT {quoted(table.checks.pop())}"]

    def comment(self, table: Grown) -> list[str]:
        """Somebody says what the table is for."""
        return [f"COMMENT ON TABLE {quoted(table.name)} IS 'it''s number {self.random.random()}'"]

    def grant(self, table: Grown) -> list[str]:
        """Others may do something, or may not any more."""
        verb, to = self.random.choice([("GRANT", "TO"), ("REVOKE", "FROM")])
        what = self.random.choice(["SELECT", "INSERT, UPDATE", "UPDATE (id)"])
        return [f"{verb} {what} ON {quoted(table.name)} {to} PUBLIC"]

    def default(self, table: Grown) -> list[str]:
        """A column gets another default."""
        if not table.columns:
            return self.comment(table)
        column, kind = self.random.choice(list(table.columns.items()))
        value = self.value(kind)
        alter = f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {quoted(column)}"
        return [f"{alter} SET DEFAULT {value}"]

    def not_null(self, table: Grown) -> list[str]:
        """A column is filled, and must be."""
        free = [c for c in self.free(table) if table.columns[c] in TYPES]
        if not free:
            return self.comment(table)
        column, name = free[0], quoted(free[0])
        value = TYPES[table.columns.pop(column)]
        where = f"WHERE {name} IS NULL"
        alter = f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {name}"
        filled = f"UPDATE {quoted(table.name)} SET {name} = {value} {where}"
        return [filled, f"{alter} SET DEFAULT {value}", f"{alter} SET NOT NULL"]

    def enum(self, table: Grown) -> list[str]:
        """A type of words, and a column of it."""
        kind, column = quoted(self.named("kind")), quoted(self.named("of"))
        return [
            f"CREATE TYPE {kind} AS ENUM ('low', 'high')",
            f"ALTER TABLE {quoted(table.name)} ADD COLUMN {column} {kind} DEFAULT 'low'",
        ]

    def function(self, table: Grown) -> list[str]:
        """A function that counts rows."""
        name, body = quoted(self.named("count")), f"SELECT count(*) FROM {quoted(table.name)}"
        return [f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql AS $${body}$$"]

    def sequence(self, table: Grown) -> list[str]:
        """A sequence that gives numbers to rows."""
        column, sequence = self.named("numbered"), self.named("numbers")
        quoted_name = quoted(sequence).replace("'", "''")
        table.columns[column] = "bigint"
        return [
            f"CREATE SEQUENCE {quoted(sequence)} START 50 INCREMENT 5",
            f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(column)} bigint",
            f"UPDATE {quoted(table.name)} SET {quoted(column)} = nextval('{quoted_name}')",
        ]
