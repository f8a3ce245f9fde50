"""Running one part of a migration: a statement, a transform, a check or a backup."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from commands.backup.step import run_backup
from commands.backup.writing import Written
from commands.split.statements import Part
from commands.transform.checks import run_check
from commands.transform.loading import StepPart
from commands.transform.report import Transformed
from commands.transform.running import run_transform
from commands.transform.spec import Backup, Check, Transform
from journal.events import CheckRun
from journal.recording import Recording

Progress = Callable[[str, int], None]
"""Called with what is counted, and how many are done."""


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What a part did that its events do not add up by themselves."""

    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    backups: tuple[Written, ...] = ()


def perform(
    recording: Recording,
    part: Part,
    *,
    migration: str,
    allowed: frozenset[str],
    trial: bool = False,
    progress: Progress = lambda *_: None,
) -> Performed:
    """Run a part and capture what it does.

    A transform runs as many statements as it needs, so numbers never go back. A ``trial``
    leaves nothing outside the database.

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
