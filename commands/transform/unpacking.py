"""Rows of a SELECT as records: columns become fields, JSON objects are taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from commands.transform.outcome import Record
from commands.transform.spec import Select, Transform, taken
from commands.transform.values import Malformed, is_text, jsonable, kind_of, read, write
from journal.effect import Row
from journal.errors import Refused


class Columns(msgspec.Struct, frozen=True):
    """The columns of a row, and those that hold JSON objects to be unpacked."""

    names: tuple[str, ...]
    packed: tuple[str, ...]


def check_columns(spec: Transform, source: Select, columns: tuple[str, ...]) -> None:
    """Hold a transform against what its source selects.

    Raises:
        Refused: a column is named that is not there, or stands twice.
    """
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise Refused(
            f"transform {spec.name}: the source selects {twice[0]} twice",
            hint="Give one of the columns another name with AS.",
        )
    for name in (spec.subject, *spec.record, *source.unpack):
        if name not in columns:
            raise Refused(
                f"transform {spec.name}: the source selects no column {name}",
                hint=f"It selects {', '.join(columns)}.",
            )
    if not source.unpack:
        _refuse_unknown(spec, columns)


def _refuse_unknown(spec: Transform, columns: tuple[str, ...]) -> None:
    """Where nothing is unpacked, columns are all the fields there are."""
    for fields in taken(spec):
        if not set(fields) & set(columns):
            raise Refused(
                f"transform {spec.name}: a rule takes {' or '.join(fields)}, which no record has",
                hint=f"The source selects {', '.join(columns)}.",
            )


def records(spec: Transform, columns: Columns, rows: Iterable[Row]) -> Iterator[tuple[Any, Record]]:
    """Yield each row's subject with its record."""
    names = spec.record or (spec.subject,)
    for row in rows:
        found = dict(zip(columns.names, row, strict=True))
        fields = {k: v for k, v in found.items() if v is not None and k not in columns.packed}
        record = _unpacked(columns.packed, found, fields)
        name = write([jsonable(found[one]) for one in names])
        yield found[spec.subject], msgspec.structs.replace(record, id=name)


def _unpacked(packed: Iterable[str], found: dict[str, Any], fields: dict[str, Any]) -> Record:
    """Make fields of JSON objects; what cannot be one field is the record's problem."""
    problem = ""
    for column in packed:
        if found[column] is None:
            continue
        try:
            fields |= _fields_of(found[column], fields)
        except Malformed as error:
            problem = problem or f"{column}: {error}"
            fields[column] = found[column]
    return Record("", fields, problem)


def _fields_of(packed: Any, taken: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a JSON object. Raises ``Malformed``."""
    value = read(packed) if isinstance(packed, str | bytes) else packed
    if not isinstance(value, dict):
        raise Malformed(f"expected an object, found {kind_of(value)}")
    both = taken.keys() & value.keys()
    if both:
        raise Malformed(f"field {min(both)!r} is a column too")
    if not is_text("".join(value)):
        raise Malformed("a field's name holds half of a surrogate pair")
    return value
