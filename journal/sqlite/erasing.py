"""Making values of the journal unreadable in a SQLite file.

What is written over is zeroed (``PRAGMA secure_delete``). Pages that were freed before, and a
write-ahead log, are not ours to clear: VACUUM and a checkpoint do that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from journal.chunks import chunk_digest
from journal.effect import RawText
from journal.erased import Erased, Erasure, Holding, Rewritten, Wanted, marker, name_of
from journal.errors import Tampered
from journal.sqlite.connection import Session, quote
from journal.sqlite.images import encode_row, encode_rows, read_rows, stored
from journal.sqlite.install import guards
from journal.sqlite.shape import shape_of
from journal.values import SchemaObject, TableRows

_TOKEN = 16
_LARGEST = 2**63
_REWRITTEN = (
    "clew_content_no_update",
    "clew_content_no_delete",
    "clew_image_no_update",
    "clew_image_no_delete",
)

Row = Sequence[Any]


@contextmanager
def lifted(session: Session) -> Iterator[None]:
    """Take the triggers of content and images off for the block; those that stood come back."""
    rows = session.run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found: dict[str, str] = dict(rows)
    ours = guards(session)
    standing = {name: found[name] for name in _REWRITTEN if found.get(name) == ours[name]}
    session.run("PRAGMA secure_delete = ON")
    for name in standing:
        session.run(f"DROP TRIGGER {name}")
    yield
    for sql in standing.values():
        session.run(sql)


def erase_content(session: Session, digest: str, position: int) -> str:
    """Put what says that it was erased in the place of content; return its digest."""
    left = marker(position)
    session.run("DELETE FROM clew_content WHERE digest = ?", (name_of(digest),))
    session.run(
        "UPDATE clew_content SET digest = ?, content = ? WHERE digest = ?",
        (name_of(digest), left, digest),
    )
    return hashlib.sha256(left).hexdigest()


def _mark(session: Session, digest: str, position: int) -> None:
    session.run("DELETE FROM clew_content WHERE digest = ?", (name_of(digest),))
    session.run("INSERT INTO clew_content VALUES (?, ?)", (name_of(digest), marker(position)))


def contents(session: Session) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each content, a page at a time."""
    last = ""
    while page := session.run(
        "SELECT digest, content FROM clew_content WHERE digest > ? ORDER BY digest LIMIT 100",
        (last,),
    ):
        yield from page
        last = page[-1][0]


def key_forms(words: dict[int, str]) -> dict[int, tuple[Any, ...]]:
    """Return how a word may be stored in a column: as text, and as a number where it is one."""
    return {identity: _forms(word) for identity, word in words.items()}


def images_of(
    session: Session, rows: TableRows, wanted: Wanted
) -> Iterator[tuple[int, dict[int, Any]]]:
    """Yield images of a range that are meant: sign, and values by the identities of columns."""
    is_wanted = _finder(rows, wanted)
    places = [
        (identity, n)
        for n, identity in enumerate(rows.columns, start=1)
        if identity in wanted.columns or not wanted.columns
    ]
    for _, sign, _, chunk in stored(session, rows):
        if _may_hold(chunk, wanted):
            for row in read_rows(chunk):
                if is_wanted(row):
                    yield sign, {identity: row[n] for identity, n in places}


def erase_images(session: Session, rows: TableRows, one: Erasure, digest: str) -> Rewritten:
    """Put tokens in the place of what is meant; the chunks that change are written anew."""
    assert rows.images is not None
    before, after, count = hashlib.sha256(), hashlib.sha256(), 0
    changed = _Changing(rows, one)
    last = rows.images.first - 1
    while last < rows.images.last:  # a page at a time: what is read is not what is written
        page = session.run(
            "SELECT number, sign, rows, chunk FROM clew_image"
            " WHERE run = ? AND number > ? AND number <= ? ORDER BY number LIMIT 4",
            (rows.run, last, rows.images.last),
        )
        if not page:
            break
        for number, sign, size, chunk in page:
            before.update(chunk_digest(sign, size, chunk))
            new, hits = changed(chunk)
            after.update(chunk_digest(sign, size, new))
            count += hits
            if hits:
                session.run(
                    "UPDATE clew_image SET chunk = ? WHERE run = ? AND number = ?",
                    (new, rows.run, number),
                )
        last = page[-1][0]
    if before.hexdigest() != digest:
        raise Tampered("row images do not match their digest", hint="Look with: clew verify.")
    if count:
        _mark(session, rows.images.digest, one.position)
    return Rewritten(before=before.hexdigest(), after=after.hexdigest(), rows=count)


