"""The manifest of a backup: what was copied out, from where, and the digest of each file."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from commands.backup.compression import SUFFIXES, Compression
from journal.envelope import Head
from journal.script import Script
from journal.values import DatabaseKind, SchemaObject
from projections.schema import dotted

FORMAT = 2
"""Version of the layout of a backup; the first one lacked objects, sequences, compression."""
READ = (1, FORMAT)
"""The versions that can be read."""
MANIFEST = "manifest.json"
BEFORE = "tables.sql"
"""The script of what rows need."""
AFTER = "constraints.sql"
"""The script of what comes when the rows are there."""
_FILE = re.compile(r"[0-9]{4,}\.jsonl(\.gz|\.zst)?")


Layout = Literal["directory", "single"]
"""A file for each table beside the manifest; or one file, which holds the rows too."""


class Unreadable(ValueError):
    """A manifest that cannot be read; the message says why."""


class BackedUpColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a backed up table, in order."""

    name: str
    type: str


class BackedUpTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table and its file.

    ``digest`` is the SHA-256 of the table's lines, in hexadecimal, and ``bytes`` their size,
    both before they are compressed; ``stored`` is the size of the file (format 1: 0). Where a
    backup is a single file, its tables have none.
    ``rowid`` is the name under which SQLite's rowid stands in each row, where it is no column.
    ``generated`` names columns that were left out, since the database computes them.
    """

    path: tuple[str, ...]
    columns: tuple[BackedUpColumn, ...]
    rows: int
    bytes: int
    digest: str
    file: str = ""
    stored: int = 0
    rowid: str = ""
    generated: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that each row bears, in order."""
        names = tuple(column.name for column in self.columns)
        return (*names, self.rowid) if self.rowid else names


class BackedUpSequence(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a sequence; on SQLite that of the AUTOINCREMENT counter of a table.

    ``last_value`` is ``None`` where a SQLite table has no counter yet.
    """

    path: tuple[str, ...]
    last_value: int | None = None
    is_called: bool = True


class BackedUpScript(msgspec.Struct, frozen=True, kw_only=True):
    """A file of statements: its size, and the SHA-256 of it in hexadecimal."""

    file: str
    bytes: int
    digest: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The journal's head when the tables were read."""

    position: int
    digest: str


class OfJournal(msgspec.Struct, frozen=True, kw_only=True):
    """Which journal stood beside the data."""

    id: str
    name: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. No URL and no name of a host stands in it.

    ``migration`` is named where a migration took the backup: it holds what that one had done
    so far. ``left_out`` names virtual tables, whose rows only their module knows. ``objects``
    are the tables with their parts, and what these depend on, as in the journal;
    ``sequences`` are the places of those among them (format 1: none of the two). ``scripts``
    are files that word all this for people and their tools; a single file has them as ``ddl``.
    """

    format: int
    backup: str
    taken_at: str
    journal: OfJournal
    database: DatabaseKind
    server: str
    head: Place
    clew: str
    migration: str = ""
    layout: Layout = "directory"
    compression: Compression = "none"
    tables: tuple[BackedUpTable, ...] = ()
    left_out: tuple[str, ...] = ()
    scripts: tuple[BackedUpScript, ...] = ()
    ddl: Script = Script()
    sequences: tuple[BackedUpSequence, ...] = ()
    objects: tuple[SchemaObject, ...] = ()

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)


def place_of(head: Head) -> Place:
    """Return a head as manifests bear it."""
    return Place(position=head.position, digest=head.digest.hex())


def written(manifest: Manifest) -> bytes:
    """Return the file, for people to read too."""
    return formatted(manifest)


def formatted(value: object) -> bytes:
    """Return JSON for people; letters of all scripts stand for themselves."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def digest_of(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal, as BackupTaken bears it."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes, layout: Layout = "directory") -> Manifest:
    """Read a manifest.

    Raises:
        Unreadable: it is none, of a format this release does not know, of another layout, or
            names files that cannot be a backup's.
    """
    if not content:
        raise Unreadable("0 bytes")
    try:
        found = msgspec.json.decode(content, type=_OfSomeFormat)
        if found.format not in READ:
            raise Unreadable(f"of format {found.format}; this release knows up to {FORMAT}")
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error).lower()) from None
    if manifest.layout != layout:
        raise Unreadable("that of a single file" if layout == "directory" else "no single file")
    if layout == "directory":
        _refuse_odd_files(manifest)
    return manifest


def _refuse_odd_files(manifest: Manifest) -> None:
    ending = f".jsonl{SUFFIXES[manifest.compression]}"
    for name, times in Counter(table.file for table in manifest.tables).items():
        if times > 1 or not _FILE.fullmatch(name) or not name.endswith(ending):
            raise Unreadable(f"{name!r} is no file of such a backup, or stands twice")
    if not {one.file for one in manifest.scripts} <= {BEFORE, AFTER}:
        raise Unreadable("it names scripts that no backup has")


def named(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a name for each table; where dots make two names one, both are quoted."""
    plain = [dotted(path) for path in paths]
    return [
        name if plain.count(name) == 1 else ".".join(f'"{part}"' for part in path)
        for name, path in zip(plain, paths, strict=True)
    ]


def file_name(number: int, compression: Compression) -> str:
    """Return the name of a table's file: a number, which any file system can hold."""
    return f"{number:04}.jsonl{SUFFIXES[compression]}"


def backed_up(
    table: SchemaObject,
    names: tuple[str, ...],
    *,
    rows: int,
    bytes: int,  # noqa: A002 - as the manifest has it
    digest: str,
    file: str = "",
    stored: int = 0,
) -> BackedUpTable:
    """Describe a table whose lines bear these names."""
    kept = [column for column in table.columns if "generated" not in column.definition]
    return BackedUpTable(
        path=table.path,
        columns=tuple(
            BackedUpColumn(name=column.name, type=str(column.definition.get("type", "")))
            for column in kept
        ),
        rowid=names[-1] if len(names) > len(kept) else "",
        generated=tuple(c.name for c in table.columns if "generated" in c.definition),
        rows=rows,
        bytes=bytes,
        digest=digest,
        file=file,
        stored=stored,
    )


class _OfSomeFormat(msgspec.Struct):
    format: int
