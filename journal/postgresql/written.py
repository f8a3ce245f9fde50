"""Taking written rows back: stage their images, find what changed since, exchange them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from journal.effect import LISTED
from journal.errors import ChangedSince, NotExact
from journal.errors import rows as in_words
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Row, Session, quote
from journal.postgresql.exchange import exchange
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import Shape, shape_of, unfolded
from journal.postgresql.sides import (
    Side,
    at_key,
    columns_of,
    key_columns,
    live_texts,
    same_key,
)
from journal.postgresql.staging import kept
from journal.postgresql.watch import Uncaptured, Watch
from journal.values import ChangedRow, IfChanged, TableRows

_FIRING = """
SELECT n.nspname, c.relname, x.kind, x.name, x.state
FROM (SELECT g.tgrelid AS oid, 'TRIGGER' AS kind, g.tgname AS name, g.tgenabled::text AS state
      FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
      WHERE NOT g.tgisinternal
        AND p.pronamespace NOT IN ('clew'::regnamespace, pg_my_temp_schema())
      UNION ALL SELECT r.ev_class, 'RULE', r.rulename, r.ev_enabled::text
      FROM pg_catalog.pg_rewrite r) x
JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%(oids)s) AND x.state <> 'D' ORDER BY c.oid, 3 DESC, 4
"""


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The images of the undoing, what was run, and the rows found changed since."""

    rows: tuple[TableRows, ...] = ()
    sql: tuple[str, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0


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
    with uncovered(session, oids), silent(session, oids), plain(session):
        sides = []
        for one, oid in zip(rows, oids, strict=True):
            table = catalog.get(one.table)
            assert table is not None
            side = _stage(session, shape_of(session, table, oid), one)
            found, total = _changed_since(session, side, if_changed)
            changed += found
            count += total
            sides.append(side)
        sql = exchange(session, sides, again=watch.rebase)
        for side in sides:
            session.run(f"DROP TABLE {side.before_table}, {side.after_table}")
    return Undone(
        rows=_collected(watch),
        sql=tuple(sql),
        changed_since=tuple(changed[:LISTED]),
        changed_count=count,
    )


def _collected(watch: Watch) -> tuple[TableRows, ...]:
    try:
        return watch.collect()
    except Uncaptured as error:  # what the step touched is watched, so it went by a foreign key
        raise ChangedSince(
            f"rows of {error.table} written since refer to rows that would go",
            hint="Remove them, or let them refer to other rows.",
        ) from error


def firing(session: Session, oids: Sequence[int]) -> list[Row]:
    """Return schema, table, kind, name and state of the user's triggers and rules on tables."""
    return session.query(_FIRING, {"oids": list(oids)})


@contextmanager
def silent(session: Session, oids: Sequence[int]) -> Iterator[None]:
    """Switch the user's triggers and rules on these tables off, and back to what they were."""
    found = firing(session, oids)
    for schema, table, kind, name, _ in found:
        session.run(f"ALTER TABLE {quote(schema, table)} DISABLE {kind} {quote(name)}")
    yield
    words = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    for schema, table, kind, name, state in found:
        session.run(f"ALTER TABLE {quote(schema, table)} {words[state]} {kind} {quote(name)}")


def _oid(catalog: Catalog, identity: int) -> int:
    oid = catalog.relation(identity)
    if oid is None:
        raise NotExact(f"table {identity} of the journal is not there")
    return oid


# --- what was, and what is there now --------------------------------------------------


def _stage(session: Session, shape: Shape, rows: TableRows) -> Side:
    side = Side(
        shape=shape,
        before_table=f"pg_temp.clew_before_{rows.table}",
        after_table=f"pg_temp.clew_after_{rows.table}",
    )
    for sign, name in ((-1, side.before_table), (1, side.after_table)):
        query = kept(unfolded(rows, sign), _ids(shape), "false AS changed", "x.n")
        session.run(f"CREATE TEMP TABLE {name.removeprefix('pg_temp.')} AS {query}")
    repeats = any(_repeats(session, shape, rows) for rows in (side.before, side.after))
    if not shape.key or repeats or _meet(session, side):
        _fold(session, side)
    for rows_, name in ((side.before, side.before_table), (side.after, side.after_table)):
        session.run(
            f"ANALYZE {name} ({key_columns(shape) if rows_ == name and shape.key else 'n'})"
        )
    return side


def _ids(shape: Shape) -> list[int]:
    return [column.id for column in shape.columns]


def _repeats(session: Session, shape: Shape, rows: str) -> bool:
    if not shape.key:
        return True
    sql = f"SELECT 1 FROM {rows} s GROUP BY {key_columns(shape)} HAVING count(*) > 1 LIMIT 1"
    return bool(session.value(sql))


def _meet(session: Session, side: Side) -> bool:
    """Tell whether a row stands on both sides: it came and went, or was written as it was."""
    same = (f"b.c{c.id} IS NOT DISTINCT FROM a.c{c.id}" for c in side.shape.columns)
    sql = (
        f"SELECT 1 FROM {side.before} b JOIN {side.after} a"
        f" ON {same_key(side.shape, 'a', 'b')} WHERE {' AND '.join(same)} LIMIT 1"
    )
    return bool(session.value(sql))


def _fold(session: Session, side: Side) -> None:
    """Cancel images that stand on both sides; what is left is the statement's whole effect."""
    columns = ", ".join(columns_of(side.shape))
    pairs = ((side.before, side.after), (side.after, side.before))
    names = (side.before_table, side.after_table)
    for (this, other), name in zip(pairs, names, strict=True):
        left = f"SELECT {columns} FROM {this} s EXCEPT ALL SELECT {columns} FROM {other} s"
        query = kept(left, _ids(side.shape), "false AS changed", "row_number() OVER () AS n")
        session.run(f"CREATE TEMP TABLE {name.removeprefix('pg_temp.')}_folded AS {query}")
    for name in names:
        session.run(f"DROP TABLE {name}")
        session.run(f"ALTER TABLE {name}_folded RENAME TO {name.removeprefix('pg_temp.')}")


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
        for name in (side.before_table, side.after_table)
    )
    if not count:
        return [], 0
    listed = list(_listed(session, side, kept=if_changed == "keep"))
    if if_changed == "refuse":
        raise ChangedSince(
            f"{in_words(count)} of {shape.name} written since",
            hint="See them with --plan; keep or overwrite them with --if-changed.",
            rows=listed,
        )
    if if_changed == "keep":
        if not shape.key:
            raise ChangedSince(
                f"{in_words(count)} of {shape.name} written since, and no key tells which to keep",
                hint="Overwrite them with --if-changed overwrite.",
            )
        session.run(
            f"DELETE FROM {side.before_table} WHERE n IN (SELECT b.n FROM {side.before} b"
            f" WHERE changed OR EXISTS (SELECT FROM {side.after} a"
            f" WHERE a.changed AND {same_key(shape, 'a', 'b')}))"
        )
        session.run(f"DELETE FROM {side.after_table} WHERE changed")
    return listed, count


