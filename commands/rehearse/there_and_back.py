"""One migration there, back and there again, each step held against a footprint."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from commands.rehearse.answer import RehearsedMigration, Rewritten
from commands.rehearse.stage import Ran, Stage
from commands.sources import MigrationFile
from journal.errors import ClewError, NotKnownExact
from journal.footprint import Footprint, compare, rewritten

Run = Callable[[Mapping[str, object]], Ran]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A migration as rehearsed, and the copy as it stands after it.

    ``refused`` names the rule of the gate that stopped it, ``schema_differs`` tells that the
    second time left other definitions than the first.
    """

    answer: RehearsedMigration
    after: Footprint
    refused: str = ""
    stayed: tuple[str, ...] = ()
    schema_differs: bool = False

    @property
    def goes_on(self) -> bool:
        """Tell whether what comes next can be tried on what stands now."""
        one = self.answer
        return one.applied and one.returned != "differs" and one.repeated != "refused"


def there_and_back(
    stage: Stage, file: MigrationFile, before: Footprint, *, waiting: bool = False
) -> Tried:
    """Run a migration, take it back, run it again; ``waiting`` takes subjects that wait.

    An error of the migration is an answer; one of the footprint is raised.

    Raises:
        StatementFailed, Unreachable: the copy could not be read.
    """
    run = stage.run_again if waiting else stage.run
    position = stage.head()
    try:
        ran = run(file, before.stored)
    except ClewError as error:
        return _failed(stage, file, before, error)
    if ran.run is None:
        return Tried(answer=RehearsedMigration(migration=file.name, applied=True), after=before)
    after = stage.look()
    tried = Tried(answer=_answer(file, ran, before, after), after=after)
    tried = _back(stage, tried, before, position)
    return _again(tried, stage, lambda there: run(file, there), before)


def _failed(stage: Stage, file: MigrationFile, before: Footprint, error: ClewError) -> Tried:
    after = stage.look()
    answer = RehearsedMigration(migration=file.name, applied=False, error=error.message)
    return Tried(
        answer=answer,
        after=after,
        refused=error.name if isinstance(error, NotKnownExact) else "",
        stayed=compare(before, after).all,
    )


def _answer(
    file: MigrationFile, ran: Ran, before: Footprint, after: Footprint
) -> RehearsedMigration:
    assert ran.run is not None
    return RehearsedMigration(
        migration=file.name,
        applied=True,
        seconds=round(ran.seconds, 3),
        cpu_seconds=round(ran.cpu_seconds, 3),
        statements=ran.run.statements,
        rows=ran.run.rows,
        journal_bytes=after.journal_bytes - before.journal_bytes,
        locks=ran.observed.locks(),
        scanned=ran.observed.scans(),
        rewritten=tuple(
            Rewritten(table=name, bytes=size) for name, size in rewritten(before, after)
        ),
        transformed=ran.run.transformed,
        checks=ran.run.checks,
        resets=ran.run.resets,
        rejected=ran.run.rejected,
        notes=ran.run.notes,
    )


def _back(stage: Stage, tried: Tried, before: Footprint, position: int) -> Tried:
    """Take it back and hold the copy against what it was."""
    try:
        seconds, answer = stage.back(position)
    except ClewError as error:
        return _with(tried, returned="refused", return_error=error.message)
    found = compare(before, stage.look()).all
    return _with(
        tried,
        returned="differs" if found else "exact",
        differences=found,
        back_seconds=round(seconds, 3),
        rebuilt=answer.rebuilt,
    )


def _again(tried: Tried, stage: Stage, run: Run, before: Footprint) -> Tried:
    """Run it anew and hold the copy against what the first time left."""
    if tried.answer.returned != "exact":
        return tried
    try:
        ran = run(before.stored)
    except ClewError as error:
        return _with(tried, repeated="refused", not_repeated=(error.message,))
    after = stage.look()
    found = compare(tried.after, after)
    tried = msgspec.structs.replace(tried, after=after, schema_differs=bool(found.definitions))
    return _with(
        tried,
        repeated="differs" if found.all else "exact",
        not_repeated=found.all,
        again_seconds=round(ran.seconds, 3),
    )


def _with(tried: Tried, **told: object) -> Tried:
    return msgspec.structs.replace(tried, answer=msgspec.structs.replace(tried.answer, **told))
