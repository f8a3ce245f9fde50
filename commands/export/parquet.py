"""The journal as Parquet files, for whoever asks it with DuckDB, Polars, Spark or pandas.

Each export adds the entries since the last one, in files of closed ranges of positions that are
never written again. Only what the chain proves is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from commands.export.ranges import (
    Range,
    RangeFile,
    Ranges,
    alone,
    clear_unfinished,
    read_ranges,
    write_ranges,
)
from commands.opening import clew_version
from commands.places import position_of
from commands.proof.proven import HINT, Progress, silent
from journal.chain import GENESIS, check_entry
from journal.envelope import Head, StoredEntry
from journal.errors import Refused, Tampered
from journal.store import Journal, timestamp

RANGE = 100_000
"""Entries in the files of one range, at most."""
PAGE = 5_000
"""Entries held at a time; also the rows of a row group."""
LEFT_OUT = ("row images", "content: statement texts, output, candidates, values without a home")


class InParquet(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory holds now, and which ranges were added."""

    directory: str
    last: int
    added: tuple[Range, ...]
    ranges: int
    left_out: tuple[str, ...]


def export_parquet(
    journal: Journal,
    directory: Path,
    *,
    at: str = "head",
    content: bool = False,
    progress: Progress = silent,
) -> InParquet:
    """Add the entries up to ``at`` to a directory of Parquet files; memory stays flat.

    Raises:
        Refused: pyarrow is not installed, or the directory holds something else, another
            journal, or content that this export leaves out (or the other way about).
        Tampered: an entry does not prove itself, or the journal is not the one that the files
            were exported from any more; the ranges before it stay.
    """
    write_range = _writer()
    last = position_of(journal, at)
    with alone(directory):
        known = read_ranges(directory) or _nothing(journal, content=content)
        _same(journal, known, content=content)
        clear_unfinished(directory, known)
        added: list[Range] = []
        before = _end(journal, known)
        for first in range(known.last + 1, last + 1, RANGE):
            final = min(first + RANGE - 1, last)
            entries = proven(journal, before, final, progress)
            files, end = write_range(journal, directory, first, final, entries, content=content)
            added.append(
                Range(
                    first=first,
                    last=final,
                    previous=before.digest.hex(),
                    digest=end.hex(),
                    exported_at=timestamp(journal.clock()),
                    files=files,
                )
            )
            before = Head(position=final, digest=end)
            known = msgspec.structs.replace(known, ranges=(*known.ranges, added[-1]))
            write_ranges(directory, known)
    return InParquet(
        directory=str(directory),
        last=known.last,
        added=tuple(added),
        ranges=len(known.ranges),
        left_out=known.left_out,
    )


def _writer() -> Callable[..., tuple[tuple[RangeFile, ...], bytes]]:
    """Load what needs pyarrow."""
    try:
        from commands.export.columns import write_range  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise Refused(
            "Parquet files need pyarrow, which is not installed",
            hint="Install the extra: pip install 'clew[parquet]'.",
        ) from None
    return write_range


def _nothing(journal: Journal, *, content: bool) -> Ranges:
    who = journal.identity
    return Ranges(
        journal=who.id,
        name=who.name,
        database=who.database,
        clew=clew_version(),
        left_out=LEFT_OUT[:1] if content else LEFT_OUT,
    )


def _same(journal: Journal, known: Ranges, *, content: bool) -> None:
    """Refuse to add to files of another journal, or that hold more or less than is asked for."""
    if known.journal != journal.identity.id:
        raise Refused(
            f"the files are of the journal {known.journal}, this is {journal.identity.id}",
            hint="Export into a directory of its own.",
        )
    if (LEFT_OUT[1] not in known.left_out) != content:
        said = "leave content out" if content else "hold content"
        hint = "Export without --content" if content else "Export with --content"
        raise Refused(f"the files {said}", hint=f"{hint}, or into another directory.")


def _end(journal: Journal, known: Ranges) -> Head:
    """Return where the files end, if the journal still goes through there."""
    if not known.ranges:
        return GENESIS
    end = known.ranges[-1]
    stored = list(journal.stored(after=end.last - 1, last=end.last))
    if not stored or stored[0].digest.hex() != end.digest:
        raise Tampered(
            f"the journal is not the one that was exported: entry {end.last} is "
            + ("another" if stored else "gone"),
            hint=HINT,
        )
    return Head(position=end.last, digest=stored[0].digest)


def proven(
    journal: Journal, before: Head, last: int, progress: Progress
) -> Iterator[Sequence[StoredEntry]]:
    """Yield entries in pages; what is wrong is found before it is yielded.

    Raises:
        Tampered: an entry does not prove itself, or is missing.
    """
    page: list[StoredEntry] = []
    for entry in journal.stored(after=before.position, last=last):
        for problem in check_entry(entry, after=before):
            raise _broken(problem.position, problem.kind)
        before = Head(position=entry.position, digest=entry.digest)
        page.append(entry)
        if len(page) == PAGE:
            yield page
            page = []
            progress(before.position)
    if before.position != last:
        raise _broken(before.position + 1, "missing")
    if page:
        yield page
    progress(last)


def _broken(position: int, kind: str) -> Tampered:
    return Tampered(f"the record does not prove itself at position {position}: {kind}", hint=HINT)
