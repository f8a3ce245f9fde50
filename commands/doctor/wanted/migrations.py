"""What migration files, or a program's models, tell of a database: wanted, in order, to come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager

import msgspec

from commands.doctor.finding import Finding
from commands.doctor.wanted.attempts import Attempts, attempt_all, things
from commands.doctor.wanted.coming import coming_findings
from commands.doctor.wanted.lacking import Schema
from commands.doctor.wanted.makers import Compared
from commands.doctor.wanted.order import order_findings
from commands.doctor.wanted.wants import lacking, want_findings
from commands.sources import MigrationFile
from journal.copying import open_trial, scratch_empty
from journal.effect import Ask
from journal.scratch import Wanted
from journal.trying import Trial
from journal.url import URL
from journal.values import DatabaseKind, SchemaObject


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What says how the database should be.

    ``files`` are the migrations of a directory in order. ``applied`` are the names of those
    that a journal or another tool's bookkeeping holds to be applied, ``None`` where nothing
    tells. ``coming`` are files that were named singly, to be rehearsed whatever is said of
    them. ``models`` are statements that make what a program's models want.
    """

    files: Sequence[MigrationFile] = ()
    applied: Collection[str] | None = None
    coming: Sequence[MigrationFile] = ()
    models: MigrationFile | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """How many things a migration makes, and how many of them the database has."""

    migration: str
    made: int
    there: int


def migration_findings(
    url: URL,
    kind: DatabaseKind,
    objects: Sequence[SchemaObject],
    ask: Ask,
    told: Told,
    scratch: Wanted,
) -> Iterator[Finding]:
    """Yield what is wanted and not there, statements out of order, and migrations that will fail.

    The database of ``url`` is only read: ``objects`` is its schema, ``ask`` runs queries on it.
    All else runs on scratch databases.

    Raises:
        Refused: no scratch database may be made; the hint names ``--scratch``.
        Unreachable, Busy, StatementFailed, Usage: no scratch database could be made.
    """
    coming = {file.name: file for file in told.coming}
    if told.files:
        with _empty(url, scratch) as trial:
            everything = attempt_all(trial, told.files, again=True, look=False)
        whole = not lacking(_compared(everything, objects, kind))
        sure = whole and told.applied is None
        pending = frozenset() if sure else _pending(url, told, objects, scratch)
        yield from order_findings(everything, pending | coming.keys())
        if not whole:
            known = [file for file in told.files if file.name not in pending]
            yield from _wants(url, known, objects, kind, ask, scratch)
        coming |= {file.name: file for file in told.files if file.name in pending}
    if told.models is not None:
        yield from _wants(url, [told.models], objects, kind, ask, scratch, by_files=False)
    files = sorted(coming.values(), key=lambda file: file.order)
    yield from coming_findings(url, files, objects, ask, scratch)


def effects(attempts: Attempts, objects: Sequence[SchemaObject]) -> tuple[Effect, ...]:
    """Count what each migration makes that still stands at the end, and what is there of it."""
    there, stays = set(things(objects)), set(things(attempts.schema))
    made: dict[str, set[object]] = {}
    found: dict[str, set[object]] = {}
    for one in attempts.all:
        made.setdefault(one.migration, set()).update(one.made & stays)
        found.setdefault(one.migration, set()).update(one.made & stays & there)
    return tuple(
        Effect(migration=name, made=len(made[name]), there=len(found[name])) for name in made
    )


def _pending(
    url: URL, told: Told, objects: Sequence[SchemaObject], scratch: Wanted
) -> frozenset[str]:
    """Name the last files whose effect is nowhere: where nothing tells, they are to come."""
    if told.applied is not None:
        return frozenset(file.name for file in told.files if file.name not in told.applied)
    with _empty(url, scratch) as trial:
        found = effects(attempt_all(trial, told.files, again=True), objects)
    names = [file.name for file in told.files]
    done = {one.migration for one in found if one.there}
    known = max((place for place, name in enumerate(names) if name in done), default=-1)
    makes = {one.migration for one in found if one.made}
    return frozenset(name for name in names[known + 1 :] if name in makes)


def _wants(
    url: URL,
    files: Sequence[MigrationFile],
    objects: Sequence[SchemaObject],
    kind: DatabaseKind,
    ask: Ask,
    scratch: Wanted,
    *,
    by_files: bool = True,
) -> Iterator[Finding]:
    with _empty(url, scratch) as trial:
        done = attempt_all(trial, files, again=True)
        yield from want_findings(_compared(done, objects, kind, by_files=by_files), ask, trial)


def _compared(
    attempts: Attempts,
    objects: Sequence[SchemaObject],
    kind: DatabaseKind,
    *,
    by_files: bool = True,
) -> Compared:
    return Compared(
        attempts=attempts,
        wanted=Schema(attempts.schema, kind),
        live=Schema(objects, kind),
        by_files=by_files,
    )


@contextmanager
def _empty(url: URL, scratch: Wanted) -> Iterator[Trial]:
    with (
        scratch_empty(url, scratch) as made,
        closing(open_trial(made, lock_timeout=scratch.lock_timeout)) as trial,
    ):
        yield trial
