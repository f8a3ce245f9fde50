"""Running one part of a migration: a statement, a transform, a check, a backup ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import msgspec

from commands.backup.step import run_backup
from commands.copy.spec import Copy
from commands.copy.step import run_copy
from commands.reset.step import run_reset
from commands.restore.step import run_restore
from commands.sofar import Performed, SoFar
from commands.split.statements import Part
from commands.transform.checks import run_check, run_limit
from commands.transform.loading import StepPart
from commands.transform.reading import EVERYTHING, Between
from commands.transform.running import NO_LIMITS, Limits, Waiting, run_again, run_transform
from commands.transform.spec import Transform
from commands.transform.steps import (
    Backup,
    Check,
    Closing,
    Command,
    DropUnused,
    Limit,
    Opening,
    Reset,
    Restore,
)
from commands.unused.step import run_drop_unused
from commands.verification.looking import look_after, look_before
from journal.recording import Recording

Waits = Mapping[str, Sequence[Waiting]]
"""Subjects that wait, by the name of their transform."""

Progress = Callable[[str, int], None]
"""Called with what is counted, and how many are done."""


class Again(msgspec.Struct, frozen=True):
    """A migration's second attempt at the subjects that wait, by transform; checks run again."""

    migration: str
    waiting: Waits

    def perform(self, recording: Recording, part: Part, so_far: SoFar) -> None:
        """Run what of a part is to run again.

        Raises:
            Refused, NotExact, StatementFailed, CheckFailed: as ``perform`` does.
        """
        match part:
            case StepPart(step=Transform() as step) if found := self.waiting.get(step.name):
                done = run_again(step, recording, found, migration=self.migration)
                so_far.add(Performed(transformed=(done,)))
            case StepPart(step=Check() as step):
                so_far.add(Performed(checks=(run_check(step, recording),)))
            case StepPart(step=Opening() as step):
                so_far.seen |= look_before(step.verify, recording)
            case StepPart(step=Closing() as step):
                so_far.add(Performed(checks=look_after(step.verify, so_far.seen, recording)))
            case _:
                pass


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How the parts of a migration are to be run.

    ``allowed`` names waived rules of the gate. What an earlier attempt ``left`` of a transform is
    all that it takes. A ``trial`` leaves nothing outside the database. ``alone`` where each part
    is a transaction of its own.
    """

    migration: str
    allowed: frozenset[str] = frozenset()
    trial: bool = False
    alone: bool = False
    limits: Limits = NO_LIMITS
    left: Mapping[str, tuple[Between, ...]] = {}
    progress: Progress = lambda *_: None

    def counted(self, what: str, count: int, _: int) -> None:
        """Tell how much of something is done; how much there is interests nobody here."""
        self.progress(what, count)

    def verified(self, rows: int) -> None:
        """Tell how many rows of a table have been read for their digest."""
        self.progress("rows verified", rows)


def perform(recording: Recording, part: Part, manner: Manner, so_far: SoFar) -> None:
    """Run a part, capture what it does, and add it to what was done ``so_far``.

    A transform runs as many statements as it needs, so numbers never go back. A command runs
    when all is committed, so nothing is done about it here.

    Raises:
        StatementFailed, NotKnownExact, NotExact: as ``Recording.execute`` does.
        Refused: a transform does not fit, or its records disagree where that is refused.
        CheckFailed: a check failed that does not only warn, a table is not as it has to be, a
            backup was not read back, or a reset did something else than what it is asked for.
        NotFound, Usage: a backup or a reset names no table, or several.
    """
    if not isinstance(part, StepPart):
        recording.execute(
            part.text,
            number=max(part.number, recording.number + 1),
            line=part.line,
            data=part.data,
            allowed=manner.allowed,
        )
        return
    match part.step:
        case Transform() as step:
            done = run_transform(
                step,
                recording,
                migration=manner.migration,
                limits=manner.limits,
                left=manner.left.get(step.name, (EVERYTHING,)),
                progress=lambda count: manner.progress("subjects", count),
            )
            so_far.add(Performed(transformed=(done,)))
        case Check() as step:
            so_far.add(Performed(checks=(run_check(step, recording),)))
        case Limit() as step:
            found = run_limit(step, so_far.total(step.of), so_far.seconds, recording)
            so_far.add(Performed(checks=(found,)))
        case Backup() as step:
            written = run_backup(
                step,
                recording,
                migration=manner.migration,
                trial=manner.trial,
                progress=manner.counted,
            )
            so_far.add(Performed(backups=(written,)))
        case Restore() as step:
            restored = run_restore(step, recording, progress=manner.counted)
            so_far.add(Performed(restored=(restored,)))
        case Reset() as step:
            emptied = run_reset(
                step,
                recording,
                trial=[one.backup for one in so_far.backups] if manner.trial else (),
                progress=manner.counted,
            )
            so_far.add(Performed(resets=(emptied,)))
        case DropUnused() as step:
            checks = run_drop_unused(step, recording, allowed=manner.allowed)
            so_far.add(Performed(checks=checks))
        case Copy() as step:
            copied = run_copy(
                step,
                recording,
                migration=manner.migration,
                progress=manner.counted,
            )
            so_far.add(Performed(copies=(copied,), checks=copied.checks))
        case Opening() as step:
            so_far.seen |= look_before(
                step.verify, recording, keep=manner.alone, read=manner.verified
            )
        case Closing() as step:
            checks = look_after(step.verify, so_far.seen, recording, read=manner.verified)
            so_far.add(Performed(checks=checks))
        case Command():
            pass
        case _:
            assert_never(part.step)
