"""Running one part of a migration: a statement, a transform, a check or a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from commands.backup.step import run_backup
from commands.backup.writing import Written
from commands.split.statements import Part
from commands.transform.checks import run_check
from commands.transform.loading import StepPart
from commands.transform.report import Transformed
from commands.transform.running import NO_LIMITS, Limits, Waiting, run_again, run_transform
from commands.transform.spec import Backup, Check, Transform
from journal.events import CheckRun
from journal.recording import Recording

Waits = Mapping[str, Sequence[Waiting]]
"""Subjects that wait, by the name of their transform."""

Progress = Callable[[str, int], None]
"""Called with what is counted, and how many are done."""


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What a part did that its events do not add up by themselves."""

    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    backups: tuple[Written, ...] = ()


def rejected(done: Iterable[Performed]) -> int:
    """Count the subjects that were set aside."""
    return sum(one.rejected for part in done for one in part.transformed)


class Again(msgspec.Struct, frozen=True):
    """A migration's second attempt at the subjects that wait, by transform; checks run again."""

    migration: str
    waiting: Waits

    def perform(self, recording: Recording, part: Part) -> Performed:
        """Run what of a part is to run again.

        Raises:
            Refused, NotExact, StatementFailed, CheckFailed: as ``perform`` does.
        """
        match part:
            case StepPart(step=Transform() as step) if found := self.waiting.get(step.name):
                done = run_again(step, recording, found, migration=self.migration)
                return Performed(transformed=(done,))
            case StepPart(step=Check() as step):
                return Performed(checks=(run_check(step, recording),))
            case _:
                return Performed()


def perform(
    recording: Recording,
    part: Part,
    *,
    migration: str,
    allowed: frozenset[str],
    trial: bool = False,
    limits: Limits = NO_LIMITS,
    after: Mapping[str, str | None] = MappingProxyType({}),
    progress: Progress = lambda *_: None,
) -> Performed:
    """Run a part and capture what it does.

    A transform runs as many statements as it needs, so numbers never go back. It begins
    ``after`` what an earlier attempt reached. A ``trial`` leaves nothing outside the database.

    Raises:
        StatementFailed, NotKnownExact, NotExact: as ``Recording.execute`` does.
        Refused: a transform does not fit, or its records disagree where that is refused.
        CheckFailed: a check failed that does not only warn, or a backup was not read back.
    """
    if not isinstance(part, StepPart):
        recording.execute(
            part.text,
            number=max(part.number, recording.number + 1),
            line=part.line,
            data=part.data,
            allowed=allowed,
        )
        return Performed()
    match part.step:
        case Transform() as step:
            done = run_transform(
                step,
                recording,
                migration=migration,
                limits=limits,
                after=after.get(step.name),
                progress=lambda count: progress("subjects", count),
            )
            return Performed(transformed=(done,))
        case Check() as step:
            return Performed(checks=(run_check(step, recording),))
        case Backup() as step:
            written = run_backup(
                step,
                recording,
                migration=migration,
                trial=trial,
                progress=lambda what, count, _: progress(what, count),
            )
            return Performed(backups=(written,))
