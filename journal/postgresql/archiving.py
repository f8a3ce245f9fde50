"""Taking images and content out of a PostgreSQL database, and putting them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from journal.archived import TYPES, StoredImage, expect_images, imaged
from journal.erased import archive_marker, archived_name, name_of
from journal.postgresql import storage
from journal.postgresql.connection import Session
from journal.values import TableRows

PAGE = 1000
"""Ranges, or contents, that are taken out by one statement."""
CHUNKS = 20
"""Chunks that are read, or put back, by one statement."""

_RANGES = (
    "unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS r(run, object, first, last)"
)


def stored_images(session: Session, rows: TableRows) -> Iterator[StoredImage]:
    """Yield the chunks of a range, in order of their numbers."""
    if rows.images is None:
        return
    last = rows.images.first - 1
    while page := session.query(
        "SELECT number, sign, rows, event, convert_to(chunk::text, 'UTF8') FROM clew.image"
        " WHERE run = %s AND object = %s AND number > %s AND number <= %s ORDER BY number LIMIT %s",
        (rows.run, rows.table, last, rows.images.last, CHUNKS),
    ):
        for number, sign, count, event, chunk in page:
            yield StoredImage(
                run=rows.run,
                number=number,
                sign=sign,
                rows=count,
                chunk=bytes(chunk),
                object=rows.table,
                event=event,
            )
        last = page[-1][0]


def take_images(session: Session, ranges: Iterable[TableRows]) -> int:
    """Take the images of ranges out; return how many chunks these were."""
    waiting, count = iter(ranges), 0
    while page := tuple(islice(waiting, PAGE)):
        count += session.value(
            "WITH gone AS (DELETE FROM clew.image i USING "
            f"{_RANGES} WHERE i.run = r.run AND i.object = r.object"
            " AND i.number BETWEEN r.first AND r.last RETURNING 1) SELECT count(*) FROM gone",
            _columns(page),
        )
    return count


def put_images(session: Session, images: Iterable[StoredImage]) -> None:
    """Put chunks back under their numbers; the digest beside each is made anew."""
    waiting = iter(images)
    while page := tuple(islice(waiting, CHUNKS)):
        session.query(
            "INSERT INTO clew.image SELECT x.run, x.number, x.object, x.event, x.sign, x.rows,"
            " clew.chunk_digest(x.event, x.sign, x.rows, x.chunk::text[]), x.chunk::text[]"
            " FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::smallint[],"
            " %s::integer[], %s::text[]) AS x(run, number, object, event, sign, rows, chunk)",
            (
                [one.run for one in page],
                [one.number for one in page],
                [one.object for one in page],
                [one.event for one in page],
                [one.sign for one in page],
                [one.rows for one in page],
                [one.chunk.decode() for one in page],
            ),
        )


def take_content(session: Session, digests: Iterable[str], position: int) -> int:
    """Put in the place of contents that they were archived; return how many were there."""
    waiting, count = iter(digests), 0
    while page := list(islice(waiting, PAGE)):
        names = [archived_name(one) for one in page]
        session.query("DELETE FROM clew.content WHERE digest = ANY (%s)", (names,))
        count += session.value(
            "WITH taken AS (UPDATE clew.content c SET digest = x.name, content = %s"
            " FROM unnest(%s::text[], %s::text[]) AS x(digest, name)"
            " WHERE c.digest = x.digest RETURNING 1) SELECT count(*) FROM taken",
            (archive_marker(position), page, names),
        )
    return count


def put_back(session: Session, contents: Mapping[str, bytes]) -> None:
    """Put contents back that were not erased, and take away what stood in their place."""
    digests = list(contents)
    session.query(
        "DELETE FROM clew.content WHERE digest = ANY (%s)", ([archived_name(d) for d in digests],)
    )
    session.query(
        "INSERT INTO clew.content SELECT x.digest, x.content"
        " FROM unnest(%s::text[], %s::text[], %s::bytea[]) AS x(digest, erased, content)"
        " WHERE NOT EXISTS (SELECT 1 FROM clew.content c WHERE c.digest = x.erased)"
        " ON CONFLICT DO NOTHING",
        (digests, [name_of(d) for d in digests], list(contents.values())),
    )


def expect(session: Session, rows: Sequence[TableRows]) -> None:
    """Raise ``Archived`` where images of ranges are asked for that left for an archive."""
    lacking = (
        f"SELECT 1 FROM {_RANGES} WHERE NOT EXISTS (SELECT 1 FROM clew.image i"
        " WHERE i.run = r.run AND i.object = r.object AND i.number = r.first) LIMIT 1"
    )

    def lack() -> bool:
        return bool(session.value(lacking, _columns(tuple(imaged(rows)))))

    expect_images(storage.entries(session, types=TYPES), lack)


def _columns(ranges: Sequence[TableRows]) -> tuple[list[str], list[int], list[int], list[int]]:
    pairs = [(one, one.images) for one in ranges if one.images is not None]
    return (
        [one.run for one, _ in pairs],
        [one.table for one, _ in pairs],
        [images.first for _, images in pairs],
        [images.last for _, images in pairs],
    )
