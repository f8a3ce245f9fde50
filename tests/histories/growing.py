"""An application that grows over the years: migrations made from a seed, with rows in them.

What is made is what people write: tables with keys to others, rows, columns that come, change
their names and go, indexes, views, triggers, mended data, tables that are split off or dropped;
partitions, heirs, materialised views and words as types on PostgreSQL; strict tables, tables
without rowids, counters and generated columns on SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import msgspec

from tests.histories.model import quoted

WORDS = "user order item cart price stock note label event region invoice payment".split()
TYPES = {"integer": "0", "text": "'new'", "numeric(8,2)": "1.5", "date": "'2024-02-29'"}


class Grown(msgspec.Struct):
    """A table as the generator knows it: its free columns with their types, and who needs it."""

    name: str
    columns: dict[str, str]
    parent: str = ""
    keyed: bool = False
    indexed: dict[str, str] = msgspec.field(default_factory=dict)
    view: str = ""
    trigger: str = ""
    checks: list[str] = msgspec.field(default_factory=list)
    strict: bool = False
    leaves: list[str] = msgspec.field(default_factory=list)
    shown: str = ""
    heirs: bool = False


class Growing:
    """Makes migrations, one after the other; the same seed makes the same ones."""

    def __init__(self, seed: int, *, sqlite: bool) -> None:
        self.random = Random(seed)
        self.sqlite = sqlite
        self.tables: dict[str, Grown] = {}
        self.number = 0
        self.made = 0
        self.stale = False
        """Whether materialised views may come to be staler than their tables."""

    def migrations(self, count: int, *, tables: int) -> Iterator[tuple[str, str]]:
        """Yield so many names and texts; so many tables are made along the way."""
        for n in range(count):
            due = tables * (n + 1) / count
            parts = [self.create()] if self.made < due else []
            parts += [self.change() for _ in range(self.random.randint(1, 3))]
            yield f"{n + 1:04}_step", ";\n".join(part for one in parts for part in one) + ";\n"

    def change(self) -> list[str]:
        """Return the statements of one change."""
        if not self.tables or self.random.random() < 0.1:
            return self.create()
        table = self.random.choice(list(self.tables.values()))
        both: list[Callable[[Grown], list[str]]] = [
            self.insert, self.insert, self.update, self.update, self.delete, self.add_column,
            self.drop_column, self.rename_column, self.rename_table, self.index, self.unindex,
            self.view, self.trigger, self.split, self.drop, self.permute,
        ]  # fmt: skip
        return self.random.choice([*both, *self.own()])(table)

    def own(self) -> list[Callable[[Grown], list[str]]]:
        """Return what only this kind of database has."""
        return []

    def named(self, base: str) -> str:
        self.number += 1
        odd = self.random.random() < 0.1
        return f'{base.title()} "{self.number}" ☃' if odd else f"{base}_{self.number}"

    def free(self, table: Grown) -> list[str]:
        """Columns on which nothing else stands."""
        seen = table.view or table.shown
        return [c for c in table.columns if c not in table.indexed and not seen]

    def referred(self, table: Grown) -> bool:
        """Tell whether other tables refer to this one."""
        return any(one.parent == table.name for one in self.tables.values())

    def _types(self, table: Grown) -> list[str]:
        return ["integer", "text"] if table.strict else list(TYPES)

    # --- tables -----------------------------------------------------------------------

    def create(self) -> list[str]:
        """A table, with a key to another one more often than not, and rows."""
        self.made += 1
        parent = self.random.choice([*(t for t in self.tables.values() if t.keyed), None])
        name = self.named(self.random.choice(WORDS))
        table = Grown(name, {}, parent.name if parent else "", keyed=True)
        table.strict = self.sqlite and self.random.random() < 0.2
        counted = self.sqlite and self.random.random() < 0.2
        parts = ["id integer PRIMARY KEY" + (" AUTOINCREMENT" if counted else "")]
        for _ in range(self.random.randint(1, 4)):
            column, kind = self.named("c"), self.random.choice(self._types(table))
            table.columns[column] = kind
            default = self.random.choice(["", f" DEFAULT {TYPES[kind]}"])
            parts.append(f"{quoted(column)} {kind}{default}")
        if parent:
            action = self.random.choice(["", " ON DELETE SET NULL", " ON DELETE CASCADE"])
            parts.append(f"up integer REFERENCES {quoted(parent.name)} (id){action}")
        self.tables[name] = table
        bare = self.sqlite and not counted and self.random.random() < 0.2
        options = ["STRICT"] * table.strict + ["WITHOUT ROWID"] * bare
        text = f"CREATE TABLE {quoted(name)} ({', '.join(parts)}) {', '.join(options)}"
        return [text.rstrip(), *self.insert(table)]

    def drop(self, table: Grown) -> list[str]:
        """A table that nobody refers to goes, but not too many of them."""
        needed = self.referred(table) or table.view or table.shown or table.heirs
        if needed or len(self.tables) < 5 or self.random.random() < 0.5:
            return self.update(table)
        del self.tables[table.name]
        return [f"DROP TABLE {quoted(table.name)}"]

    def rename_table(self, table: Grown) -> list[str]:
        """A table gets another name."""
        if table.trigger or table.view or table.shown:
            return self.insert(table)
        new, old = self.named("renamed"), table.name
        self.tables = {new if one == old else one: kept for one, kept in self.tables.items()}
        for one in self.tables.values():
            one.parent = new if one.parent == old else one.parent
        table.name = new
        return [f"ALTER TABLE {quoted(old)} RENAME TO {quoted(new)}"]

    def split(self, table: Grown) -> list[str]:
        """Rows are copied into a table of their own, as CREATE TABLE AS makes it."""
        self.made += 1
        name = self.named("copy")
        some = dict(self.random.sample(sorted(table.columns.items()), min(2, len(table.columns))))
        self.tables[name] = Grown(name, dict(some))
        columns = ", ".join(["id", *map(quoted, some)])
        return [f"CREATE TABLE {quoted(name)} AS SELECT {columns} FROM {quoted(table.name)}"]

    # --- rows -------------------------------------------------------------------------

    def insert(self, table: Grown) -> list[str]:
        """A few rows behind the highest key."""
        columns = list(table.columns)
        names = ", ".join(["id", *map(quoted, columns), *(["up"] if table.parent else [])])
        highest = f"(SELECT coalesce(max(id), 0) FROM {quoted(table.name)})"
        up = f", (SELECT max(id) FROM {quoted(table.parent)})" if table.parent else ""
        rows = " UNION ALL ".join(
            f"SELECT {highest} + {n}"
            + "".join(f", {self.value(table.columns[c])}" for c in columns)
            + up
            for n in range(1, self.random.randint(3, 12))
        )
        return [f"INSERT INTO {quoted(table.name)} ({names}) {rows}"]

    def update(self, table: Grown) -> list[str]:
        """A column is set, in all rows or in some."""
        if not table.columns:
            return self.delete(table)
        column = self.random.choice(list(table.columns))
        where = self.random.choice(["", " WHERE id % 2 = 0", " WHERE id > 3"])
        value = self.value(table.columns[column])
        return [f"UPDATE {quoted(table.name)} SET {quoted(column)} = {value}{where}"]

    def delete(self, table: Grown) -> list[str]:
        """Some rows that nobody refers to go, or those that refer to them with them."""
        children = [one for one in self.tables.values() if one.parent == table.name]
        gone = f"id % {self.random.randint(2, 5)} = 1"
        loose = [f"UPDATE {quoted(one.name)} SET up = NULL WHERE up % 5 > -1" for one in children]
        return [*loose, f"DELETE FROM {quoted(table.name)} WHERE {gone}"]

    def value(self, kind: str) -> str:
        number = self.random.randint(-99, 999)
        texts = ("'it''s'", "'100%'", "'🙂'", "''", f"'text {number}'")
        found = {
            "integer": str(number),
            "bigint": str(number * 10**9),
            "text": self.random.choice(texts),
            "numeric(8,2)": f"{number}.25",
            "date": f"'20{number % 80 + 10:02}-01-02'",
        }.get(kind, "NULL")
        value = self.random.choice([found, found, found, "NULL"])
        return f"CAST({value} AS {kind})" if not self.sqlite else value

    # --- columns ----------------------------------------------------------------------

    def add_column(self, table: Grown) -> list[str]:
        """A column, often with a default, and values in some rows."""
        column, kind = self.named("added"), self.random.choice(self._types(table))
        table.columns[column] = kind
        default = self.random.choice(
            ["", f" DEFAULT {TYPES[kind]}", f" NOT NULL DEFAULT {TYPES[kind]}"]
        )
        text = f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(column)} {kind}{default}"
        if "NOT NULL" in default:
            del table.columns[column]  # is never written again
        return [text]

    def drop_column(self, table: Grown) -> list[str]:
        """A column goes, with its values."""
        free = self.free(table)
        if len(free) < 2 or table.trigger:
            return self.insert(table)
        column = self.random.choice(free)
        del table.columns[column]
        return [f"ALTER TABLE {quoted(table.name)} DROP COLUMN {quoted(column)}"]

    def rename_column(self, table: Grown) -> list[str]:
        """A column gets another name."""
        free = self.free(table)
        if not free:
            return self.insert(table)
        column, new = self.random.choice(free), self.named("named")
        table.columns = {new if c == column else c: kind for c, kind in table.columns.items()}
        return [f"ALTER TABLE {quoted(table.name)} RENAME COLUMN {quoted(column)} TO {quoted(new)}"]

    # --- what stands on tables --------------------------------------------------------

    def index(self, table: Grown) -> list[str]:
        """An index, partial at times."""
        free = [c for c in table.columns if c not in table.indexed]
        if not free:
            return self.update(table)
        column = self.random.choice(free)
        table.indexed[column] = self.named("index")
        where = self.random.choice(["", f" WHERE {quoted(column)} IS NOT NULL"])
        name = quoted(table.indexed[column])
        return [f"CREATE INDEX {name} ON {quoted(table.name)} ({quoted(column)}){where}"]

    def unindex(self, table: Grown) -> list[str]:
        """An index goes."""
        if not table.indexed:
            return self.index(table)
        _, name = table.indexed.popitem()
        return [f"DROP INDEX {quoted(name)}"]

    def view(self, table: Grown) -> list[str]:
        """A view over the table comes, or goes again."""
        if table.view:
            text, table.view = f"DROP VIEW {quoted(table.view)}", ""
            return [text]
        table.view = self.named("view")
        columns = ", ".join(["id", *map(quoted, table.columns)])
        name, source = quoted(table.view), quoted(table.name)
        return [f"CREATE VIEW {name} AS SELECT {columns} FROM {source} WHERE id > 1"]

    def trigger(self, table: Grown) -> list[str]:
        """A trigger that tells of deleted rows in a table of its own comes, or goes again."""
        name = quoted(table.name)
        if table.trigger:
            on = "" if self.sqlite else f" ON {name}"
            text, table.trigger = f"DROP TRIGGER {quoted(table.trigger)}{on}", ""
            return [text]
        trail, table.trigger = self.named("trail"), self.named("tell")
        made = [f"CREATE TABLE {quoted(trail)} (id integer)"]
        into = f"INSERT INTO {quoted(trail)} VALUES (old.id)"
        head = f"CREATE TRIGGER {quoted(table.trigger)} AFTER DELETE ON {name} FOR EACH ROW"
        if self.sqlite:
            return [*made, f"{head} BEGIN {into}; END"]
        function = quoted(self.named("tells"))
        body = f"$$ BEGIN {into}; RETURN old; END $$"
        made.append(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {body}")
        return [*made, f"{head} EXECUTE FUNCTION {function}()"]

    def permute(self, table: Grown) -> list[str]:
        """Keys that nobody refers to change, and rows come to lie elsewhere."""
        if self.referred(table) or not table.keyed:
            return self.update(table)
        self.number += 1
        return [f"UPDATE {quoted(table.name)} SET id = id + {self.number}000 WHERE id % 3 = 0"]
