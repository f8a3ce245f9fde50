"""Rows of the past: the check of a rollback row by row, and a table at an earlier position."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from journal.effect import Schema, Step
from journal.errors import NotFound, Refused
from journal.errors import rows as in_words
from journal.postgresql.archiving import expect
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.erased import is_erased, masked, with_erased
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import Shape, shape_of, unfolded
from journal.postgresql.made import filling
from journal.postgresql.reading import value
from journal.postgresql.ready import begin_with_temporary
from journal.postgresql.relabelled import Relabelled, relabelled
from journal.postgresql.sides import at_key
from journal.told import Told, told
from journal.values import ChangedRow, Column, ObjectChange, SchemaObject, TableRows


def mismatches(
    session: Session,
    rows: Sequence[TableRows],
    schema: Schema,
    changes: Sequence[ObjectChange] = (),
) -> Iterator[ChangedRow]:
    """Compare live rows with the first image that the journal has for each key.

    Where the first image is a before image the live row must equal it, in the columns that it
    tells; where it is an after image there must be no row. Tables without a key are left to
    ``net``, and so are values whose text ``changes`` made another.
    """
    expect(session, rows)
    texts = tuple(relabelled(session, changes, schema))
    dropped = {c.before.id for c in changes if c.before and c.after is None}
    for identity in dict.fromkeys(one.table for one in rows):
        table = schema.get(identity)
        if table is None or table.kind != "table":
            continue
        shape = shape_of(session, table, _oid(session, table.path))
        columns = {c.id for c in shape.columns if not _holding(texts, c)}
        if not {column.id for column in shape.key} <= columns:
            continue
        mine = (one for one in rows if one.table == identity)
        keys = {column.id for column in shape.key}
        parts = [
            msgspec.structs.replace(part, erased=is_erased(session, part.rows))
            for part in told(mine, columns, keys, dropped=identity in dropped)
        ]
        if shape.key and parts:
            with uncovered(session, [shape.oid]), plain(session):
                found = list(_compare(session, shape, parts))
            yield from found


def _compare(session: Session, shape: Shape, parts: Sequence[Told]) -> Iterator[ChangedRow]:
    ids = [column.id for column in shape.columns]
    places = {column.id: ids.index(column.id) + 1 for column in shape.key}
    key = ", ".join(f"r[{place}]" for place in places.values())
    session.run(f"CREATE TEMP TABLE clew_first AS {_first_images(parts, key, ids)}")
    named = ", ".join(f"r[{place}] AS c{identity}" for identity, place in places.items())
    live = ", ".join(
        f"CASE WHEN f.told[{n}] THEN {text} END"
        for n, text in enumerate(shape.texts_of("t"), start=1)
    )
    there = f"CASE WHEN t.tableoid IS NOT NULL THEN ARRAY[{live}]::text[] END"
    wanted = "CASE WHEN f.sign < 0 THEN f.r END"
    found = session.query(
        f"SELECT ARRAY[{', '.join(f'f.c{c.id}' for c in shape.key)}]::text[], {wanted}, {there}"
        f" FROM (SELECT sign, told, r, {named} FROM pg_temp.clew_first) f"
        f" LEFT JOIN ONLY {shape.name} t ON {at_key(shape, stage='f')}"
        f" WHERE {wanted} IS DISTINCT FROM {there}"
    )
    session.run("DROP TABLE pg_temp.clew_first")
    names = [column.name for column in shape.columns]
    for values, expected, seen in found:
        yield ChangedRow(
            table=shape.identity,
            key=dict(zip([c.name for c in shape.key], values, strict=True)),
            journaled=dict(zip(names, expected, strict=True)) if expected else None,
            live=dict(zip(names, seen, strict=True)) if seen else None,
        )


def _first_images(parts: Sequence[Told], key: str, columns: Sequence[int]) -> str:
    """The query that keeps, for each key, its first image as ``r``; a before image goes first.

    ``told`` says of each column whether the image tells it; where not, it is null, but for the
    key. Images of one statement that cancel are left out, so that a row inserted and updated by
    it counts as inserted.
    """
    queries = []
    for place, part in enumerate(parts):
        tells = [identity in part.columns for identity in columns]
        values = (f"c{c}" if tell else "NULL" for c, tell in zip(columns, tells, strict=True))
        erased = part.erased
        listed = f"ARRAY[{', '.join(values)}]::text[] AS r, {'e' if erased else 'NULL AS e'}"
        before = f"SELECT {listed} FROM ({unfolded(part.rows, -1, erased=erased)}) b"
        after = f"SELECT {listed} FROM ({unfolded(part.rows, 1, erased=erased)}) a"
        row, told_, where = "r", f"ARRAY{tells}::bool[]", ""
        if erased:
            row, told_ = _unerased(columns, tells)
            where = " WHERE NOT " + _any_erased(part.rows.key)
        for sign, left in (
            (-1, f"{before} EXCEPT ALL {after}"),
            (1, f"{after} EXCEPT ALL {before}"),
        ):
            queries.append(
                f"SELECT {place} AS place, {sign} AS sign, {told_} AS told, {row} AS r"
                f" FROM ({left}) x{where}"
            )
    return (
        f"SELECT DISTINCT ON ({key}) sign, told, r"
        f" FROM ({' UNION ALL '.join(queries)}) e ORDER BY {key}, place, sign"
    )


def _unerased(columns: Sequence[int], tells: Sequence[bool]) -> tuple[str, str]:
    """The SQL of a row without what was erased, and of which columns it tells then."""
    places = range(1, len(columns) + 1)
    kept = [
        f"CASE WHEN NOT {masked(c, 'x')} THEN r[{n}] END"
        for n, c in zip(places, columns, strict=True)
    ]
    told_ = [f"{tell} AND NOT {masked(c, 'x')}" for c, tell in zip(columns, tells, strict=True)]
    return f"ARRAY[{', '.join(kept)}]::text[]", f"ARRAY[{', '.join(told_)}]::bool[]"


def _any_erased(columns: Iterable[int]) -> str:
    return f"({' OR '.join(masked(column, 'x') for column in columns) or 'false'})"


def rows_at(
    session: Session, table: int, steps: Sequence[Step], *, schema: Schema, then: Schema
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table before ``steps``: the live rows less what the steps did.

    Raises:
        Refused: values have another text since, and which they had cannot be told.
    """
    target, objects = then[table], dict(schema)
    changed: set[int] = set()
    columns = [c for c in target.columns if "generated" not in c.definition]
    taken = [one for step in reversed(steps) for one in step.rows if one.table == table]
    expect(session, taken)
    with _scratch(session), plain(session):
        key = _open_past(session, table, schema, columns, taken)
        for step in reversed(steps):
            changed |= _relabel(session, step, objects, objects.get(table))
            _fill(session, table, step)
            _go_back(objects, step)
            for one in (one for one in step.rows if one.table == table):
                _take_back(session, one)
        names = ", ".join(f"c{column.id}" for column in columns)
        order = _order(session, columns, changed, key or _key(taken))
        rows = session.query(f"SELECT ARRAY[{names}]::text[], e FROM pg_temp.clew_past x{order}")
    identities = [column.id for column in columns]
    for values, erased in rows:
        told_ = with_erased(dict(zip(identities, values, strict=True)), erased)
        yield dict(zip([column.name for column in columns], told_.values(), strict=True))


