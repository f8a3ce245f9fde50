"""Comparing the rows of a table, then and now, set by set within the server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from journal import stakes
from journal.postgresql.connection import Session, quote
from journal.postgresql.counting import table_rows
from journal.postgresql.images import Shape, chunking, collected, rows_per_chunk
from journal.postgresql.observing.copying import newer, present
from journal.postgresql.observing.keeping import Copy, rows_of
from journal.postgresql.staging import kept, laid_out
from journal.values import Column, ImageCause, SchemaObject, TableRows


def shape_of_copy(session: Session, copy: Copy, table: SchemaObject) -> Shape:
    """Tell how the rows of a copy are imaged."""
    columns = {column.id: column for column in table.columns}
    return Shape(
        oid=int(session.value("SELECT %s::regclass::oid::int8", (copy.name,))),
        name=copy.name,
        identity=table.id,
        columns=tuple(columns[identity] for identity in copy.columns),
        key=tuple(columns[identity] for identity in copy.key),
        texts=tuple(f"c{identity}" for identity in copy.columns),
        long=copy.long,
    )


def image(
    session: Session,
    run: str,
    shape: Shape,
    source: str,
    *,
    event: str,
    sign: int,
) -> TableRows | None:
    """Store images of rows of text, columns ``c<identity>``; ``None`` where there are none."""
    last = int(
        session.value("SELECT coalesce(max(number), 0) FROM clew.image WHERE run = %s", (run,))
    )
    query = chunking(shape, source, per_chunk=str(rows_per_chunk(len(shape.columns))))
    session.query(
        "SELECT clew.image_rows(%s, %s, %s, %s, %s::smallint)",
        (run, shape.identity, query, event, sign),
    )
    found = collected(session, run, last)
    if not found:
        return None
    return table_rows(shape, found[0], run)


def whole(session: Session, run: str, shape: Shape, copy: Copy) -> TableRows | None:
    """Store images of all rows of a copy, as what went."""
    source = f"{rows_of(copy)} t"
    rows = image(session, run, shape, source, event="destroyed", sign=-1)
    return None if rows is None else as_stake(rows, "destroyed")


def part(session: Session, run: str, shape: Shape, source: str) -> TableRows | None:
    """Store images of columns of a copy, as what went."""
    rows = image(session, run, shape, source, event="destroyed", sign=-1)
    return None if rows is None else as_stake(rows, "destroyed")


def as_stake(rows: TableRows, cause: ImageCause) -> TableRows:
    """Return images as those of what a schema change destroys or makes."""
    return msgspec.structs.replace(rows, cause=cause, inserted=0, updated=0, deleted=0)


def net(session: Session, shape: Shape, copy: Copy, floor: int) -> str:
    """Put what changed into a temporary table, and return its name.

    ``s`` is how many more of a row there are now than then, less than nothing if fewer, and
    ``clew_by`` the transaction that ended or wrote it, 0 where nobody knows.
    """
    name = f"clew_net_{copy.identity}"
    now = present(shape) if copy.whole else newer(shape, floor, copy.name)
    held = _held(copy.columns)
    ender = "0" if copy.whole else "clew_by"
    session.run(
        f"CREATE TEMP TABLE {name} AS SELECT sum(s)::bigint AS s, max(clew_by) AS clew_by, {held}"
        f" FROM (SELECT -1 AS s, {ender} AS clew_by, {held} FROM {copy.name} UNION ALL"
        f" SELECT 1, clew_by, {held} FROM ({kept(now, copy.columns, 'x.clew_by')}) n) u"
        f" GROUP BY {held} HAVING sum(s) <> 0"
    )
    return f"pg_temp.{name}"


def without(session: Session, shape: Shape, name: str, theirs: Collection[int]) -> int:
    """Leave out rows that only others wrote, before and after; return how many these were.

    A row that the program wrote as well stays in. Without a key nothing tells which row became
    which, so that all rows stay where one is the program's.
    """
    listed = "{" + ",".join(map(str, sorted(theirs))) + "}"
    key = [f"c{column.id}" for column in shape.key]
    if not theirs or laid_out(name, [column.id for column in shape.columns]) != name:
        return 0
    same_key = " AND ".join(f"m.{one} = n.{one}" for one in key) or "true"
    return int(
        session.value(
            f"WITH gone AS (DELETE FROM {name} n WHERE n.clew_by = ANY ('{listed}'::bigint[])"
            f" AND NOT EXISTS (SELECT FROM {name} m WHERE {same_key}"
            f" AND m.clew_by <> ALL ('{listed}'::bigint[])) RETURNING 1)"
            " SELECT count(*) FROM gone"
        )
    )


def doubtful(session: Session, name: str, ours: Collection[int]) -> int:
    """Return how many rows may not be the program's."""
    listed = "{" + ",".join(map(str, sorted(ours))) + "}"
    return int(
        session.value(f"SELECT count(*) FROM {name} WHERE clew_by <> ALL ('{listed}'::bigint[])")
    )