def rows_meant(session: Session, wanted: Wanted) -> Iterator[dict[int, Any]]:
    """Yield live rows that are meant, by the identities of columns."""
    meant = wanted.columns | {identity for identity, _ in wanted.key}
    columns = [one for one in wanted.table.columns if one.id in meant]
    test, given = _meant(wanted)
    names = ", ".join(quote(one.name) for one in columns)
    sql = f"SELECT {names} FROM main.{quote(wanted.table.path[0])} WHERE {test}"
    for batch in session.stream(sql, given):
        yield from (dict(zip([one.id for one in columns], row, strict=True)) for row in batch)


def others_bear(session: Session, wanted: Wanted, column: int, value: Any) -> bool:
    """Tell whether a live row beside those that are meant has this value in a column."""
    names = {one.id: quote(one.name) for one in wanted.table.columns}
    test, given = _meant(wanted)
    sql = (
        f"SELECT 1 FROM main.{quote(wanted.table.path[0])} WHERE {names[column]} = ?"
        f" AND NOT ({test}) LIMIT 1"
    )
    return bool(session.run(sql, (value, *given)))


def _meant(wanted: Wanted) -> tuple[str, list[Any]]:
    names = {one.id: quote(one.name) for one in wanted.table.columns}
    tests: list[str] = []
    given: list[Any] = []
    for identity, forms in wanted.key:
        tests.append(f"{names[identity]} IN ({', '.join('?' * len(forms))})")
        given += forms
    return " AND ".join(tests) or "1", given


def images_holding(session: Session, texts: tuple[str, ...]) -> Iterator[Holding]:
    """Yield the chunks in which one of these texts stands."""
    found = [text.encode("utf-8", "surrogateescape") for text in texts]
    for batch in session.stream("SELECT run, number, chunk FROM clew_image", size=4):
        for run, number, chunk in batch:
            if any(one in chunk for one in found):
                yield Holding(run=run, number=number)


class _Changing:
    """Puts tokens into chunks; a row's rowid goes with the column that is its other name."""

    def __init__(self, rows: TableRows, one: Erasure) -> None:
        wanted = one.wanted
        self.rows = rows
        self.wanted = wanted
        self.position = one.position
        self.secret = one.secret
        self.is_wanted = _finder(rows, wanted)
        places = {identity: n for n, identity in enumerate(rows.columns, start=1)}
        self.places = sorted(n for c, n in places.items() if c in wanted.columns)
        self.key = [places[identity] for identity in rows.key]
        if alias_of(wanted.table) in wanted.columns:
            self.places.insert(0, 0)

    def __call__(self, chunk: bytes) -> tuple[bytes, int]:
        """Return the chunk as it is to be, and the rows of it that are others now."""
        if not _may_hold(chunk, self.wanted):
            return chunk, 0
        hits = 0
        rows = read_rows(chunk)
        for row in rows:
            if self.is_wanted(row) and any(type(row[n]) is not Erased for n in self.places):
                self._erase(row)
                hits += 1
        return (encode_rows(rows), hits) if hits else (chunk, 0)

    def _erase(self, row: list[Any]) -> None:
        whose = [row[0]] if row[0] is not None else [row[n] for n in self.key or range(len(row))]
        seed = self.secret + encode_row(tuple(whose))
        for n in self.places:
            if type(row[n]) is not Erased:
                value = n.to_bytes(4, "big") + encode_row((row[n],))
                token = hashlib.sha256(seed + value).digest()[:_TOKEN]
                row[n] = Erased(self.position, token)


def alias_of(table: SchemaObject) -> int | None:
    """Return the column that is another name of the rowid."""
    shape = shape_of(table)
    return next((c.id for c in shape.columns if shape.alias and c.name == shape.alias), None)


def _finder(rows: TableRows, wanted: Wanted) -> Callable[[Row], bool]:
    """Return what tells whether an image is of a row that is meant."""
    places = {identity: n for n, identity in enumerate(rows.columns, start=1)}
    if any(identity not in places for identity, _ in wanted.key):
        return lambda _: False
    forms = [(places[identity], found) for identity, found in wanted.key]
    return lambda row: all(_is_one_of(row[n], found) for n, found in forms)


def _is_one_of(value: Any, forms: tuple[Any, ...]) -> bool:
    return any(type(value) is type(form) and value == form for form in forms)


def _may_hold(chunk: bytes, wanted: Wanted) -> bool:
    """Tell at a glance that no row of a chunk is meant: each value's bytes stand in it as they are."""
    return all(any(encode_row((form,))[1:] in chunk for form in forms) for _, forms in wanted.key)


def _forms(word: str) -> tuple[Any, ...]:
    """Return what a word may be in a column that takes any kind of value."""
    try:
        word.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8, as the command line has them
        return (RawText(word.encode("utf-8", "surrogateescape")),)
    found: list[Any] = [word]
    for read in (int, float):
        try:
            number = read(word)
        except ValueError:
            continue
        if str(number) == word and abs(number) < _LARGEST:
            found.append(number)
    return tuple(found)