@contextmanager
def _scratch(session: Session) -> Iterator[None]:
    """Work in temporary tables that leave nothing behind."""
    own = not session.in_transaction
    if own:
        begin_with_temporary(session)
    else:
        session.run("SAVEPOINT clew_past")
    try:
        yield
    finally:
        session.run("ROLLBACK" if own else "ROLLBACK TO clew_past")
        if not own:
            session.run("RELEASE clew_past")


def _open_past(
    session: Session,
    table: int,
    schema: Schema,
    columns: Sequence[Column],
    taken: Iterable[TableRows],
) -> tuple[int, ...]:
    """Copy the live rows as text, by column identity, and return the key's columns."""
    identities = {column.id for column in columns}
    identities |= {identity for one in taken for identity in one.columns}
    live = schema.get(table)
    shape = shape_of(session, live, _oid(session, live.path)) if live else None
    if shape:
        identities |= {column.id for column in shape.columns}
    listed = ", ".join(f"c{identity} text" for identity in sorted(identities))
    session.run(f"CREATE TEMP TABLE clew_past ({listed}, e text)")
    if shape is None:
        return ()
    names = ", ".join(f"c{column.id}" for column in shape.columns)
    session.run(
        f"INSERT INTO pg_temp.clew_past ({names}) SELECT {', '.join(shape.texts)}"
        f" FROM ONLY {shape.name}"
    )
    return tuple(column.id for column in shape.key)


