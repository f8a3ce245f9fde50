"""Exchanging staged rows: after images out, before images in, in an order constraints allow.

Rows that bear the same key on both sides are updated, so that references to them hold; what
remains is inserted and deleted, parents and children in the order that foreign keys ask for.
Where keys permute so that no order works, or a row never satisfied a constraint that is not valid,
constraints are taken off and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from journal.errors import ChangedSince, NotExact, StatementFailed
from journal.postgresql import family
from journal.postgresql.connection import Session, quote
from journal.postgresql.restore.data import imaged
from journal.postgresql.sides import Side, at_key, fixed, live_texts, same_live_row, same_row

_ORDERS = (("insert", "update", "delete"), ("delete", "update", "insert"))
_INTEGRITY = "23"
_FOREIGN_KEYS = """
SELECT conrelid::int8, confrelid::int8 FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND conrelid = ANY (%(oids)s) AND confrelid = ANY (%(oids)s)
"""
_AROUND = """
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid),
       obj_description(k.oid, 'pg_constraint')
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.conparentid = 0 AND (k.contype = 'f' AND k.confrelid = ANY (%(oids)s)
    OR k.contype IN ('f', 'c', 'n') AND NOT k.convalidated AND k.conrelid = ANY (%(oids)s))
ORDER BY k.oid
"""


def exchange(
    session: Session, sides: Sequence[Side], *, again: Callable[[], None], whole: bool = False
) -> list[str]:
    """Bring the rows back in an order that constraints allow; return what was run.

    ``again`` is called where a try was taken back: the server counts its rows all the same.
    ``whole`` deletes and inserts rows instead of updating them.
    """
    ordered = _parents_first(session, sides)
    work = {side.shape.oid: _kinds(session, side) for side in sides}
    failure: StatementFailed | None = None
    for order in () if whole else _ORDERS:
        try:
            return _attempt(session, ordered, order, work)
        except StatementFailed as error:
            again()
            if not error.sqlstate.startswith(_INTEGRITY):
                raise NotExact(f"rows cannot come back: {error.message}") from error
            failure = error
    try:
        return _without_constraints(session, ordered)
    except StatementFailed as error:
        again()
        if whole:
            raise ChangedSince(f"rows cannot come back: {error.message}") from error
        session.run("SET CONSTRAINTS ALL DEFERRED")
    try:  # an earlier step may bring what rows refer to; the end of the run checks
        return _attempt(session, ordered, _ORDERS[0], work, check=False)
    except StatementFailed as error:
        raise ChangedSince(
            f"rows cannot come back beside rows written since: {error.message}",
            hint="Look at what was written since with --plan.",
        ) from (failure or error)


def _kinds(session: Session, side: Side) -> frozenset[str]:
    """Tell what there is to do in a table: joins of what is empty are planned badly."""
    coming, going, changed = (
        bool(session.value(f"SELECT EXISTS (SELECT FROM {rows})"))
        for rows in (
            side.before_table,
            side.after_table,
            f"{side.before_table} WHERE changed",
        )
    )
    there = {
        "insert": coming,
        "update": coming and (going or changed),
        "delete": going,
    }
    return frozenset(kind for kind, needed in there.items() if needed)


def _attempt(
    session: Session,
    sides: Sequence[Side],
    order: Sequence[str],
    work: Mapping[int, frozenset[str]],
    *,
    check: bool = True,
) -> list[str]:
    sql: list[str] = []
    with session.point("clew_order"):
        for kind in order:
            towards = reversed(sides) if kind == "delete" else sides
            for side in towards:
                statement = _statement(side, kind) if kind in work[side.shape.oid] else ""
                if statement and session.run(statement):
                    sql.append(statement)
        if check:
            session.run("SET CONSTRAINTS ALL IMMEDIATE")
    return sql


def _without_constraints(session: Session, sides: Sequence[Side]) -> list[str]:
    """Delete and insert whole rows while no foreign key refers to the tables.

    Constraints that are not valid are off too: rows of before may not satisfy them.
    """
    oids = [side.shape.oid for side in sides]
    named = set().union(*family.above(session, oids).values())
    keys = session.query(_AROUND, {"oids": sorted(named)})
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
    here, there = at_key(shape, stage="i"), same_row(shape, "o", "i")
    live = same_live_row(shape, "i")
    match kind:
        case "delete":
            return (
                f"DELETE FROM ONLY {shape.name} t USING {side.after} i WHERE {here}"
                f" AND NOT EXISTS (SELECT FROM {side.before} o WHERE {there})"
            )
        case "update":
            keys = {column.id for column in (*shape.key, *fixed(shape))}
            sets = ", ".join(
                f"{name} = {value}"
                for column, name, value in zip(shape.columns, names, values, strict=True)
                if column.id not in keys
            )
            if not sets:
                return ""
            return (
                f"UPDATE ONLY {shape.name} t SET {sets} FROM {side.before} i WHERE {live}"
                f" AND EXISTS (SELECT FROM ({_there(side)}) o WHERE {there})"
            )
        case "insert":
            only = f" WHERE NOT EXISTS (SELECT FROM ONLY {shape.name} t WHERE {live})"
        case "remove":
            return f"DELETE FROM ONLY {shape.name} t USING {side.after} i WHERE {here}"
        case _:
            only = ""
    return (
        f"INSERT INTO {shape.name} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
        f" SELECT {', '.join(values)} FROM {side.before} i{only} ORDER BY i.n"
    )


def _there(side: Side) -> str:
    """Rows whose place is taken: by what the statement left, or by what was written since.

    One set to be hashed; an OR would be looked up row by row.
    """
    identities = dict.fromkeys(c.id for c in (*side.shape.key, *fixed(side.shape)))
    columns = ", ".join(f"c{identity}" for identity in identities)
    return (
        f"SELECT {columns} FROM {side.after} a"
        f" UNION ALL SELECT {columns} FROM {side.before} b WHERE changed"
    )


def _keyless(side: Side, kind: str) -> str:
    shape = side.shape
    if kind in ("delete", "remove"):
        live = ", ".join(live_texts(shape))
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
    above = family.above(session, list(by_oid))
    pairs = session.query(_FOREIGN_KEYS, {"oids": sorted(set().union(*above.values()))})
    parents = {
        oid: {
            p
            for child, parent in pairs
            if child in above[oid]
            for p in by_oid
            if parent in above[p]
        }
        - {oid}
        for oid in by_oid
    }
    ordered: list[Side] = []
    while parents:
        free = [oid for oid, above in parents.items() if not above & parents.keys()]
        for oid in free or [min(parents)]:
            ordered.append(by_oid[oid])
            del parents[oid]
    return ordered
