"""Copying tables out of one session into the directory of a backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from commands.backup.compression import DEFAULT, Compression
from commands.backup.files import InDirectory, InOneFile
from commands.backup.manifest import (
    FORMAT,
    BackedUpSequence,
    BackedUpTable,
    Layout,
    Manifest,
    OfJournal,
    named,
    place_of,
)
from commands.backup.reading import Progress
from commands.opening import clew_version
from commands.words import count
from journal.database import Database
from journal.errors import Refused, Usage
from journal.events import BackupTaken, BackupVerified
from journal.store import timestamp
from journal.values import SchemaObject, SequenceState
from projections.schema import Schema, dotted


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was taken, and read back: where it stands, and what it holds.

    ``bytes`` is the size of its rows, ``stored`` that of all its files.
    """

    backup: str
    location: str
    manifest: str
    tables: dict[str, int]
    rows: int
    bytes: int
    stored: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[BackupTaken, BackupVerified]:
        """What the journal is told."""
        found = f"{count(len(self.tables), 'table')}, {count(self.rows, 'row')} read back"
        return (
            BackupTaken(
                backup=self.backup,
                location=self.location,
                manifest=self.manifest,
                tables=self.tables,
            ),
            BackupVerified(backup=self.backup, passed=True, found=found),
        )


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """The identity of a backup to be taken, when that is, its place and its layout."""

    backup: str
    taken_at: datetime
    to: Path
    compress: Compression
    layout: Layout

    @property
    def name(self) -> str:
        """The name of the directory, or of the single file."""
        name = f"{self.taken_at:%Y%m%dT%H%M%SZ}-{self.backup[:8]}"
        return f"{name}.json" if self.layout == "single" else name

    @property
    def place(self) -> Path:
        """The directory, or the single file."""
        return self.to / self.name

    def within(self, directory: Path) -> InDirectory | InOneFile:
        """Return what writes the backup, in a directory that is there for it alone."""
        if self.layout == "single":
            return InOneFile(directory, self.name)
        return InDirectory(directory, self.compress)


def naming(
    to: Path, now: datetime, *, compress: Compression | None = None, single: bool = False
) -> Naming:
    """Give a new backup its identity; a relative ``to`` is one of the current directory.

    Raises:
        Usage: a single file is to be compressed.
    """
    if single and compress not in (None, "none"):
        raise Usage(
            f"a single file is there to be read, and not compressed with {compress}",
            hint="Leave out one of the two.",
        )
    return Naming(
        backup=str(uuid4()),
        taken_at=now.astimezone(UTC),
        to=to.resolve(),
        compress="none" if single else compress or DEFAULT,
        layout="single" if single else "directory",
    )


def choose(schema: Schema, tables: Sequence[str]) -> tuple[SchemaObject, ...]:
    """Return the tables of these names with their heirs and partitions; all without a name.

    Raises:
        NotFound, Usage: as ``Schema.table`` does.
        Refused: there is no table.
    """
    every = schema.of_kind("table")
    if not every:
        raise Refused("there is no table", hint="See what the journal knows with clew schema.")
    if not tables:
        return every
    paths = {schema.table(name).path for name in tables}
    size = 0
    while len(paths) != size:
        size = len(paths)
        paths |= {one.path for one in every if any(path in paths for path in _parents(one))}
    return tuple(one for one in every if one.path in paths)


def left_out(objects: Mapping[int, SchemaObject], tables: Sequence[str]) -> tuple[str, ...]:
    """Name virtual tables, where all tables were asked for."""
    if tables:
        return ()
    return tuple(dotted(one.path) for one in objects.values() if one.kind == "virtual")


def write(
    database: Database,
    tables: Sequence[SchemaObject],
    into: InDirectory | InOneFile,
    *,
    by: Naming,
    known: Mapping[int, SchemaObject],
    migration: str = "",
    left_out: tuple[str, ...] = (),
    progress: Progress,
) -> Manifest:
    """Copy tables out within the open transaction; return what was copied.

    ``known`` are the objects that the journal knows, by identity.
    """
    identity, head = database.identity(), database.head()
    assert identity is not None, "a journal stands here"
    objects = database.needed(tables, known)
    manifest = Manifest(
        format=FORMAT,
        backup=by.backup,
        taken_at=timestamp(by.taken_at),
        journal=OfJournal(id=identity.id, name=identity.name),
        database=database.kind,
        server=database.server,
        head=place_of(head),
        clew=clew_version(),
        migration=migration,
        layout=by.layout,
        compression=by.compress,
        tables=tuple(
            into.take(database, table, number, progress)
            for number, table in enumerate(tables, start=1)
        ),
        left_out=left_out,
        objects=objects,
    )
    # Sequences are of no snapshot: read after the rows, none stands behind a value of theirs.
    places = _places(database, objects)
    manifest = msgspec.structs.replace(
        manifest,
        sequences=tuple(
            BackedUpSequence(path=path, last_value=one.last_value, is_called=one.is_called)
            for path, one in places.items()
        ),
    )
    return into.word(manifest, database.script(objects, places))


def finished(
    manifest: Manifest, into: InDirectory | InOneFile, *, by: Naming, progress: Progress
) -> Written:
    """Write the manifest, read all of it back, and tell what there is.

    Raises:
        CheckFailed: what is read is not what was written.
    """
    digest = into.finish(manifest, progress)
    return Written(
        backup=by.backup,
        location=str(by.place),
        manifest=digest,
        tables=rows_by_name(manifest.tables),
        rows=manifest.rows,
        bytes=sum(table.bytes for table in manifest.tables),
        stored=into.stored,
        left_out=manifest.left_out,
    )


def rows_by_name(tables: Iterable[BackedUpTable]) -> dict[str, int]:
    """Count rows by the names of tables."""
    tables = tuple(tables)
    names = named([table.path for table in tables])
    return {name: table.rows for name, table in zip(names, tables, strict=True)}


def _places(
    database: Database, objects: Sequence[SchemaObject]
) -> dict[tuple[str, ...], SequenceState]:
    """Objects that the journal does not know of all bear 0, so they are counted here."""
    counted = dict(enumerate(objects, start=1))
    states = database.read_sequences(
        {number: msgspec.structs.replace(one, id=number) for number, one in counted.items()}
    )
    return {counted[number].path: state for number, state in states}


def _parents(table: SchemaObject) -> list[tuple[str, ...]]:
    return [tuple(path) for path in table.definition.get("inherits", ())]