def _relabel(session: Session, step: Step, objects: Schema, table: SchemaObject | None) -> set[int]:
    """Give values that have other texts since a step those of before; return their columns."""
    changed: set[int] = set()
    if table is None:
        return changed
    written = any(one.table == table.id and one.cause == "written" for one in step.rows)
    for texts in relabelled(session, step.changes, objects):
        for column in table.columns:
            kind = str(column.definition["type"])
            if not texts.holds(kind) or "generated" in column.definition:
                continue
            own = f"c{column.id}"
            changed.add(column.id)
            session.run(f"ALTER TABLE pg_temp.clew_past ADD COLUMN IF NOT EXISTS {own} text")
            if texts.names(kind) and texts.known and not written:
                lists = list(texts.labels), list(texts.labels.values())
                session.query(
                    f"WITH done AS (UPDATE pg_temp.clew_past SET {own} = x.old"
                    f" FROM unnest(%s::text[], %s::text[]) AS x(new, old) WHERE {own} = x.new)"
                    " SELECT 1",
                    lists,
                )
            elif _told_by(session, own, texts) or written:
                raise Refused(
                    f"values of column {column.name} of {'.'.join(table.path)} have another text"
                    " since a rename",
                    hint="Ask for a position after the rename.",
                )
    return changed


def _told_by(session: Session, column: str, texts: Relabelled) -> bool:
    """Tell whether a value may hold a text that is another since."""
    found = "true" if not texts.known else f"position(x.new in {column}) > 0"
    return bool(
        session.query(
            "SELECT 1 FROM pg_temp.clew_past, unnest(%s::text[]) AS x(new)"
            f" WHERE {column} IS NOT NULL AND {found} LIMIT 1",
            (list(texts.labels) or [""],),
        )
    )


def _holding(texts: Iterable[Relabelled], column: Column) -> bool:
    return any(one.holds(str(column.definition["type"])) for one in texts)


def _go_back(objects: dict[int, SchemaObject], step: Step) -> None:
    for change in step.changes:
        if change.after is not None:
            objects.pop(change.after.id, None)
        if change.before is not None:
            objects[change.before.id] = change.before


def _fill(session: Session, table: int, step: Step) -> None:
    """Give columns that the step dropped what adding them would; images tell the rest."""
    for change in step.changes:
        if change.before is None or change.after is None or change.before.id != table:
            continue
        stays = {column.id for column in change.after.columns}
        for column in change.before.columns:
            if column.id not in stays and "generated" not in column.definition:
                filled = f"format('%s', ({filling(column) or 'NULL'})::{column.definition['type']})"
                session.run(
                    f"ALTER TABLE pg_temp.clew_past ADD COLUMN IF NOT EXISTS c{column.id} text"
                )
                if "default" in column.definition and filling(column):
                    session.run(f"UPDATE pg_temp.clew_past SET c{column.id} = {filled}")


