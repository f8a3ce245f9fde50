"""Check Parquet files from their own list: each is there, whole, and follows the one before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from commands.export.directory import read_back
from commands.export.flaws import Flaw, VerifiedExport
from commands.export.ranges import RANGES, Ranges, told_ranges
from commands.words import reason
from journal.errors import ClewError


def verify_ranges(directory: Path) -> VerifiedExport:
    """Hash each file again. Nobody signed the list: it finds what is torn, not who wrote it.

    Raises:
        ClewError: the list is torn, or a file cannot be read.
    """
    told = told_ranges(directory / RANGES)
    try:
        flaws = (*_unlike(directory, told), *_apart(told))
    except OSError as error:
        raise ClewError(f"{directory} cannot be read: {reason(error)}") from None
    return VerifiedExport(
        ok=not flaws,
        directory=str(directory),
        origin=f"clew/{told.journal}",
        entries=told.last,
        root="",
        signed=False,
        signed_by="",
        flaws=flaws,
    )


def _unlike(directory: Path, told: Ranges) -> Iterator[Flaw]:
    for one in (one for found in told.ranges for one in found.files):
        path = directory / one.path
        if not path.is_file():
            yield Flaw(file=one.path, text="is missing")
            continue
        found = read_back(path, one.path)
        if found.bytes != one.bytes:
            text = f"has {found.bytes:,} bytes, the list says {one.bytes:,}"
            yield Flaw(file=one.path, text=text)
        elif found.sha256 != one.sha256:
            yield Flaw(file=one.path, text="was changed: its SHA-256 is another")


def _apart(told: Ranges) -> Iterator[Flaw]:
    for one, other in pairwise(told.ranges):
        if (one.last + 1, one.digest) != (other.first, other.previous):
            text = f"entries from {other.first} do not follow those up to {one.last}"
            yield Flaw(file=RANGES, text=text, position=other.first)
