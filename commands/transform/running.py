"""Running a whole transform within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from itertools import islice

import msgspec

from commands.transform.engine import Engine
from commands.transform.findings import Batch
from commands.transform.homeless import UnmappedReader
from commands.transform.reading import Reader, SelectReader, Subject
from commands.transform.report import Met, Transformed
from commands.transform.spec import Select, Transform, Unmapped
from journal.database import Database
from journal.recording import Recording

BATCH = 500
"""Subjects of one batch."""

Progress = Callable[[int], None]
"""Called with the number of subjects done."""


def reader(spec: Transform, database: Database) -> Reader:
    """Return the reader of a transform's source.

    Raises:
        Refused: the source does not have what the transform names.
        StatementFailed: the database refused the query.
    """
    match spec.source:
        case Select() as source:
            return SelectReader(spec, source, database)
        case Unmapped() as source:
            return UnmappedReader(spec, source, database)


def run_transform(
    spec: Transform,
    recording: Recording,
    *,
    migration: str,
    batch: int = BATCH,
    progress: Progress = lambda _: None,
) -> Transformed:
    """Transform all subjects inside the open transaction of ``recording``.

    Raises:
        Refused: the transform does not fit source or targets, or records disagree where its
            rule refuses that.
        NotExact: values were read whose fate nobody knows.
    """
    found = reader(spec, recording.database).subjects()
    return _run(spec, recording, found, migration=migration, batch=batch, progress=progress)


def run_again(
    spec: Transform, recording: Recording, waiting: Sequence[str], *, migration: str
) -> Transformed:
    """Transform subjects that had been rejected, by the JSON of their keys."""
    raise NotImplementedError


def _run(
    spec: Transform,
    recording: Recording,
    found: Generator[Subject, None, None],
    *,
    migration: str,
    batch: int,
    progress: Progress,
) -> Transformed:
    engine, met, number = Engine(spec, recording, migration=migration), Met(), 0
    with closing(found):
        while some := tuple(islice(found, batch)):
            number += 1
            met.take(some)
            place = Batch(number=number, first=some[0].first, last=some[-1].last)
            engine.take(place, some, recording)
            progress(engine.report.subjects)
    return msgspec.structs.replace(engine.report, absent=met.absent(spec))