def _take_back(session: Session, rows: TableRows) -> None:
    columns = ", ".join(f"c{identity}" for identity in rows.columns)
    erased = is_erased(session, rows)
    before, after = (unfolded(rows, sign, erased=erased) for sign in (-1, 1))
    if rows.cause == "destroyed" and session.value("SELECT 1 FROM pg_temp.clew_past LIMIT 1"):
        if not rows.key:
            raise NotFound("rows of a table without a key, before one of its columns was dropped")
        sets = ", ".join(f"c{i} = b.c{i}" for i in rows.columns)
        sets += ", e = nullif(concat_ws(',', p.e, b.e), '')" if erased else ""
        at = " AND ".join(f"p.c{i} = b.c{i}" for i in rows.key)
        session.run(f"UPDATE pg_temp.clew_past p SET {sets} FROM ({before}) b WHERE {at}")
        return
    if erased:
        columns += ", e"
    same = f"ARRAY[{', '.join(f'p.c{i}' for i in rows.columns)}]::text[]"
    image = f"ARRAY[{', '.join(f'c{i}' for i in rows.columns)}]::text[]"
    gone = f"SELECT {columns} FROM ({after}) a EXCEPT ALL SELECT {columns} FROM ({before}) b"
    back = f"SELECT {columns} FROM ({before}) b EXCEPT ALL SELECT {columns} FROM ({after}) a"
    if erased:
        _take_erased(session, rows, gone)
    session.run(
        "DELETE FROM pg_temp.clew_past WHERE ctid = ANY (ARRAY(SELECT l.place FROM"
        f" (SELECT p.ctid AS place, {same} AS r,"
        f" row_number() OVER (PARTITION BY {same}) AS copy FROM pg_temp.clew_past p) l"
        f" JOIN (SELECT {image} AS r, count(*) AS copies FROM ({gone}) g GROUP BY 1) w"
        " ON l.r = w.r AND l.copy <= w.copies))"
    )
    session.run(f"INSERT INTO pg_temp.clew_past ({columns}) {back}")


def _take_erased(session: Session, rows: TableRows, gone: str) -> None:
    """Take rows away that bear another value than their image, which was erased, by their key.

    Where the key was erased too, they come from images that were erased with it: its token is
    theirs.
    """
    if not rows.key:
        lost = session.value(f"SELECT count(*) FROM ({gone}) x WHERE e IS NOT NULL")
        if lost:
            raise Refused(
                f"{in_words(lost)} of a table without a key were erased: which they are now"
                " cannot be told"
            )
        return
    at = " AND ".join(f"p.c{i} = x.c{i}" for i in rows.key)
    session.run(f"DELETE FROM pg_temp.clew_past p USING ({gone}) x WHERE {at} AND x.e IS NOT NULL")


def _key(taken: Iterable[TableRows]) -> tuple[int, ...]:
    return next((one.key for one in taken if one.key), ())


def _order(
    session: Session, columns: Sequence[Column], changed: Container[int], key: Sequence[int]
) -> str:
    """Return the ORDER BY of the key; by its text where the type is gone or tells others now."""
    types = {column.id: str(column.definition["type"]) for column in columns}
    key = [identity for identity in key if identity in types]
    there = session.query(
        "SELECT x.kind FROM unnest(%s::text[]) AS x(kind) WHERE to_regtype(x.kind) IS NOT NULL",
        ([types[identity] for identity in key if identity not in changed],),
    )
    parts = []
    for one in key:
        plain_ = value(f"c{one}", types[one]) if (types[one],) in there else f"c{one}"
        parts.append(f"CASE WHEN NOT {masked(one, 'x')} THEN {plain_} END")
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def _oid(session: Session, path: tuple[str, ...]) -> int:
    return int(session.value("SELECT %s::regclass::oid::int8", (quote(*path),)))
