"""The files of one range: entries, flattened changes of rows and, if asked for, content."""

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
from commands.folding import folded
from commands.partial import sync
from commands.proof.proven import HINT
from journal.codec import open_entry
from journal.envelope import Entry, StoredEntry
from journal.erased import Erased
from journal.errors import ClewError, Tampered
from journal.events import RowsChanged, RunStarted
from journal.store import Journal
from projections.naming import Namer, NamingFold

_WORD = pa.dictionary(pa.int32(), pa.string())
_TIME = pa.timestamp("us", tz="UTC")
_DIGEST = pa.binary(32)

ENTRIES = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("type", _WORD),
        ("actor", _WORD),
        ("run", pa.string()),
        ("evidence", _WORD),
        ("version", pa.int32()),
        ("body", pa.string()),
        ("previous", _DIGEST),
        ("digest", _DIGEST),
    ]
)
"""An entry: ``body`` is the JSON as stored, over whose bytes the chain is laid."""
CHANGES = pa.schema(
    [
        ("position", pa.int64()),
        ("recorded_at", _TIME),
        ("run", pa.string()),
        ("verb", _WORD),
        ("migration", pa.string()),
        ("actor", _WORD),
        ("statement", pa.int32()),
        ("table_name", pa.string()),
        ("table_id", pa.int64()),
        ("cause", _WORD),
        *((name, pa.int64()) for name in ("inserted", "updated", "deleted", "removed", "added")),
    ]
)
"""Rows of one table that one statement changed; the table by its name at that position."""
CONTENT = pa.schema([("digest", _DIGEST), ("position", pa.int64()), ("content", pa.binary())])
"""Bytes that entries of the range name, once each, with the first position that names them."""

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
    told = _Told(journal, last)
    digest = b""
    kinds = {"entries": ENTRIES, "changes": CHANGES} | ({"content": CONTENT} if content else {})
    try:
        with ExitStack() as stack:
            files = {
                kind: stack.enter_context(_File(directory, name_of(kind, first, last), schema))
                for kind, schema in kinds.items()
            }
            seen = set[str]()
            for page in pages:
                entries = [open_entry(one) for one in page]
                files["entries"].write(_entries(page, entries))
                files["changes"].write(told.changes(entries))
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
            columns = zip(*rows, strict=True)
            arrays = [
                _array(values, field.type)
                for values, field in zip(columns, self._schema, strict=True)
            ]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._rows += len(rows)

    def finished(self) -> RangeFile:
        """Give the file its name and tell what it is."""
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
        self._partial.replace(self._place)
        sync(self._place.parent)
        found = read_back(self._place, self._path)
        return RangeFile(path=self._path, rows=self._rows, bytes=found.bytes, sha256=found.sha256)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == _TIME:
        return pa.array(values, pa.string()).cast(_TIME)
    if kind == _WORD:
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)


def _entries(stored: Sequence[StoredEntry], opened: Sequence[Entry]) -> list[tuple[Any, ...]]:
    return [
        (
            one.position, entry.recorded_at, one.type, entry.actor, one.run, entry.evidence,
            one.version, one.body.decode(), one.previous, one.digest,
        )
        for one, entry in zip(stored, opened, strict=True)
    ]  # fmt: skip


class _Told:
    """Names of tables and of runs, as far as the journal told them up to a position."""

    def __init__(self, journal: Journal, last: int) -> None:
        self._namer = Namer(folded(journal, NamingFold, last=last))
        self._runs: dict[str, tuple[str, str]] = {}
        for entry in journal.read(last=last, types=("RunStarted",)):
            if isinstance(entry.event, RunStarted):
                self._runs.setdefault(entry.run, (entry.event.verb, entry.event.migration))

    def changes(self, entries: Iterable[Entry]) -> list[tuple[Any, ...]]:
        """Return a row for each entry that tells of changed rows."""
        return [
            (
                entry.position, entry.recorded_at, entry.run, *self._runs.get(entry.run, ("", "")),
                entry.actor, event.statement.number,
                self._namer.at(entry.position).get(event.rows.table), event.rows.table,
                event.rows.cause, event.rows.inserted, event.rows.updated, event.rows.deleted,
                event.rows.removed, event.rows.added,
            )
            for entry in entries
            if isinstance(event := entry.event, RowsChanged)
        ]  # fmt: skip


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
