"""Bring back what left for an archive: the same bytes, under the same digests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from commands.archiving.answer import RestoredArchive
from commands.archiving.archive import append_run, expect_owner
from commands.archiving.plan import Progress
from commands.archiving.reading import contents_of, expect_whole, sealed_by
from commands.archiving.sealed import archives
from commands.erasing.proving import Erasures
from commands.export.images import read_images
from commands.export.lines import IMAGES
from commands.interrupted import close_interrupted
from commands.opening import Asker, Target
from journal.archived import Seal
from journal.errors import Refused, Tampered, Usage
from journal.events import RowsChanged
from journal.store import Journal
from journal.values import TableRows

PAGE = 200
"""Pieces of content that are put back, and ranges that are proved, at a time."""


def look(target: Target, directory: Path) -> RestoredArchive:
    """Tell what would come back; the files are proved. Raises as ``restore`` does."""
    with target.journal() as journal:
        return _answer(journal, directory, _expect_newest(journal, directory))


def restore(
    target: Target,
    directory: Path,
    *,
    asker: Asker,
    progress: Progress = lambda _: None,
) -> RestoredArchive:
    """Put back what left for an archive, and prove it against the entries, in one transaction.

    Raises:
        NotFound: there is no archive in the directory, or one of another journal.
        Refused: this role does not own the journal's tables, what left is back already, or an
            archive made later has to come back before.
        Tampered: the archive is not the one that was sealed.
        Busy: another run holds the journal.
    """
    if not asker.reason:
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    with target.journal() as journal:
        expect_owner(journal)
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        seal = _expect_newest(journal, directory)
        answer = _answer(journal, directory, seal)
        with target.journal() as writing:
            database = writing.database
            database.begin()
            try:
                with database.lifted():
                    position = database.take_head().position + 2
                    _put_content(writing, directory, progress)
                    database.put_images(read_images(directory / IMAGES))
                _prove(writing, seal)
                if database.row_index_end():
                    database.clear_row_index()
                sealed = replace(seal.event, restored=True, location=str(directory.resolve()))
                run = append_run(writing, target, asker, sealed)
                database.commit()
            except BaseException:
                database.abort()
                raise
            return replace(answer, done=True, run=run, position=position)


def _expect_newest(journal: Journal, directory: Path) -> Seal:
    seal = sealed_by(journal, directory)
    found = archives(journal)
    if seal not in found:
        raise Refused(f"what left for the archive {directory} is back already")
    if seal != found[-1]:
        newest = found[-1].event.location
        raise Refused(
            f"an archive made later has to come back before: {newest}",
            hint=f"clew archive restore {newest}",
        )
    expect_whole(directory)
    return seal


def _answer(journal: Journal, directory: Path, seal: Seal) -> RestoredArchive:
    one = seal.event
    erased = journal.read(after=seal.position, types=("ContentErased",))
    return RestoredArchive(
        location=str(directory.resolve()),
        last=one.last,
        after=one.after,
        contents=one.contents,
        chunks=one.chunks,
        rows=one.rows,
        erased_since=tuple(entry.position for entry in erased),
    )


def _put_content(journal: Journal, directory: Path, progress: Progress) -> None:
    found = contents_of(directory)
    count = 0
    while page := dict(islice(found, PAGE)):
        journal.database.put_back(page)
        count += len(page)
        progress(count)


def _prove(journal: Journal, seal: Seal) -> None:
    """Hold all images that came back against the digests that their entries give them."""
    erasures = Erasures(journal)
    ranges = _ranges(journal, erasures, seal)
    chunks = 0
    while page := list(islice(ranges, PAGE)):
        for check in journal.database.check_images([rows for _, rows in page]):
            chunks += check.chunks
            if check.problem:
                position = page[check.index][0]
                raise Tampered(f"row images of position {position} came back {check.problem}")
    if chunks != seal.event.chunks:
        raise Tampered(f"expected {seal.event.chunks:,} chunks of images, {chunks:,} came back")


def _ranges(journal: Journal, erasures: Erasures, seal: Seal) -> Iterator[tuple[int, TableRows]]:
    for entry in journal.read(last=seal.last, types=("RowsChanged",)):
        if isinstance(entry.event, RowsChanged) and entry.event.rows.images is not None:
            rows = erasures.rows(entry.event.rows)
            if entry.position > seal.event.after:
                yield entry.position, rows
