"""The tables that a name stands for, found without decoding what is told of all others."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from commands.one_row.comparing import NAMING
from journal.codec import open_entry
from journal.envelope import Entry
from journal.known import TYPES
from journal.store import Journal
from projections.fold import replay
from projections.tables import Tables

_encode = msgspec.json.Encoder().encode
_ALWAYS = (b'"kind":"enum"',)


def tables_of(journal: Journal, name: str, *, last: int) -> Tables:
    """Return what the journal tells of the tables that ever bore a name, and of their partitions.

    Entries are looked through for the name, then for the identities that bore it and all their
    names, until nothing new comes up.
    """
    wanted = {_encode(part)[1:-1] for part in (name, name.rsplit(".", 1)[-1])}
    while True:
        found = replay(Tables, _entries(journal, wanted, last))
        more = wanted | set(_words(found, name))
        if any(_is_naming(found, one) for one in found.versions):
            return replay(Tables, journal.read(last=last, types=TYPES))
        if more == wanted:
            return found
        wanted = more


def _entries(journal: Journal, wanted: set[bytes], last: int) -> Iterator[Entry]:
    needles = (*_ALWAYS, *wanted)
    for stored in journal.database.entries(last=last, types=TYPES):
        body = stored.body
        if any(needle in body for needle in needles):
            yield open_entry(stored)


def _words(tables: Tables, name: str) -> Iterator[bytes]:
    """Yield what else an entry may say of these tables: identities, and names of partitioned ones."""
    bearers = tables.bearers(name, 2**62)
    for bearer in bearers:
        for one in tables.family(bearer.table):
            yield b'"id":%d,"kind":"table"' % one
            for version in tables.versions[one]:
                if version.table is not None and "partition_by" in version.table.definition:
                    yield _encode(version.table.path[-1])


def _is_naming(tables: Tables, table: int) -> bool:
    """Tell whether values of a table are written as the names of objects, any of which counts."""
    return any(
        str(column.definition.get("type", "")).removesuffix("[]") in NAMING
        for version in tables.versions[table]
        if version.table is not None
        for column in version.table.columns
    )
