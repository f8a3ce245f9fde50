"""Rows that a table is to hold, staged beside those that it holds: only what differs is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from journal.effect import Row
from journal.errors import Refused, StatementFailed
from journal.lines import row
from journal.postgresql.connection import Session
from journal.postgresql.fields import Converter
from journal.postgresql.images import Shape
from journal.postgresql.reading import value
from journal.postgresql.sides import Side, at_key, key_columns, live_texts
from journal.postgresql.staging import WIDE, kept, laid_out
from journal.replacing import Content
from journal.values import Column

PAGE = 500
"""Rows sent to the server at a time."""
_SPECIAL = re.compile(r"[\\\t\n\r]").search
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def staged(session: Session, shape: Shape, content: Content) -> Side:
    """Stage the rows that are to come into a table, and those that are to go.

    Raises:
        Refused: values cannot come back in the type of their column; or no key tells which
            rows are to go.
    """
    given = [column for column in shape.columns if column.name in content.columns]
    beside = [column for column in shape.columns if column.name not in content.columns]
    full = shape
    if any(column not in given for column in shape.key):
        shape = msgspec.structs.replace(shape, key=())
    if beside and not shape.key:
        shape = shape.part(column.id for column in given)
    name = f"clew_wanted_{shape.identity}"
    _load(session, name, given, content)
    _refuse_retyped(session, shape, name, given, content.retyped)
    if beside and shape.key:
        name = _completed(session, shape, name, given)
    side = _differing(session, shape, name)
    if beside and not shape.key:
        _refuse_doubtful(session, full, side)
    return side


# --- loading ----------------------------------------------------------------------------


def _load(session: Session, name: str, given: Sequence[Column], content: Content) -> None:
    """Copy rows in as text, numbered in their order."""
    wide = len(given) > WIDE
    by_name = {column.name: column.id for column in given}
    names = ["r"] if wide else [f"c{column.id}" for column in given]
    kind = "text[]" if wide else "text"
    typed = ", ".join(f"{one} {kind}" for one in names)
    session.run(f"CREATE TEMP TABLE {name} (changed boolean DEFAULT false, n bigint, {typed})")
    if content.lines is not None and not wide:
        names = [f"c{by_name[one]}" for one in content.columns]
        pages: Iterable[str | bytes] = _converted(content, content.lines())
    else:
        order = [content.columns.index(column.name) for column in given]
        rows = (tuple(row[place] for place in order) for row in content.rows())
        pages = _pages(rows, _array if wide else _fields)
    session.copy_in(f"COPY pg_temp.{name} (n, {', '.join(names)}) FROM STDIN", pages)


def _converted(content: Content, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Convert blocks of lines as they stand, or row by row where they were written otherwise."""
    converter, number = Converter(content.names), 0
    for block in blocks:
        text = converter.fields(block, number)
        yield _one_by_one(content, block, number) if text is None else text
        number += block.count(b"\n")


def _one_by_one(content: Content, block: bytes, first: int) -> bytes:
    lines = block.split(b"\n")[:-1]
    try:
        rows = [row(line, content.names, "postgresql") for line in lines]
    except ValueError as error:
        raise Refused(f"a line that is no row: {error}") from None
    return "".join([f"{n}\t{_fields(one)}\n" for n, one in enumerate(rows, first)]).encode()


def _pages(rows: Iterable[Row], line: Callable[[Row], str]) -> Iterator[str]:
    numbered = enumerate(rows)
    while page := list(islice(numbered, PAGE)):
        yield "".join([f"{n}\t{line(row)}\n" for n, row in page])


def _fields(row: Row) -> str:
    """Return a row in COPY's text format (PostgreSQL manual, COPY, "Text Format")."""
    return "\t".join(["\\N" if value is None else _escaped(value) for value in row])


