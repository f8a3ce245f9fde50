"""Source rows as records, gathered by subject."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from commands.transform.outcome import Record
from commands.transform.spec import Select, Transform
from commands.transform.values import Malformed, canonical, kind_of, read, write
from journal.database import Database, Row
from journal.errors import Refused


class Subject(msgspec.Struct, frozen=True):
    """A key and its records, in the source's order."""

    key: Any
    records: tuple[Record, ...]


def subjects(spec: Transform, database: Database) -> Generator[Subject, None, None]:
    """Yield each subject with its records.

    Raises:
        Refused: the source does not select what the transform names.
        StatementFailed: the database refused the query.
    """
    source = spec.source
    sql = f"{source.sql.rstrip().rstrip(';')}\n{_order(spec, source)}"
    with database.select(sql) as found:
        _check_columns(spec, source, found.columns)
        records = _records(spec, source, found.columns, found.rows)
        for _, group in groupby(records, lambda one: canonical(one[0])):
            gathered = list(group)
            yield Subject(gathered[0][0], tuple(record for _, record in gathered))


def _order(spec: Transform, source: Select) -> str:
    """Subjects must come together, and their records as stated."""
    subject = spec.subject.replace('"', '""')
    return f'ORDER BY "{subject}", {source.order}'


def _check_columns(spec: Transform, source: Select, columns: tuple[str, ...]) -> None:
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


def _records(
    spec: Transform, source: Select, columns: tuple[str, ...], rows: Iterable[Row]
) -> Iterator[tuple[Any, Record]]:
    names = spec.record or (spec.subject,)
    for row in rows:
        found = dict(zip(columns, row, strict=True))
        fields = {k: v for k, v in found.items() if v is not None and k not in source.unpack}
        record = _unpacked(source, found, fields)
        name = write([found[one] for one in names])
        yield found[spec.subject], msgspec.structs.replace(record, id=name)


def _unpacked(source: Select, found: dict[str, Any], fields: dict[str, Any]) -> Record:
    """Make fields of JSON objects; what cannot be one field is the record's problem."""
    problem = ""
    for column in source.unpack:
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
    return value
