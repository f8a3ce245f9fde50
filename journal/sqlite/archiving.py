"""Taking images and content out of a SQLite file, and putting them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from journal.archived import TYPES, StoredImage, expect_images, imaged
from journal.erased import archive_marker, archived_name, name_of
from journal.sqlite import storage
from journal.sqlite.connection import Session
from journal.sqlite.images import stored
from journal.values import TableRows


def stored_images(session: Session, rows: TableRows) -> Iterator[StoredImage]:
    """Yield the chunks of a range, in order of their numbers."""
    for number, sign, count, chunk in stored(session, rows):
        yield StoredImage(run=rows.run, number=number, sign=sign, rows=count, chunk=chunk)


def take_images(session: Session, ranges: Iterable[TableRows]) -> int:
    """Take the images of ranges out; return how many chunks these were."""
    before = session.value("SELECT total_changes()")
    for one in ranges:
        if one.images is not None:
            session.run(
                "DELETE FROM clew_image WHERE run = ? AND number BETWEEN ? AND ?",
                (one.run, one.images.first, one.images.last),
            )
    return int(session.value("SELECT total_changes()") - before)


def put_images(session: Session, images: Iterable[StoredImage]) -> None:
    """Put chunks back under their numbers."""
    session.run_many(
        "INSERT INTO clew_image (run, number, sign, rows, chunk) VALUES (?, ?, ?, ?, ?)",
        ((one.run, one.number, one.sign, one.rows, one.chunk) for one in images),
    )


def take_content(session: Session, digests: Iterable[str], position: int) -> int:
    """Put in the place of contents that they were archived; return how many were there."""
    marker, count = archive_marker(position), 0
    for digest in digests:
        name = archived_name(digest)
        session.run("DELETE FROM clew_content WHERE digest = ?", (name,))
        session.run(
            "UPDATE clew_content SET digest = ?, content = ? WHERE digest = ?",
            (name, marker, digest),
        )
        count += session.value("SELECT changes()")
    return count


def put_back(session: Session, contents: Mapping[str, bytes]) -> None:
    """Put contents back that were not erased, and take away what stood in their place."""
    for digest, content in contents.items():
        session.run("DELETE FROM clew_content WHERE digest = ?", (archived_name(digest),))
        session.run(
            "INSERT INTO clew_content SELECT ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM clew_content WHERE digest IN (?, ?))",
            (digest, content, digest, name_of(digest)),
        )


def expect(session: Session, rows: Sequence[TableRows]) -> None:
    """Raise ``Archived`` where images of ranges are asked for that left for an archive."""
    first = "SELECT 1 FROM clew_image WHERE run = ? AND number = ?"

    def lack() -> bool:
        return any(
            one.images is not None and not session.run(first, (one.run, one.images.first))
            for one in imaged(rows)
        )

    expect_images(storage.entries(session, types=TYPES), lack)