def _array(row: Row) -> str:
    """Return a row as one field, an array (manual, "Array Input and Output Syntax")."""
    elements = ("NULL" if one is None else f'"{_quoted(one)}"' for one in row)
    return _escaped(f"{{{','.join(elements)}}}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if _SPECIAL(text) else text


# --- what does not fit --------------------------------------------------------------------


def _refuse_retyped(
    session: Session, shape: Shape, name: str, given: Sequence[Column], retyped: Sequence[str]
) -> None:
    rows = laid_out(f"pg_temp.{name}", [c.id for c in given], "n")
    for column in given:
        if column.name not in retyped:
            continue
        kind, text = column.definition["type"], f"w.c{column.id}"
        hint = f"Leave the column out: --leave-out {column.name}."
        try:
            lost = session.value(
                f"SELECT count(*) FROM {rows} w"
                f" WHERE ({value(text, kind)})::text IS DISTINCT FROM {text}"
            )
        except StatementFailed as error:
            what = f"column {column.name} of {shape.name} is {kind} now: {error.message}"
            raise Refused(what, hint=hint) from error
        if lost:
            what = f"column {column.name} of {shape.name} is {kind} now, and {lost:,} values"
            raise Refused(f"{what} would not come back as they were", hint=hint)


def _refuse_doubtful(session: Session, full: Shape, side: Side) -> None:
    """Refuse rows that are alike in what is given, differ in the rest, and go only in part."""
    shape = side.shape
    given = [column.id for column in shape.columns]
    texts = dict(zip((c.id for c in full.columns), full.texts_of("t"), strict=True))
    row = ", ".join(texts[identity] for identity in given)
    whole = ", ".join(texts.values())
    going = ", ".join(f"s.c{identity}" for identity in given)
    doubtful = session.value(
        f"SELECT EXISTS (SELECT FROM (SELECT ARRAY[{row}]::text[] AS r, count(*) AS copies,"
        f" count(DISTINCT ARRAY[{whole}]::text[]) AS kinds FROM ONLY {full.name} t GROUP BY 1) l"
        f" JOIN (SELECT ARRAY[{going}]::text[] AS r, count(*) AS copies FROM {side.after} s"
        " GROUP BY 1) g USING (r) WHERE l.kinds > 1 AND g.copies < l.copies)"
    )
    if doubtful:
        raise Refused(
            f"rows of {full.name} differ only in columns that are not restored, and no key tells"
            " which of them are to go"
        )


# --- what differs -------------------------------------------------------------------------


def _completed(session: Session, shape: Shape, name: str, given: Sequence[Column]) -> str:
    """Add the columns that are not given: as they are in rows that are there, else by default."""
    ids = {column.id for column in given}
    texts = dict(zip((c.id for c in shape.columns), shape.texts_of("t"), strict=True))
    values = [
        f"w.c{c.id}"
        if c.id in ids
        else f"CASE WHEN t.tableoid IS NOT NULL THEN {texts[c.id]}"
        f" ELSE (({_default(session, shape, c)})::{c.definition['type']})::text END AS c{c.id}"
        for c in shape.columns
    ]
    rows = laid_out(f"pg_temp.{name}", [c.id for c in given], "n")
    joined = (
        f"SELECT w.n, {', '.join(values)} FROM {rows} w"
        f" LEFT JOIN ONLY {shape.name} t ON {at_key(shape, 'w')}"
    )
    every = [column.id for column in shape.columns]
    query = kept(joined, every, "false AS changed", "x.n")
    session.run(f"CREATE TEMP TABLE {name}_whole AS {query}")
    session.run(f"DROP TABLE pg_temp.{name}")
    return f"{name}_whole"


def _default(session: Session, shape: Shape, column: Column) -> str:
    if "identity" not in column.definition:
        return str(column.definition.get("default", "NULL"))
    name = session.value(
        "SELECT pg_catalog.pg_get_serial_sequence(%s, %s)", (shape.name, column.name)
    )
    return f"nextval('{str(name).replace(chr(39), chr(39) * 2)}'::regclass)"


def _differing(session: Session, shape: Shape, name: str) -> Side:
    """Keep what differs: rows that are wanted and not there, and the other way round."""
    before, after = f"clew_before_{shape.identity}", f"clew_after_{shape.identity}"
    ids = [column.id for column in shape.columns]
    live = f"SELECT {{n}} AS n, {', '.join(_live(shape))} FROM ONLY {shape.name} t"
    numbered = live.format(n="row_number() OVER ()")
    there = session.value(f"SELECT EXISTS (SELECT FROM ONLY {shape.name})")
    if not there:
        session.run(f"ALTER TABLE pg_temp.{name} RENAME TO {before}")
        queries = {after: f"{numbered} WHERE false"}
    elif shape.key:
        session.run(f"ANALYZE pg_temp.{name} ({_told(shape, ids)})")
        wanted = laid_out(f"pg_temp.{name}", ids, "n")
        same = f"{at_key(shape)} AND {_equal(shape)}"
        queries = {
            before: f"SELECT s.* FROM {wanted} s WHERE NOT EXISTS"
            f" (SELECT FROM ONLY {shape.name} t WHERE {same})",
            after: f"{numbered} WHERE NOT EXISTS (SELECT FROM {wanted} s WHERE {same})",
        }
    else:
        queries = _as_multisets(shape, laid_out(f"pg_temp.{name}", ids, "n"), before, after)
    for table, query in queries.items():
        session.run(f"CREATE TEMP TABLE {table} AS {kept(query, ids, 'false AS changed', 'x.n')}")
    if there:
        session.run(f"DROP TABLE pg_temp.{name}")
    side = Side(shape=shape, before_table=f"pg_temp.{before}", after_table=f"pg_temp.{after}")
    for table in (before, after):
        session.run(f"ANALYZE pg_temp.{table} ({_told(shape, ids)})")
    return side


def _as_multisets(shape: Shape, wanted: str, before: str, after: str) -> dict[str, str]:
    columns = ", ".join(f"x.c{column.id}" for column in shape.columns)
    here = f"SELECT {', '.join(_live(shape))} FROM ONLY {shape.name} t"
    there = f"SELECT {columns} FROM {wanted} x"
    number = "SELECT row_number() OVER () AS n, x.* FROM"
    return {
        before: f"{number} ({there} EXCEPT ALL {here}) x",
        after: f"{number} ({here} EXCEPT ALL {there}) x",
    }


def _told(shape: Shape, ids: Sequence[int]) -> str:
    """Name the columns whose values the planner has to know of."""
    return key_columns(shape) if shape.key and len(ids) <= WIDE else "n"


def _live(shape: Shape) -> list[str]:
    texts = zip(live_texts(shape), shape.columns, strict=True)
    return [f"{text} AS c{column.id}" for text, column in texts]


def _equal(shape: Shape) -> str:
    texts = zip(live_texts(shape), shape.columns, strict=True)
    return " AND ".join(f"{text} IS NOT DISTINCT FROM s.c{c.id}" for text, c in texts)
