"""Making values of the journal unreadable in a PostgreSQL database.

Versions of rows that were written over go with the next VACUUM.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from journal.erased import Erasure, Holding, Rewritten, Wanted, marker, name_of
from journal.errors import StatementFailed, Tampered
from journal.postgresql import reading
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.erased import masked, unnested, with_erased
from journal.values import SchemaObject, TableRows

PAGE = 20
"""Chunks rewritten by one statement."""

_TABLES = ["content", "image"]
_GUARDS = """
SELECT c.relname, g.tgname, g.tgenabled FROM pg_catalog.pg_trigger g
JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
WHERE c.relnamespace = to_regnamespace('clew') AND c.relname = ANY (%s)
  AND g.tgfoid = to_regprocedure('clew.refuse()') AND g.tgenabled <> 'D'
"""
_DIGEST = (
    "sha256(convert_to(i.event || CASE WHEN i.sign < 0 THEN '-' ELSE '+' END || i.rows::text"
    " || ':' || {chunk}::text, 'UTF8'))"
)
_ENABLED = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


def may_erase(session: Session) -> bool:
    """Tell whether this role owns the tables of content and images, or belongs to who does."""
    return bool(
        session.value(
            "SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) FROM pg_catalog.pg_class c"
            " WHERE c.relnamespace = to_regnamespace('clew') AND c.relname = ANY (%s)",
            (_TABLES,),
        )
    )


@contextmanager
def lifted(session: Session) -> Iterator[None]:
    """Switch the triggers that refuse an UPDATE off for the block, and on as they were."""
    found = session.query(_GUARDS, (_TABLES,))
    for table, name, _ in found:
        session.run(f'ALTER TABLE clew.{table} DISABLE TRIGGER "{name}"')
    yield
    for table, name, enabled in found:
        session.run(f'ALTER TABLE clew.{table} {_ENABLED[enabled]} TRIGGER "{name}"')


def erase_content(session: Session, digest: str, position: int) -> str:
    """Put what says that it was erased in the place of content; return its digest."""
    left = marker(position)
    session.query("DELETE FROM clew.content WHERE digest = %s", (name_of(digest),))
    session.query(
        "UPDATE clew.content SET digest = %s, content = %s WHERE digest = %s",
        (name_of(digest), left, digest),
    )
    return hashlib.sha256(left).hexdigest()


def _mark(session: Session, digest: str, position: int) -> None:
    session.query("DELETE FROM clew.content WHERE digest = %s", (name_of(digest),))
    session.query("INSERT INTO clew.content VALUES (%s, %s)", (name_of(digest), marker(position)))


def contents(session: Session) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each content, a page at a time."""
    last = ""
    while page := session.query(
        "SELECT digest, content FROM clew.content WHERE digest > %s ORDER BY digest LIMIT 100",
        (last,),
    ):
        yield from ((name, bytes(content)) for name, content in page)
        last = page[-1][0]


def key_forms(
    session: Session, table: SchemaObject, words: dict[int, str]
) -> dict[int, tuple[Any, ...]]:
    """Return the text that a value has in images, as its type writes it where that is there.

    Raises:
        StatementFailed: a word is no value of its type.
    """
    types = {column.id: str(column.definition.get("type", "text")) for column in table.columns}
    return {one: (_written(session, word, types.get(one, "text")),) for one, word in words.items()}


def _written(session: Session, word: str, kind: str) -> str:
    if "\0" in word:
        raise StatementFailed("a key of PostgreSQL holds no NUL", sqlstate="22021")
    if session.value("SELECT to_regtype(%s)", (kind,)) is None:
        return word
    read = reading.value("%(word)s::text", kind.replace("%", "%%"))
    sql = f"SELECT format('%%s', {read})"
    with session.point(), plain(session):
        return str(session.value(sql, {"word": word}))


def images_of(
    session: Session, rows: TableRows, wanted: Wanted
) -> Iterator[tuple[int, dict[int, Any]]]:
    """Yield images of a range that are meant: sign, and values by the identities of columns."""
    if rows.images is None or not _has_key(rows, wanted):
        return
    meant = [one for one in rows.columns if one in wanted.columns or not wanted.columns]
    if not meant:
        return
    columns = ", ".join(f"u.c{identity}" for identity in meant)
    sql = (
        f"SELECT i.sign, ARRAY[{columns}]::text[], u.e FROM clew.image i, {unnested(rows)}"
        " WHERE i.run = %(run)s AND i.object = %(object)s AND i.number = %(number)s"
        f" AND {_hit(wanted)} ORDER BY i.number, u.n"
    )
    for number in range(rows.images.first, rows.images.last + 1):
        known = {"run": rows.run, "object": rows.table, "number": number, **_forms(wanted)}
        for sign, values, erased in session.query(sql, known):
            yield sign, with_erased(dict(zip(meant, values, strict=True)), erased)


def erase_images(session: Session, rows: TableRows, one: Erasure, digest: str) -> Rewritten:
    """Put tokens in the place of what is meant, some chunks at a time."""
    assert rows.images is not None
    before = _digest(session, rows)
    wanted = one.wanted
    if before != digest:
        raise Tampered("row images do not match their digest", hint="Look with: clew verify.")
    count = 0
    if _has_key(rows, wanted):
        sql = _rewriting(rows, wanted, one.position)
        fixed = {"run": rows.run, "object": rows.table, "secret": one.secret, **_forms(wanted)}
        for first in range(rows.images.first, rows.images.last + 1, PAGE):
            last = min(first + PAGE - 1, rows.images.last)
            found = session.query(sql, fixed | {"first": first, "last": last})
            count += sum(hits for (hits,) in found)
    if count:
        _mark(session, rows.images.digest, one.position)
    after = _digest(session, rows) if count else before
    return Rewritten(before=before, after=after, rows=count)


