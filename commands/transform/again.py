"""The source of one subject, read once more, with the fate of each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import msgspec

from commands.transform.choosing import Refusal
from commands.transform.outcome import Record
from commands.transform.reading import SelectReader, key_of, named
from commands.transform.spec import Select, Transform
from commands.transform.subject import Sought, fates, place, sought, where
from journal.database import Database
from journal.errors import ClewError


class SourceValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a record; ``fate`` is empty where nobody knows it."""

    record: str
    field: str
    value: Any
    fate: str = ""


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """What the source holds of a subject now; a ``note`` where that says little."""

    values: tuple[SourceValue, ...] = ()
    note: str = ""


def read_again(
    spec: Transform, database: Database, subject: str, rows: Sequence[Mapping[str, Any]]
) -> Again:
    """Read a subject, named by the JSON of its key, from the source as it is now.

    ``rows`` are the target rows as they are now, which a transform that merges asks for.
    """
    if not isinstance(spec.source, Select):
        return Again()
    try:
        with database.snapshot(()):
            reader = SelectReader(spec, spec.source, database)
            with closing(reader.among((key_of(subject),))) as found:
                mine = [one for one in found if named(one.key) == subject]
    except ClewError as error:
        return Again(note=f"the source cannot be read any more: {error.message}")
    records = [record for one in mine for record in one.records]
    if not records:
        return Again(note="the source has no such subject now")
    return with_fates(spec, records, rows)


def with_fates(
    spec: Transform, records: Sequence[Record], rows: Sequence[Mapping[str, Any]]
) -> Again:
    """Give each value of some records its fate."""
    note = "the source is read as it is now, and fates are those that it would meet"
    try:
        there = dict(_there(spec, records, rows))
        met: Mapping[tuple[int, str], str] = fates(spec, records, there)
    except Refusal:
        met, note = {}, "records disagree now where that is refused"
    return Again(
        values=tuple(
            SourceValue(record=record.id, field=field, value=value, fate=met.get((n, field), ""))
            for n, record in enumerate(records)
            for field, value in record.fields.items()
        ),
        note=note,
    )


def _there(
    spec: Transform, records: Sequence[Record], rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Sought, Mapping[str, Any]]]:
    for n, values in sought(spec, records):
        for row in rows:
            if place(row.get(name) for name in spec.into[n].match) == place(values):
                yield where(spec.into[n], values), row
