"""Every statement held against the gate before the first one runs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, takewhile

import msgspec

from commands.backup.writing import Written
from commands.copy.answer import CopyAnswer
from commands.reset.answer import Emptied
from commands.restore.answer import Restored
from commands.script import Script
from commands.sofar import SoFar
from commands.split.statements import Part
from commands.transform.loading import StepPart, is_verification
from commands.transform.report import Transformed
from journal.database import Database
from journal.effect import StatementKind
from journal.errors import ClewError, NotKnownExact, Refused
from journal.events import CheckRun
from journal.store import text_digest
from journal.values import Statement


class CheckedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A statement and what it is for."""

    part: Part
    kind: StatementKind

    @property
    def statement(self) -> Statement:
        """The statement as events name it."""
        return Statement(
            number=self.part.number,
            line=self.part.line,
            digest=text_digest(self.part.text),
        )

    @property
    def headline(self) -> str:
        """The first keywords: what kind of statement it is, and never a value."""
        words = takewhile(str.isalpha, self.part.text.split())
        return " ".join(islice(words, 3)).lower()


class CheckedScript(msgspec.Struct, frozen=True, kw_only=True):
    """A migration whose statements may all run."""

    script: Script
    parts: tuple[CheckedPart, ...]

    @property
    def name(self) -> str:
        """The migration's name."""
        return self.script.file.name

    @property
    def statements(self) -> int:
        """How many statements and steps there are; verification is none."""
        return sum(not is_verification(one.part) for one in self.parts)

    def locate(self, error: BaseException, part: CheckedPart | None) -> None:
        """Say file, line and statement in an error's message."""
        if isinstance(error, ClewError) and part is not None:
            place = f"{self.script.file.path} line {part.part.line}"
            error.message = f"{place} (statement {part.part.number}): {error.message}"
            error.args = (error.message,)


class AppliedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that was applied: its run, its last entry, and what it did in figures.

    While ``rejected`` subjects wait, the migration is incomplete.
    """

    migration: str
    run: str
    position: int
    statements: int
    rows: int
    notes: tuple[str, ...] = ()
    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    backups: tuple[Written, ...] = ()
    restored: tuple[Restored, ...] = ()
    resets: tuple[Emptied, ...] = ()
    copies: tuple[CopyAnswer, ...] = ()
    rejected: int = 0

    seconds: float = 0.0

    def with_done(self, so_far: SoFar) -> AppliedRun:
        """Return the answer with what its parts did."""
        return msgspec.structs.replace(
            self,
            transformed=so_far.transformed,
            checks=so_far.checks,
            backups=so_far.backups,
            restored=so_far.restored,
            resets=so_far.resets,
            copies=so_far.copies,
            rejected=so_far.rejected,
            seconds=round(so_far.seconds, 3),
        )


def check_scripts(
    scripts: Iterable[Script], database: Database, *, allowed: frozenset[str]
) -> tuple[CheckedScript, ...]:
    """Classify every statement; ``allowed`` names waived rules of the gate.

    Raises:
        NotKnownExact: a statement is not known to be exact.
        Refused: a statement may not run, or not in a transaction.
    """
    return tuple(
        CheckedScript(
            script=script,
            parts=tuple(
                CheckedPart(part=part, kind=_kind(script, part, database, allowed))
                for part in script.parts
            ),
        )
        for script in scripts
    )


def _kind(script: Script, part: Part, database: Database, allowed: frozenset[str]) -> StatementKind:
    if isinstance(part, StepPart):
        return "rows"
    where = f"{script.file.path} line {part.line}"
    try:
        kind = database.classify(part.text)
    except NotKnownExact as error:
        if error.name in allowed:
            return "schema"
        raise NotKnownExact(error.name, f"{where}: {error.message}") from None
    except Refused as error:
        raise Refused(f"{where}: {error.message}", hint=error.hint) from None
    if kind == "outside" and script.transaction:
        raise Refused(
            f"{where}: cannot run in a transaction",
            hint="Put it into a file of its own that begins with -- clew: no-transaction.",
        )
    return kind
