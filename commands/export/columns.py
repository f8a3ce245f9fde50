"""The files of one range: a file for each table and, if asked for, one for content."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
from pyarrow import parquet

from commands.export.directory import read_back
from commands.export.ranges import RangeFile, name_of
from commands.export.shapes import CONTENT, TABLES, batch
from commands.export.telling import Teller
from commands.partial import sync
from commands.proof.proven import HINT
from journal.envelope import StoredEntry
from journal.erased import Erased
from journal.errors import ClewError, Tampered
from journal.store import Journal

_NAMED = re.compile(rb'"([0-9a-f]{64})"')


def write_range(
    journal: Journal,
    directory: Path,
    first: int,
    last: int,
    pages: Iterable[Sequence[StoredEntry]],
    *,
    content: bool,
) -> tuple[tuple[RangeFile, ...], bytes]:
    """Write the files of a range; return what they are, and the digest of the last entry."""
    teller = Teller(journal, last)
    digest = b""
    kinds = TABLES | ({"content": CONTENT} if content else {})
    try:
        with ExitStack() as stack:
            files = {
                kind: stack.enter_context(_File(directory, name_of(kind, first, last), schema))
                for kind, schema in kinds.items()
            }
            seen = set[str]()
            for page in pages:
                for kind, rows in teller.rows(page).items():
                    files[kind].write(rows)
                if content:
                    files["content"].write(list(_named(journal, page, seen)))
                digest = page[-1].digest
        return tuple(file.finished() for file in files.values()), digest
    except (OSError, pa.ArrowException) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClewError(
            f"cannot write Parquet files to {directory}: {what}", hint="What stood there stays."
        ) from error


class _File:
    """A Parquet file that gets its name when it is whole."""

    def __init__(self, directory: Path, path: str, schema: pa.Schema) -> None:
        self._place = directory / path
        self._path = path
        self._partial = self._place.with_name(self._place.name + ".partial")
        self._schema = schema
        self._rows = 0

    def __enter__(self) -> Self:
        self._place.parent.mkdir(exist_ok=True)
        self._writer = parquet.ParquetWriter(self._partial, self._schema, compression="zstd")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.close()
        if kind is not None:
            self._partial.unlink(missing_ok=True)

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows as one row group."""
        if rows:
            self._writer.write_batch(batch(rows, self._schema))
            self._rows += len(rows)

    def finished(self) -> RangeFile:
        """Give the file its name and tell what it is."""
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
        self._partial.replace(self._place)
        sync(self._place.parent)
        found = read_back(self._place, self._path)
        return RangeFile(path=self._path, rows=self._rows, bytes=found.bytes, sha256=found.sha256)


def _named(
    journal: Journal, page: Sequence[StoredEntry], seen: set[str]
) -> Iterator[tuple[Any, ...]]:
    """Yield each content that entries name and that is there; a digest may name other things.

    Raises:
        Tampered: the bytes are not those that the digest names.
    """
    for entry in page:
        for name in (found.decode() for found in _NAMED.findall(entry.body)):
            if name in seen:
                continue
            seen.add(name)
            stored = journal.database.content(name)
            if stored is None or isinstance(stored, Erased):
                continue
            if hashlib.sha256(stored).hexdigest() != name:
                raise Tampered(f"content {name} does not prove itself", hint=HINT)
            yield bytes.fromhex(name), entry.position, stored
