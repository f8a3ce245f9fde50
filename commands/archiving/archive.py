"""Archive: what old entries name is written out, read back and proved, and only then taken out."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace

from commands.archiving.answer import ArchiveAnswer
from commands.archiving.plan import Plan, Progress, plan, rows_of, since
from commands.archiving.writing import WrittenArchive, write_archive
from commands.export.directory import refuse_filled
from commands.interrupted import close_interrupted
from commands.opening import Asker, Target, run_started
from journal.archived import listed
from journal.errors import Refused, Tampered, Usage
from journal.events import AnyEvent, ArchiveSealed, RunCompleted
from journal.store import Journal, append_within

_NEXT = {"sqlite": "VACUUM", "postgresql": "VACUUM FULL clew.content, clew.image"}


def look(
    target: Target, at: str, directory: Path, *, progress: Progress = lambda _: None
) -> ArchiveAnswer:
    """Tell what would leave, as of one moment, and change nothing. Raises as ``archive`` does."""
    with target.journal() as journal, journal.database.examine():
        refuse_filled(directory)
        return plan(journal, at, location=_place(directory), progress=progress).answer


def archive(
    target: Target,
    at: str,
    directory: Path,
    *,
    asker: Asker,
    progress: Progress = lambda _: None,
) -> ArchiveAnswer:
    """Write what entries up to ``at`` name into a directory, and take it out of the database.

    The directory is whole, synced and read back before anything leaves; what leaves does so in
    one transaction, with the entry that names the archive.

    Raises:
        Usage: no reason is given, or ``at`` names no position.
        Refused: this role does not own the journal's tables, the directory is not empty, or
            ``plan`` refuses the position.
        Tampered: the record does not prove itself.
        ClewError: the directory cannot be written.
        Busy: another run holds the journal.
    """
    if not asker.reason:
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    with target.journal() as journal:
        expect_owner(journal)
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        with target.journal() as reading, reading.database.examine():
            refuse_filled(directory)
            found = plan(reading, at, location=_place(directory), progress=progress)
            if not (found.contents or found.ranges):
                raise Refused(
                    f"nothing that entries up to {found.last} name is left to archive",
                    hint="Name a later position.",
                )
            written = write_archive(reading, directory, found, progress)
        with target.journal() as writing:
            return _seal(writing, target, found, written, asker)


def expect_owner(journal: Journal) -> None:
    """Raise ``Refused`` unless this role owns the journal's tables."""
    if not journal.database.may_erase():
        raise Refused(
            "only the owner of the journal's tables may archive",
            hint="Do it as the role that created the journal.",
        )


def _place(directory: Path) -> str:
    return str(directory.resolve())


def _seal(
    journal: Journal, target: Target, found: Plan, written: WrittenArchive, asker: Asker
) -> ArchiveAnswer:
    """Take out what was written, and say so, in one transaction."""
    database = journal.database
    database.begin()
    try:
        with database.lifted():  # who writes content waits from here on
            position = database.take_head().position + 2
            contents = sorted(frozenset(found.contents) - since(journal, found))
            taken = database.take_images(rows_of(found.ranges))
            _expect("chunks of images", written.chunks, taken)
            taken = database.take_content(contents, position)
            _expect("pieces of content", len(contents), taken)
        if database.row_index_end():
            database.clear_row_index()
        sealed = ArchiveSealed(
            last=found.last,
            digest=written.head,
            location=found.answer.location,
            after=found.after,
            manifest=written.manifest,
            contents=len(contents),
            chunks=written.chunks,
            rows=written.rows,
            left=put_list(journal, contents),
        )
        run = append_run(journal, target, asker, sealed)
        database.commit()
    except BaseException:
        database.abort()
        raise
    return replace(
        found.answer,
        contents=len(contents),
        chunks=written.chunks,
        done=True,
        run=run,
        position=position,
        manifest=written.manifest,
        written=written.bytes,
        next=_NEXT[database.kind],
    )


def _expect(what: str, expected: int, found: int) -> None:
    if found != expected:
        raise Tampered(f"expected {expected:,} {what}, found {found:,}")


def put_list(journal: Journal, contents: list[str]) -> str:
    """Store the list of the contents that left, and return its digest."""
    content = listed(contents)
    digest = sha256(content).hexdigest()
    journal.database.put_content(digest, content)
    return digest


def append_run(journal: Journal, target: Target, asker: Asker, sealed: ArchiveSealed) -> str:
    """Append a run of one event inside the open transaction; return the run."""
    run = str(uuid4())
    events: list[AnyEvent] = [
        run_started("archive", target, asker),
        sealed,
        RunCompleted(rows=sealed.rows),
    ]
    append_within(
        journal.database,
        events,
        run=run,
        actor=asker.actor,
        evidence="captured",
        clock=journal.clock,
    )
    return run