def _mark_by_key(session: Session, side: Side) -> None:
    shape = side.shape
    equal = " AND ".join(
        f"{text} IS NOT DISTINCT FROM s.c{column.id}"
        for text, column in zip(live_texts(shape), shape.columns, strict=True)
    )
    _mark(
        session,
        side.after_table,
        side.after,
        f"NOT EXISTS (SELECT FROM ONLY {shape.name} t WHERE {at_key(shape)} AND {equal})",
    )
    _mark(
        session,
        side.before_table,
        side.before,
        f"EXISTS (SELECT FROM ONLY {shape.name} t WHERE {at_key(shape)})"
        f" AND NOT EXISTS (SELECT FROM {side.after} a WHERE {same_key(shape, 'a', 's')})",
    )


def _mark(session: Session, table: str, rows: str, condition: str) -> None:
    """Mark staged rows ``s`` as changed since."""
    if rows != table:
        condition = f"s.n IN (SELECT s.n FROM {rows} s WHERE {condition})"
    session.run(f"UPDATE {table} s SET changed = true WHERE {condition}")


def _mark_by_row(session: Session, side: Side) -> None:
    """Without a key, an after image is unchanged while there is a live copy of it."""
    shape = side.shape
    columns = ", ".join(columns_of(shape))
    wanted = f"SELECT n, ARRAY[{columns}]::text[] AS r FROM {side.after} s"
    live = f"SELECT ARRAY[{', '.join(live_texts(shape))}]::text[] AS r FROM ONLY {shape.name} t"
    session.run(
        f"UPDATE {side.after_table} s SET changed = true FROM"
        f" (SELECT n, r, row_number() OVER (PARTITION BY r) AS copy FROM ({wanted}) w) w"
        f" LEFT JOIN (SELECT r, count(*) AS copies FROM ({live}) l GROUP BY r) l USING (r)"
        " WHERE s.n = w.n AND w.copy > coalesce(l.copies, 0)"
    )


def _listed(session: Session, side: Side, *, kept: bool) -> Iterator[ChangedRow]:
    shape = side.shape
    names = [column.name for column in shape.columns]
    staged = ", ".join(f"s.c{column.id}" for column in shape.columns)
    there = ", ".join(live_texts(shape))
    former = ", ".join(f"b.c{column.id}" for column in shape.columns)
    here = same_key(shape, "b", "s") or "false"
    for name in (side.after, side.before):
        join = (
            f"LEFT JOIN ONLY {shape.name} t ON {at_key(shape)}"
            if shape.key
            else f"LEFT JOIN ONLY {shape.name} t ON false"
        )
        rows = session.query(
            f"SELECT ARRAY[{staged}]::text[], CASE WHEN t.tableoid IS NOT NULL"
            f" THEN ARRAY[{there}]::text[] END, CASE WHEN b.changed IS NOT NULL"
            f" THEN ARRAY[{former}]::text[] END FROM {name} s {join}"
            f" LEFT JOIN {side.before} b ON {here} WHERE s.changed LIMIT {LISTED}"
        )
        for image, live, before in rows:
            values = dict(zip(names, image, strict=True))
            yield ChangedRow(
                table=shape.identity,
                key={c.name: values[c.name] for c in shape.key} or values,
                before=dict(zip(names, before, strict=True)) if before else None,
                journaled=values if name == side.after else None,
                live=dict(zip(names, live, strict=True)) if live else None,
                kept=kept,
            )
