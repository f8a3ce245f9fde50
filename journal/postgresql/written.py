"""Taking written rows back: remove the after images, put the before images back.

Rows that bear the same key on both sides are updated, so that references to them hold; what
remains is inserted and deleted, parents and children in the order that foreign keys ask for.
Where keys permute so that no order works, foreign keys are taken off and put back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from journal.database import LISTED
from journal.errors import ChangedSince, NotExact, StatementFailed
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.images import Shape, shape_of, unfolded
from journal.postgresql.restore.data import imaged
from journal.postgresql.watch import Watch
from journal.values import ChangedRow, Column, IfChanged, TableRows

_ORDERS = (("insert", "update", "delete"), ("delete", "update", "insert"))
_INTEGRITY = "23"
_FOREIGN_KEYS = """
SELECT conrelid::int8, confrelid::int8 FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conrelid = ANY (%(oids)s) AND confrelid = ANY (%(oids)s)
"""
_AROUND = """
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid),
       obj_description(k.oid, 'pg_constraint')
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY (%s) ORDER BY k.oid
"""


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The images of the undoing, what was run, and the rows found changed since."""

    rows: tuple[TableRows, ...] = ()
    sql: tuple[str, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One table's work: its shape and the temporary tables of its images."""

    shape: Shape
    before: str
    after: str


def undo_rows(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    rows: Sequence[TableRows],
    if_changed: IfChanged,
) -> Undone:
    """Take back what one statement wrote.

    Raises:
        ChangedSince: live rows are not what the statement left, and the policy is "refuse", or
            rows written since stand in the way.
        NotExact: a row cannot come back.
    """
    oids = [_oid(catalog, one.table) for one in rows]
    watch.watch(oids)
    changed: list[ChangedRow] = []
    count = 0
    with silent(session, oids), plain(session):
        sides = []
        for one, oid in zip(rows, oids, strict=True):
            table = catalog.get(one.table)
            assert table is not None
            side = _stage(session, shape_of(session, table, oid), one)
            found, total = _changed_since(session, side, if_changed)
            changed += found
            count += total
            sides.append(side)
        sql = _exchange(session, sides)
        for side in sides:
            session.run(f"DROP TABLE {side.before}, {side.after}")
    return Undone(
        rows=watch.collect(),
        sql=tuple(sql),
        changed_since=tuple(changed[:LISTED]),
        changed_count=count,
    )


@contextmanager
def silent(session: Session, oids: Sequence[int]) -> Iterator[None]:
    """Switch the user's triggers on these tables off, and back to what they were."""
    triggers = session.query(
        "SELECT n.nspname, c.relname, g.tgname, g.tgenabled::text"
        " FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE g.tgrelid = ANY (%s) AND NOT g.tgisinternal AND g.tgenabled <> 'D'"
        " AND g.tgfoid <> 'clew.capture()'::regprocedure",
        (list(oids),),
    )
    for schema, table, trigger, _ in triggers:
        session.run(f"ALTER TABLE {quote(schema, table)} DISABLE TRIGGER {quote(trigger)}")
    yield
    words = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    for schema, table, trigger, state in triggers:
        session.run(f"ALTER TABLE {quote(schema, table)} {words[state]} TRIGGER {quote(trigger)}")


def _oid(catalog: Catalog, identity: int) -> int:
    oid = catalog.relation(identity)
    if oid is None:
        raise NotExact(f"table {identity} of the journal is not there")
    return oid


# --- what was, and what is there now --------------------------------------------------


def _stage(session: Session, shape: Shape, rows: TableRows) -> Side:
    names = {}
    for sign, name in ((-1, f"clew_before_{rows.table}"), (1, f"clew_after_{rows.table}")):
        session.run(
            f"CREATE TEMP TABLE {name} AS SELECT false AS changed, x.* FROM ({unfolded(rows, sign)}) x"
        )
        names[sign] = f"pg_temp.{name}"
    side = Side(shape=shape, before=names[-1], after=names[1])
    if not shape.key or any(_repeats(session, shape, name) for name in names.values()):
        _fold(session, side)
    for name in names.values():
        session.run(f"ANALYZE {name} ({_key(shape, '') or 'n'})")
    return side


def _repeats(session: Session, shape: Shape, name: str) -> bool:
    sql = f"SELECT 1 FROM {name} GROUP BY {_key(shape, '')} HAVING count(*) > 1 LIMIT 1"
    return bool(session.value(sql))


def _fold(session: Session, side: Side) -> None:
    """Cancel images that stand on both sides; what is left is the statement's whole effect."""
    columns = ", ".join(_columns(side.shape))
    for this, other in ((side.before, side.after), (side.after, side.before)):
        session.run(
            f"CREATE TEMP TABLE {this.removeprefix('pg_temp.')}_folded AS"
            f" SELECT false AS changed, row_number() OVER () AS n, x.* FROM"
            f" (SELECT {columns} FROM {this} EXCEPT ALL SELECT {columns} FROM {other}) x"
        )
    for name in (side.before, side.after):
        bare = name.removeprefix("pg_temp.")
        session.run(f"DROP TABLE {name}")
        session.run(f"ALTER TABLE {name}_folded RENAME TO {bare}")


def _changed_since(
    session: Session, side: Side, if_changed: IfChanged
) -> tuple[list[ChangedRow], int]:
    shape = side.shape
    if shape.key:
        _mark_by_key(session, side)
    else:
        _mark_by_row(session, side)
    count = sum(
        int(session.value(f"SELECT count(*) FROM {name} WHERE changed"))
        for name in (side.before, side.after)
    )
    if not count:
        return [], 0
    if if_changed == "refuse":
        raise ChangedSince(
            f"{count} rows of {shape.name} were written since",
            hint="See them with --plan; keep or overwrite them with --if-changed.",
        )
    listed = list(_listed(session, side, kept=if_changed == "keep"))
    if if_changed == "keep":
        if shape.key:
            session.run(
                f"DELETE FROM {side.before} b WHERE changed OR EXISTS (SELECT FROM {side.after} a"
                f" WHERE a.changed AND {_same_key(shape, 'a', 'b')})"
            )
        session.run(f"DELETE FROM {side.after} WHERE changed")
    return listed, count


def _mark_by_key(session: Session, side: Side) -> None:
    shape = side.shape
    equal = " AND ".join(
        f"{text} IS NOT DISTINCT FROM s.c{column.id}"
        for text, column in zip(_live_texts(shape), shape.columns, strict=True)
    )
    session.run(
        f"UPDATE {side.after} s SET changed = true WHERE NOT EXISTS"
        f" (SELECT FROM ONLY {shape.name} t WHERE {_at_key(shape)} AND {equal})"
    )
    session.run(
        f"UPDATE {side.before} s SET changed = true WHERE EXISTS"
        f" (SELECT FROM ONLY {shape.name} t WHERE {_at_key(shape)})"
        f" AND NOT EXISTS (SELECT FROM {side.after} a WHERE {_same_key(shape, 'a', 's')})"
    )


def _mark_by_row(session: Session, side: Side) -> None:
    """Without a key, an after image is unchanged while there is a live copy of it."""
    shape = side.shape
    columns = ", ".join(_columns(shape))
    wanted = f"SELECT n, ARRAY[{columns}]::text[] AS r FROM {side.after}"
    live = f"SELECT ARRAY[{', '.join(_live_texts(shape))}]::text[] AS r FROM ONLY {shape.name} t"
    session.run(
        f"UPDATE {side.after} s SET changed = true FROM"
        f" (SELECT n, r, row_number() OVER (PARTITION BY r) AS copy FROM ({wanted}) w) w"
        f" LEFT JOIN (SELECT r, count(*) AS copies FROM ({live}) l GROUP BY r) l USING (r)"
        " WHERE s.n = w.n AND w.copy > coalesce(l.copies, 0)"
    )


def _listed(session: Session, side: Side, *, kept: bool) -> Iterator[ChangedRow]:
    shape = side.shape
    names = [column.name for column in shape.columns]
    staged = ", ".join(f"s.c{column.id}" for column in shape.columns)
    there = ", ".join(_live_texts(shape))
    for name in (side.after, side.before):
        join = (
            f"LEFT JOIN ONLY {shape.name} t ON {_at_key(shape)}"
            if shape.key
            else f"LEFT JOIN ONLY {shape.name} t ON false"
        )
        rows = session.query(
            f"SELECT ARRAY[{staged}]::text[], CASE WHEN t.tableoid IS NOT NULL"
            f" THEN ARRAY[{there}]::text[] END FROM {name} s {join} WHERE s.changed LIMIT {LISTED}"
        )
        for image, live in rows:
            values = dict(zip(names, image, strict=True))
            yield ChangedRow(
                table=shape.identity,
                key={c.name: values[c.name] for c in shape.key} or values,
                journaled=values if name == side.after else None,
                live=dict(zip(names, live, strict=True)) if live else None,
                kept=kept,
            )


# --- the exchange ---------------------------------------------------------------------


def _exchange(session: Session, sides: Sequence[Side]) -> list[str]:
    """Bring the rows back in an order that constraints allow; return what was run."""
    ordered = _parents_first(session, sides)
    failure: StatementFailed | None = None
    for order in _ORDERS:
        try:
            return _attempt(session, ordered, order)
        except StatementFailed as error:
            if not error.sqlstate.startswith(_INTEGRITY):
                raise NotExact(f"rows cannot come back: {error.message}") from error
            failure = error
    try:
        return _without_foreign_keys(session, ordered)
    except StatementFailed as error:
        raise ChangedSince(
            f"rows cannot come back beside rows written since: {error.message}",
            hint="Look at what was written since with --plan.",
        ) from (failure or error)


def _attempt(session: Session, sides: Sequence[Side], order: Sequence[str]) -> list[str]:
    sql: list[str] = []
    with session.point("clew_order"):
        for kind in order:
            towards = reversed(sides) if kind == "delete" else sides
            for side in towards:
                statement = _statement(side, kind)
                if statement and session.run(statement):
                    sql.append(statement)
        session.run("SET CONSTRAINTS ALL IMMEDIATE")
    return sql


def _without_foreign_keys(session: Session, sides: Sequence[Side]) -> list[str]:
    """Delete and insert whole rows while no foreign key refers to the tables."""
    keys = session.query(_AROUND, ([side.shape.oid for side in sides],))
    sql = []
    with session.point("clew_order"):
        for schema, table, name, _, _ in keys:
            sql.append(f"ALTER TABLE {quote(schema, table)} DROP CONSTRAINT {quote(name)}")
        for kind in ("remove", "restore"):
            sql += [_statement(side, kind) for side in sides]
        for schema, table, name, definition, comment in keys:
            on = quote(schema, table)
            sql.append(f"ALTER TABLE {on} ADD CONSTRAINT {quote(name)} {definition}")
            if comment is not None:
                text = comment.replace("'", "''")
                sql.append(f"COMMENT ON CONSTRAINT {quote(name)} ON {on} IS '{text}'")
        for statement in sql:
            session.run(statement)
    return sql


def _statement(side: Side, kind: str) -> str:
    shape = side.shape
    if not shape.key:
        return _keyless(side, kind)
    names = [quote(column.name) for column in shape.columns]
    values = [imaged(column) for column in shape.columns]
    here, there = _at_key(shape, stage="i"), _same_row(shape, "o", "i")
    match kind:
        case "delete":
            return (
                f"DELETE FROM ONLY {shape.name} t USING {side.after} i WHERE {here}"
                f" AND NOT EXISTS (SELECT FROM {side.before} o WHERE {there})"
            )
        case "update":
            keys = {column.id for column in (*shape.key, *_fixed(shape))}
            sets = ", ".join(
                f"{name} = {value}"
                for column, name, value in zip(shape.columns, names, values, strict=True)
                if column.id not in keys
            )
            if not sets:
                return ""
            return (
                f"UPDATE ONLY {shape.name} t SET {sets} FROM {side.before} i"
                f" WHERE {here} AND EXISTS (SELECT FROM {side.after} o WHERE {there})"
            )
        case "insert":
            only = f" WHERE NOT EXISTS (SELECT FROM {side.after} o WHERE {there})"
        case "remove":
            return f"DELETE FROM ONLY {shape.name} t USING {side.after} i WHERE {here}"
        case _:
            only = ""
    return (
        f"INSERT INTO {shape.name} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
        f" SELECT {', '.join(values)} FROM {side.before} i{only} ORDER BY i.n"
    )


def _keyless(side: Side, kind: str) -> str:
    shape = side.shape
    if kind in ("delete", "remove"):
        live = ", ".join(_live_texts(shape))
        staged = ", ".join(f"s.c{column.id}" for column in shape.columns)
        return (
            f"DELETE FROM ONLY {shape.name} WHERE ctid = ANY (ARRAY(SELECT l.place FROM"
            f" (SELECT t.ctid AS place, ARRAY[{live}]::text[] AS r, row_number() OVER"
            f" (PARTITION BY ARRAY[{live}]::text[] ORDER BY t.ctid) AS copy"
            f" FROM ONLY {shape.name} t) l JOIN (SELECT ARRAY[{staged}]::text[] AS r,"
            f" count(*) AS copies FROM {side.after} s GROUP BY 1) w"
            " ON l.r = w.r AND l.copy <= w.copies))"
        )
    if kind in ("insert", "restore"):
        names = ", ".join(quote(column.name) for column in shape.columns)
        values = ", ".join(imaged(column) for column in shape.columns)
        return (
            f"INSERT INTO {shape.name} ({names}) OVERRIDING SYSTEM VALUE"
            f" SELECT {values} FROM {side.before} i ORDER BY i.n"
        )
    return ""


def _parents_first(session: Session, sides: Sequence[Side]) -> list[Side]:
    """Order tables so that each comes after those it refers to, as far as cycles allow."""
    by_oid = {side.shape.oid: side for side in sides}
    pairs = session.query(_FOREIGN_KEYS, {"oids": list(by_oid)})
    parents = {oid: {p for c, p in pairs if c == oid and p != oid} for oid in by_oid}
    ordered: list[Side] = []
    while parents:
        free = [oid for oid, above in parents.items() if not above & parents.keys()]
        for oid in free or [min(parents)]:
            ordered.append(by_oid[oid])
            del parents[oid]
    return ordered


def _columns(shape: Shape) -> list[str]:
    return [f"c{column.id}" for column in shape.columns]


def _live_texts(shape: Shape) -> list[str]:
    """The text of each column of the live table ``t``."""
    return [
        text.replace(quote(column.name), f"t.{quote(column.name)}")
        for text, column in zip(shape.texts, shape.columns, strict=True)
    ]


def _key(shape: Shape, alias: str) -> str:
    return ", ".join(f"{alias}c{column.id}" for column in shape.key)


def _same_row(shape: Shape, one: str, other: str) -> str:
    """The condition that an UPDATE can turn one row into the other."""
    fixed = (
        f"{one}.c{column.id} IS NOT DISTINCT FROM {other}.c{column.id}" for column in _fixed(shape)
    )
    return " AND ".join((_same_key(shape, one, other), *fixed))


def _fixed(shape: Shape) -> list[Column]:
    """Columns that no UPDATE may set: identities that are generated always."""
    return [column for column in shape.columns if column.definition.get("identity") == "always"]


def _same_key(shape: Shape, one: str, other: str) -> str:
    return " AND ".join(f"{one}.c{c.id} = {other}.c{c.id}" for c in shape.key)


def _at_key(shape: Shape, stage: str = "s") -> str:
    """The condition that the live row ``t`` bears the key of a staged one."""
    return " AND ".join(
        f"t.{quote(c.name)} = {stage}.c{c.id}::{c.definition['type']}" for c in shape.key
    )
