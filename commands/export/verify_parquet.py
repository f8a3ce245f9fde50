"""Check a directory of Parquet files from the files alone: their digests, and the chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from commands.export.directory import read_back
from commands.export.flaws import Flaw
from commands.export.ranges import RANGES, Range, RangeFile, Ranges, told_ranges
from commands.proof.proven import Progress, silent
from journal.chain import leaf_digest
from journal.errors import NotFound, Refused

_AT_ONCE = 65_536
"""Entries read at a time."""


class VerifiedParquet(msgspec.Struct, frozen=True, kw_only=True):
    """The answer; ``digest`` is that of the last entry that follows from those before it."""

    ok: bool
    directory: str
    journal: str
    entries: int
    digest: str
    flaws: tuple[Flaw, ...]


def verify_parquet(directory: Path, *, progress: Progress = silent) -> VerifiedParquet:
    """Hash every file and every entry again.

    Raises:
        NotFound: there are no such files.
        Refused: pyarrow is not installed, or the files are of another version.
        ClewError: the list of ranges, or a file, cannot be read.
    """
    if not (directory / RANGES).is_file():
        raise NotFound(f"{directory} holds no Parquet files", hint="Write some: clew export.")
    ranges = told_ranges(directory / RANGES)
    check = _Check(directory, ranges)
    for one in ranges.ranges:
        if not check.range(one):
            break
        progress(check.position)
    return VerifiedParquet(
        ok=not check.flaws,
        directory=str(directory),
        journal=ranges.journal,
        entries=check.position,
        digest=check.digest.hex(),
        flaws=tuple(check.flaws),
    )


class _Check:
    """How far the entries were followed, and what is wrong."""

    def __init__(self, directory: Path, ranges: Ranges) -> None:
        self.directory = directory
        self.flaws: list[Flaw] = []
        self.position = 0
        self.digest = bytes(32)
        known = {one.path for found in ranges.ranges for one in found.files}
        for path in sorted(directory.glob("*/*.parquet")):
            if (name := path.relative_to(directory).as_posix()) not in known:
                self.flaws.append(Flaw(file=name, text="is in no range"))

    def range(self, one: Range) -> bool:
        """Check the files of a range; false where the chain cannot be followed any more."""
        for file in one.files:
            if said := self._unlike(file):
                self.flaws.append(Flaw(file=file.path, text=said))
        entries = next((f.path for f in one.files if f.path.startswith("entries/")), "")
        if (one.first, one.previous) != (self.position + 1, self.digest.hex()) or not entries:
            said = f"the range {one.first} to {one.last} does not follow {self.position}"
            self.flaws.append(Flaw(file="ranges.json", text=said, position=self.position + 1))
            return False
        if not all(self._entry(entries, row) for row in self._rows(entries)):
            return False
        if (one.last, one.digest) != (self.position, self.digest.hex()):
            said = f"says that {entries} ends at {one.last}, it ends at {self.position}"
            self.flaws.append(Flaw(file="ranges.json", text=said, position=self.position))
            return False
        return True

    def _unlike(self, file: RangeFile) -> str:
        path = self.directory / file.path
        if not path.is_file():
            return "is missing"
        found = read_back(path, file.path)
        if found.bytes != file.bytes:
            return f"has {found.bytes:,} bytes, the list says {file.bytes:,}"
        return "" if found.sha256 == file.sha256 else "was changed: its SHA-256 is another"

    def _entry(self, file: str, row: dict[str, Any]) -> bool:
        digest = leaf_digest(row["previous"], row["body"].encode())
        place, before = row["position"] == self.position + 1, row["previous"] == self.digest
        if not (place and before and digest == row["digest"]):
            said = "does not follow the entry before it" if digest == row["digest"] else "altered"
            at = self.position + 1
            self.flaws.append(Flaw(file=file, text=f"position {at}: {said}", position=at))
            return False
        self.position, self.digest = row["position"], digest
        return True

    def _rows(self, file: str) -> Any:
        try:
            from pyarrow import ArrowException  # noqa: PLC0415 - an extra
            from pyarrow.parquet import ParquetFile  # noqa: PLC0415
        except ModuleNotFoundError:
            raise Refused(
                "Parquet files need pyarrow, which is not installed",
                hint="Install the extra: pip install 'clew[parquet]'.",
            ) from None
        columns = ["position", "body", "previous", "digest"]
        try:
            with ParquetFile(self.directory / file) as opened:
                for batch in opened.iter_batches(_AT_ONCE, columns=columns):
                    yield from batch.to_pylist()
        except (ArrowException, OSError) as error:
            said = f"cannot be read: {str(error).splitlines()[0]}"
            self.flaws.append(Flaw(file=file, text=said, position=self.position + 1))