def same(session: Session, shape: Shape, copy: Copy, shared: Iterable[Column]) -> bool:
    """Tell whether a table has the same rows as its copy, in the columns that both have."""
    columns = ", ".join(f"c{column.id}" for column in shared)
    return not session.value(
        "SELECT EXISTS (SELECT FROM"
        f" (SELECT -1 AS s, {columns} FROM {rows_of(copy)} o UNION ALL"
        f" SELECT 1, {columns} FROM ({present(shape)}) n) u GROUP BY {columns}"
        " HAVING sum(s) <> 0)"
    )


def filled_alike(session: Session, lost: Iterable[stakes.Stake]) -> bool:
    """Tell whether the types of lost columns are still there, to tell what fills them."""
    kinds = {
        str(column.definition["type"])
        for stake in lost
        if stake.before is not None
        for column in stake.before.columns
        if column.id in stake.columns
    }
    there = session.query(
        "SELECT x.kind FROM unnest(%s::text[]) x(kind) WHERE to_regtype(x.kind) IS NULL",
        (list(kinds),),
    )
    return not there


def same_number(session: Session, table: SchemaObject, copy: Copy) -> bool:
    """Tell whether a table has as many rows as its copy."""
    return bool(
        session.value(
            f"SELECT (SELECT count(*) FROM {copy.name})"
            f" = (SELECT count(*) FROM ONLY {quote(*table.path)})"
        )
    )


def written(session: Session, run: str, shape: Shape, name: str) -> TableRows | None:
    """Store images of what is in a temporary table of ``net``."""
    columns = [column.id for column in shape.columns]
    named = ", ".join(f"c{identity}" for identity in columns)
    texts = tuple(f"c{identity}" for identity in columns)
    text = msgspec.structs.replace(shape, texts=texts)
    last = int(
        session.value("SELECT coalesce(max(number), 0) FROM clew.image WHERE run = %s", (run,))
    )
    rows = None
    for event, sign in (("delete", -1), ("insert", 1)):
        source = (
            f"(SELECT {named} FROM {laid_out(name, columns, 's')} n,"
            f" generate_series(1, {sign} * n.s)) t"
        )
        rows = image(session, run, text, source, event=event, sign=sign) or rows
    if rows is None:
        return None
    (one,) = collected(session, run, last)
    rows = table_rows(shape, one, run)
    updated = _met(session, name, columns, [column.id for column in shape.key])
    return msgspec.structs.replace(
        rows, inserted=rows.added - updated, updated=updated, deleted=rows.removed - updated
    )


def _met(session: Session, name: str, columns: Sequence[int], key: Sequence[int]) -> int:
    """Return how many keys stand on both sides."""
    if not key:
        return 0
    on = " AND ".join(f"a.c{identity} = b.c{identity}" for identity in key)
    rows = laid_out(name, columns, "s")
    return int(
        session.value(
            f"SELECT count(*) FROM {rows} a JOIN {rows} b ON {on} WHERE a.s < 0 AND b.s > 0"
        )
    )


def _held(columns: Sequence[int]) -> str:
    """Return the columns in which a row of text is held."""
    held = kept("", columns).split(" FROM ")[0].removeprefix("SELECT ")
    return "r" if held.startswith("ARRAY") else held.replace("x.", "")


def lock(session: Session, oids: Iterable[int]) -> None:
    """Keep tables as they are until the transaction ends, by the names that they have now."""
    names = session.query(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = ANY (%s::oid[]) AND c.relkind IN ('r', 'p') ORDER BY c.oid",
        (list(oids),),
    )
    names = [one for one in names if _may_lock(session, one)]
    if names:
        listed = ", ".join(f"ONLY {quote(*one)}" for one in names)
        session.run(f"LOCK TABLE {listed} IN SHARE ROW EXCLUSIVE MODE")


def _may_lock(session: Session, name: tuple[str, str]) -> bool:
    """Tell whether the role may write a table: an owner can take that from himself."""
    rights = "UPDATE, DELETE, TRUNCATE"
    sql = "SELECT has_table_privilege(%s, %s)"
    return bool(session.value(sql, (quote(*name), rights)))