def rows_meant(session: Session, wanted: Wanted) -> Iterator[dict[int, Any]]:
    """Yield live rows that are meant, by the identities of columns."""
    meant = wanted.columns | {identity for identity, _ in wanted.key}
    columns = [one for one in wanted.table.columns if one.id in meant]
    texts = ", ".join(f"{_escaped(one.name)}::text" for one in columns)
    sql = (
        f"SELECT ARRAY[{texts}]::text[] FROM ONLY {_escaped(*wanted.table.path)}"
        f" WHERE {' AND '.join(_live_key(wanted)) or 'true'}"
    )
    with plain(session):
        for (values,) in session.stream(sql, _forms(wanted)):
            yield dict(zip([one.id for one in columns], values, strict=True))


def _live_key(wanted: Wanted) -> list[str]:
    names = {one.id: _escaped(one.name) for one in wanted.table.columns}
    return [f"{names[one]}::text = ANY (%(key{one})s)" for one, _ in wanted.key]


def others_bear(session: Session, wanted: Wanted, column: int, value: Any) -> bool:
    """Tell whether a live row beside those that are meant has this value in a column."""
    names = {one.id: _escaped(one.name) for one in wanted.table.columns}
    tests = _live_key(wanted)
    sql = (
        f"SELECT 1 FROM ONLY {_escaped(*wanted.table.path)} WHERE {names[column]}::text = %(value)s"
        f" AND NOT ({' AND '.join(tests)}) LIMIT 1"
    )
    with session.point(), plain(session):
        return bool(session.query(sql, {"value": value, **_forms(wanted)}))


def _escaped(*names: str) -> str:
    """A name, quoted, in a statement that takes parameters."""
    return quote(*names).replace("%", "%%")


def images_holding(session: Session, texts: tuple[str, ...]) -> Iterator[Holding]:
    """Yield the chunks in which one of these texts stands."""
    for run, number in session.query(
        "SELECT i.run, i.number FROM clew.image i WHERE EXISTS (SELECT 1 FROM unnest(i.chunk) v,"
        " unnest(%s::text[]) x WHERE position(x IN v) > 0) ORDER BY 1, 2",
        (list(texts),),
    ):
        yield Holding(run=run, number=number)


def _rewriting(rows: TableRows, wanted: Wanted, position: int) -> str:
    """The statement that writes the chunks in which something is meant anew."""
    meant = [identity for identity in rows.columns if identity in wanted.columns]
    marks = ", ".join(
        f"CASE WHEN q.hit AND NOT {masked(c, 'q')} THEN '{c}={position}' END" for c in meant
    )
    values = ", ".join(
        f"array_agg({_token(rows, c, position) if c in meant else f'q.c{c}'})" for c in rows.columns
    )
    erased = f"nullif(concat_ws(',', q.e, {marks}), '')"
    return f"""
UPDATE clew.image i SET chunk = r.chunk,
    digest = {_DIGEST.format(chunk="r.chunk")}
FROM (
    SELECT i.number, a.* FROM clew.image i CROSS JOIN LATERAL (
        SELECT ARRAY[{values}, array_agg({erased})] AS chunk,
               count(*) FILTER (WHERE {erased} IS DISTINCT FROM q.e) AS hits
        FROM (SELECT u.*, {_hit(wanted)} AS hit FROM {unnested(rows)}) q
    ) a
    WHERE i.run = %(run)s AND i.object = %(object)s AND i.number BETWEEN %(first)s AND %(last)s
      AND a.hits > 0
) r
WHERE i.run = %(run)s AND i.number = r.number RETURNING r.hits
"""


def _token(rows: TableRows, column: int, position: int) -> str:
    """What is put in the place of a value: of one row, equal values have equal tokens."""
    whose = rows.key or rows.columns
    row = f"ARRAY[{', '.join(f'q.c{identity}' for identity in whose)}]::text[]::text"
    seed = f"{row} || ' {column} ' || coalesce('=' || q.c{column}, '')"
    digest = f"encode(sha256(%(secret)s::bytea || convert_to({seed}, 'UTF8')), 'hex')"
    return (
        f"CASE WHEN q.hit AND NOT {masked(column, 'q')}"
        f" THEN 'erased:{position}:' || left({digest}, 32) ELSE q.c{column} END"
    )


def _has_key(rows: TableRows, wanted: Wanted) -> bool:
    return all(identity in rows.columns for identity, _ in wanted.key)


def _hit(wanted: Wanted) -> str:
    tests = [f"coalesce(u.c{one} = ANY (%(key{one})s), false)" for one, _ in wanted.key]
    return " AND ".join(tests) or "true"


def _forms(wanted: Wanted) -> dict[str, list[Any]]:
    return {f"key{identity}": list(forms) for identity, forms in wanted.key}


def _digest(session: Session, rows: TableRows) -> str:
    assert rows.images is not None
    return str(
        session.value(
            "SELECT encode(sha256(coalesce(string_agg("
            f"{_DIGEST.format(chunk='i.chunk')}, ''::bytea ORDER BY number), '')), 'hex')"
            " FROM clew.image i WHERE run = %s AND object = %s AND number BETWEEN %s AND %s",
            (rows.run, rows.table, rows.images.first, rows.images.last),
        )
    )
