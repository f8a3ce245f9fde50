"""Running a whole transform within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice

import msgspec

from commands.transform.engine import Engine
from commands.transform.findings import Batch
from commands.transform.homeless import UnmappedReader
from commands.transform.reading import (
    EVERYTHING,
    Between,
    Reader,
    SelectReader,
    Subject,
    key_of,
)
from commands.transform.report import Met, Transformed
from commands.transform.spec import Select, Transform, Unmapped
from journal.database import Database
from journal.errors import Refused
from journal.recording import Recording

BATCH = 500
"""Subjects of one batch."""

Progress = Callable[[int], None]
"""Called with the number of subjects done."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be set aside before the run is refused; ``None`` is no limit."""

    rejects: int | None = None

    def hold(self, report: Transformed, *, before: int = 0) -> None:
        """Hold a report against the limits; ``before`` were rejected by an earlier attempt.

        Raises:
            Refused: more subjects were rejected than may be.
        """
        rejected = before + report.rejected
        if self.rejects is not None and rejected > self.rejects:
            raise Refused(
                f"transform {report.name}: {rejected:,} subjects rejected of"
                f" {report.subjects:,} so far, at most {self.rejects:,} may be",
                hint="See why with --dry-run; mend them, or allow more with --max-rejects.",
            )


NO_LIMITS = Limits()


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected subject: its key as JSON, and what tells its records apart."""

    subject: str
    records: tuple[str, ...]


def reader(spec: Transform, database: Database, columns: tuple[str, ...] = ()) -> Reader:
    """Return the reader of a transform's source; ``columns`` where they are known already.

    Raises:
        Refused: the source does not have what the transform names.
        StatementFailed: the database refused the query.
    """
    match spec.source:
        case Select() as source:
            return SelectReader(spec, source, database, columns)
        case Unmapped() as source:
            return UnmappedReader(spec, source, database)


def run_transform(
    spec: Transform,
    recording: Recording,
    *,
    migration: str,
    batch: int = BATCH,
    limits: Limits = NO_LIMITS,
    left: Sequence[Between] = (EVERYTHING,),
    progress: Progress = lambda _: None,
) -> Transformed:
    """Transform all subjects that are ``left``, in the open transaction of ``recording``.

    Raises:
        Refused: the transform does not fit source or targets, or records disagree where its
            rule refuses that.
        NotExact: values were read whose fate nobody knows.
    """
    source = reader(spec, recording.database)
    engine, met, number = Engine(spec, recording, migration=migration), Met(), 0
    for between in left:
        with closing(source.subjects(between)) as found:
            while some := tuple(islice(found, batch)):
                number += 1
                met.take(some)
                place = Batch(number=number, first=some[0].first, last=some[-1].last)
                engine.take(place, some, recording)
                progress(engine.report.subjects)
                limits.hold(engine.report)
    return msgspec.structs.replace(engine.report, absent=met.absent(spec))


def run_again(
    spec: Transform, recording: Recording, waiting: Sequence[Waiting], *, migration: str
) -> Transformed:
    """Transform subjects that had been rejected, as they are now.

    One that is gone from the source waits no longer. A record that had no key is looked for
    among all, by what tells it from others.

    Raises:
        Refused, NotExact: as ``run_transform`` does.
    """
    source = reader(spec, recording.database)
    engine = Engine(spec, recording, migration=migration)
    keys = [key_of(one.subject) for one in waiting if one.subject != "null"]
    records = frozenset(name for one in waiting if one.subject == "null" for name in one.records)
    found: list[Subject] = []
    for start in range(0, len(keys), BATCH):
        found += source.among(tuple(keys[start : start + BATCH]))
    if records:
        found += [one for one in source.subjects() if not records.isdisjoint(_names(one))]
    names = tuple(one.subject for one in waiting)
    again = list({one.first: one for one in found}.values())
    for number, start in enumerate(range(0, max(len(again), 1), BATCH), start=1):
        place = Batch(number=number, retried=names if number == 1 else ())
        engine.take(place, again[start : start + BATCH], recording)
    return engine.report


def _names(one: Subject) -> set[str]:
    return {record.id for record in one.records}
