"""One subject from source to target: what each transform that stands made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from commands.findings import ConflictAnswer, candidates_of, values_of
from commands.places import position_of
from commands.sources import DIRECTORY, MigrationFile, read_sources
from commands.tracing import Taken, trace
from commands.transform.again import SourceValue, read_again
from commands.transform.loading import transform_in
from commands.transform.values import Malformed, jsonable, read, write
from commands.whereabouts import TargetNow, Whereabouts
from journal.erased import Erased
from journal.errors import ClewError, NotFound
from journal.store import Journal
from projections.findings import RecordFact


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was rejected for ``error``, or whose values have no home.

    ``erased`` is the position at which its values were erased.
    """

    record: str
    values: Mapping[str, Any]
    error: str = ""
    erased: int | None = None


class SubjectStep(msgspec.Struct, frozen=True, kw_only=True):
    """What one transform made of a subject.

    ``run`` is empty and ``batch`` is 0 where nobody can tell which one took it. ``feeds`` names
    the source fields that each target column takes, by ``table.column``. ``source`` is the
    source as it is now, empty without the migration's file; ``notes`` say what all this is worth.
    """

    migration: str
    step: str
    run: str
    batch: int
    position: int
    conflicts: tuple[ConflictAnswer, ...]
    unmapped: tuple[Left, ...]
    rejected: tuple[Left, ...]
    rows: tuple[TargetNow, ...]
    feeds: Mapping[str, tuple[str, ...]]
    source: tuple[SourceValue, ...]
    notes: tuple[str, ...]


class SubjectAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A subject, by the JSON of its key, and the transforms that took it, in order."""

    subject: str
    at: int
    steps: tuple[SubjectStep, ...]


def subject(
    journal: Journal, key: str, at: str = "head", *, migrations: Path | None = None
) -> SubjectAnswer:
    """Follow one subject; ``key`` is JSON, or plain text.

    The source is read again where the migration's file is in ``migrations`` as it was applied.

    Raises:
        NotFound: no such position, or no transform that stands there took such a subject.
        Usage: the position is not understood.
    """
    last = position_of(journal, at)
    files = _files(journal, migrations)
    for name in names_of(key):
        following = _Following(journal, name, last, files)
        if steps := tuple(following.steps()):
            return SubjectAnswer(subject=name, at=last, steps=steps)
    raise NotFound(
        f"no transform that stands at position {last} took a subject {key}",
        hint="Write its key as it stands in the source: 42, ada, or as JSON '\"42\"'.",
    )


def names_of(key: str) -> tuple[str, ...]:
    """Return what a key may mean, as JSON: what it says as JSON, then the text itself."""
    try:
        found = [write(jsonable(read(key)))]
    except Malformed:
        found = []
    return tuple(dict.fromkeys([*found, write(key)]))


class _Following:
    def __init__(
        self, journal: Journal, name: str, last: int, files: Mapping[str, MigrationFile]
    ) -> None:
        self.journal = journal
        self.name = name
        self.files = files
        self.traced = trace(journal, name, last=last)
        self.where = Whereabouts(journal, name, last=last)

    def steps(self) -> Iterator[SubjectStep]:
        """Yield what is known of each transform; those that never met the subject are none."""
        for taken in self.traced.taken:
            spec = self._spec(taken)
            rows = tuple(self.where.rows(spec, taken, self._conflicts(taken)))
            values, note = self._source(taken, rows)
            if taken.mentioned or rows or values:
                yield self._step(taken, spec, rows, values, note)

    def _step(
        self,
        taken: Taken,
        spec: Mapping[str, Any],
        rows: tuple[TargetNow, ...],
        values: tuple[SourceValue, ...],
        note: str,
    ) -> SubjectStep:
        found = self.traced.findings
        return SubjectStep(
            migration=taken.migration,
            step=taken.step,
            run=taken.run,
            batch=taken.batch,
            position=taken.position,
            conflicts=tuple(self._conflicts(taken)),
            unmapped=tuple(self._left(one) for one in found.unmapped if _of(one, taken)),
            rejected=tuple(self._left(one) for one in found.rejected if _of(one, taken)),
            rows=rows,
            feeds=dict(_feeds(spec)),
            source=values,
            notes=(*([note] if note else []), *dict.fromkeys(self.where.notes)),
        )

    def _conflicts(self, taken: Taken) -> Iterator[ConflictAnswer]:
        for one in self.traced.findings.conflicts:
            if _of(one, taken):
                content = self.journal.database.content(one.candidates)
                candidates = () if content is None else candidates_of(one, content)
                yield ConflictAnswer(conflict=one, candidates=candidates)

    def _left(self, one: RecordFact) -> Left:
        content = self.journal.database.content(one.content)
        values = {} if content is None else values_of(one, content)
        kept = {field: values[field] for field in one.fields} if one.fields else values
        erased = content.position if isinstance(content, Erased) else None
        return Left(record=one.record, values=kept, error=one.error, erased=erased)

    def _spec(self, taken: Taken) -> Mapping[str, Any]:
        return self._content(taken.spec) or {}

    def _content(self, digest: str) -> Any:
        content = self.journal.database.content(digest)
        return None if content is None or isinstance(content, Erased) else read(content)

    def _source(
        self, taken: Taken, rows: Sequence[TargetNow]
    ) -> tuple[tuple[SourceValue, ...], str]:
        if taken.of:
            return (), f"its source is what {taken.of} left unmapped"
        file = self.files.get(taken.digest)
        if file is None:
            return (), "without the file as it was applied, only what the journal keeps is known"
        spec = transform_in(file, taken.step)
        if spec is None:
            return (), "the file has no such transform"
        values = [row.values for row in rows]
        again = read_again(spec, self.journal.database, self.name, values)
        return again.values, again.note


def _files(journal: Journal, directory: Path | None) -> dict[str, MigrationFile]:
    """Return migration files by digest; a directory that nobody named may be no good."""
    if directory is None and not DIRECTORY.is_dir():
        return {}
    try:
        found = read_sources([directory or DIRECTORY], journal.database.kind).files
    except ClewError:
        if directory is not None:
            raise
        return {}
    return {file.digest: file for file in found}


def _feeds(spec: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for target in spec.get("into", ()):
        for column, rule in target["columns"].items():
            fields = (
                rule.get("fields") or [rule["field"]] if "field" in rule else rule.get("fields")
            )
            yield f"{target['table']}.{column}", tuple(fields or ())


def _of(one: Any, taken: Taken) -> bool:
    return (one.migration, one.step) == (taken.migration, taken.step)
