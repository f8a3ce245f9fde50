"""A model of a few tables: which statements make sense now, and what they turn the model into."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

NAMES = ("t", "Mixed Case", "select", 'q"uote', "emoji 🙂")
COLUMNS = ("a", "B b", "order", "c%", "note")
TYPES = ("integer", "text")
VALUES = ("NULL", "0", "-7", "'x'", "'it''s'", "'100%'", "'🙂'", "''", "'longer text ' || 'of two'")


class Table(msgspec.Struct, frozen=True):
    """A table as the model knows it: columns beside ``id`` with their types, and indexes."""

    columns: tuple[tuple[str, str], ...]
    keyed: bool
    indexes: tuple[str, ...] = ()


Tables = dict[str, Table]


def quoted(name: str) -> str:
    """Return an identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


class Change(msgspec.Struct, frozen=True):
    """A statement, and the tables after it."""

    sql: str
    after: Tables


@st.composite
def changes(draw: st.DrawFn, tables: Tables) -> Change:
    """Draw a statement that makes sense."""
    free = [name for name in NAMES if name not in tables]
    if not tables or (free and draw(st.integers(0, 5)) == 0):
        return draw(create(tables, draw(st.sampled_from(free))))
    name = draw(st.sampled_from(sorted(tables)))
    kinds = [insert, insert, update, update, delete, add_column, rename_column, index]
    if len(tables[name].columns) > 1:
        kinds.append(drop_column)
    if free:
        kinds.append(rename_table)
    kinds.append(drop_table)
    made: Change = draw(draw(st.sampled_from(kinds))(tables, name))
    return made


@st.composite
def create(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """CREATE TABLE with a few columns, with or without a key."""
    names = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True))
    columns = tuple((column, draw(st.sampled_from(TYPES))) for column in names)
    keyed = draw(st.booleans())
    parts = ["id integer PRIMARY KEY" if keyed else "id integer"]
    for column, kind in columns:
        default = draw(st.sampled_from(["", " DEFAULT 5", " DEFAULT NULL"]))
        parts.append(f"{quoted(column)} {kind}{default}")
    sql = f"CREATE TABLE {quoted(name)} ({', '.join(parts)})"
    return Change(sql, {**tables, name: Table(columns, keyed)})


@st.composite
def insert(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """INSERT of several rows whose ids follow the highest there is."""
    columns = tables[name].columns
    one = st.tuples(*[value(kind) for _, kind in columns])
    rows = draw(st.lists(one, min_size=1, max_size=4))
    names = ", ".join(["id", *(quoted(column) for column, _ in columns)])
    highest = f"(SELECT coalesce(max(id), 0) FROM {quoted(name)})"
    lines = (f"SELECT {highest} + {n}, {', '.join(row)}" for n, row in enumerate(rows, start=1))
    return Change(f"INSERT INTO {quoted(name)} ({names}) {' UNION ALL '.join(lines)}", tables)


@st.composite
def update(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """UPDATE of one column, of all rows or of some."""
    column, kind = draw(st.sampled_from(tables[name].columns))
    new = draw(value(kind))
    where = draw(st.sampled_from(["", " WHERE id % 2 = 0", " WHERE id > 2"]))
    return Change(f"UPDATE {quoted(name)} SET {quoted(column)} = {new}{where}", tables)


@st.composite
def delete(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """DELETE of some rows."""
    where = draw(st.sampled_from(["id % 2 = 1", "id < 3", "id > 100", "id IS NOT NULL"]))
    return Change(f"DELETE FROM {quoted(name)} WHERE {where}", tables)


@st.composite
def add_column(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """ADD COLUMN with or without a default; an UPDATE of nothing where none is free."""
    table = tables[name]
    free = [column for column in COLUMNS if column not in dict(table.columns)]
    if not free:
        return draw(update(tables, name))
    column, kind = draw(st.sampled_from(free)), draw(st.sampled_from(TYPES))
    default = draw(st.sampled_from(["", " DEFAULT 7", " NOT NULL DEFAULT 8"]))
    sql = f"ALTER TABLE {quoted(name)} ADD COLUMN {quoted(column)} {kind}{default}"
    columns = (*table.columns, (column, kind))
    return Change(sql, {**tables, name: msgspec.structs.replace(table, columns=columns)})


@st.composite
def drop_column(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """DROP COLUMN of one that no index needs."""
    table = tables[name]
    column = draw(st.sampled_from([column for column, _ in table.columns]))
    if column in table.indexes:
        return draw(delete(tables, name))
    columns = tuple(one for one in table.columns if one[0] != column)
    sql = f"ALTER TABLE {quoted(name)} DROP COLUMN {quoted(column)}"
    return Change(sql, {**tables, name: msgspec.structs.replace(table, columns=columns)})


@st.composite
def rename_column(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """RENAME COLUMN to a free name."""
    table = tables[name]
    column = draw(st.sampled_from([column for column, _ in table.columns]))
    free = [one for one in COLUMNS if one not in dict(table.columns)]
    if not free or column in table.indexes:
        return draw(insert(tables, name))
    new = draw(st.sampled_from(free))
    columns = tuple((new if one == column else one, kind) for one, kind in table.columns)
    sql = f"ALTER TABLE {quoted(name)} RENAME COLUMN {quoted(column)} TO {quoted(new)}"
    return Change(sql, {**tables, name: msgspec.structs.replace(table, columns=columns)})


@st.composite
def rename_table(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """RENAME TABLE to a free name."""
    new = draw(st.sampled_from([one for one in NAMES if one not in tables]))
    after = {new if one == name else one: table for one, table in tables.items()}
    return Change(f"ALTER TABLE {quoted(name)} RENAME TO {quoted(new)}", after)


def drop_table(tables: Tables, name: str) -> st.SearchStrategy[Change]:
    """DROP TABLE."""
    rest = {one: table for one, table in tables.items() if one != name}
    return st.just(Change(f"DROP TABLE {quoted(name)}", rest))


@st.composite
def index(draw: st.DrawFn, tables: Tables, name: str) -> Change:
    """CREATE INDEX on a column that has none."""
    table = tables[name]
    bare = [column for column, _ in table.columns if column not in table.indexes]
    if not bare:
        return draw(insert(tables, name))
    column = draw(st.sampled_from(bare))
    title = quoted(f"ix {draw(st.integers(0, 10**9))}")
    after = msgspec.structs.replace(table, indexes=(*table.indexes, column))
    sql = f"CREATE INDEX {title} ON {quoted(name)} ({quoted(column)})"
    return Change(sql, {**tables, name: after})


def value(kind: str) -> st.SearchStrategy[str]:
    """Draw a value of a type, typed so that PostgreSQL knows a NULL's."""
    fitting = [v for v in VALUES if v == "NULL" or ("'" in v) == (kind == "text")]
    return st.sampled_from([f"CAST({v} AS {kind})" for v in fitting])
