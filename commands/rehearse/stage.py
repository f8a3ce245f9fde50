"""The stage: a scratch copy on which migrations run, and are taken back, for real."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from commands.alone import check_attempt
from commands.apply import waits
from commands.begun import NOTHING
from commands.checked import AppliedRun, CheckedScript, check_scripts
from commands.folding import folded
from commands.history import MigrationsFold
from commands.opening import Asker, Target
from commands.rehearse.observing import Observed, ObservedRunner
from commands.rollback import RollbackAnswer, rollback
from commands.running import Progress
from commands.script import read_script
from commands.sources import MigrationFile
from commands.transform.running import Limits
from journal.copying import footprint
from journal.footprint import Footprint
from journal.store import Journal


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A run on the stage: what it did, how long it took, and what was seen of it.

    ``run`` is ``None`` where there was nothing to do.
    """

    run: AppliedRun | None
    seconds: float
    cpu_seconds: float
    observed: Observed


class Stage:
    """One scratch copy, and who rehearses on it."""

    def __init__(
        self,
        target: Target,
        *,
        asker: Asker,
        allowed: frozenset[str],
        max_rejects: int | None,
        programs: Path | None,
        progress: Progress,
    ) -> None:
        self.target = target
        self.asker = asker
        self.allowed = allowed
        self.limits = Limits(rejects=max_rejects)
        self.programs = programs
        self.progress = progress

    def look(self) -> Footprint:
        """Read the whole copy, journal left out."""
        return footprint(self.target.url, programs=self.programs)

    def head(self) -> int:
        """Return the last position."""
        with self.target.journal() as journal:
            return journal.head().position

    def run(self, file: MigrationFile, there: Mapping[str, object]) -> Ran:
        """Run a pending migration; ``there`` names the tables that are there.

        Raises:
            ClewError: as ``apply`` does.
        """

        def work(journal: Journal, runner: ObservedRunner) -> AppliedRun:
            checked = self._checked(file, journal)
            attempts = folded(journal, MigrationsFold).attempts
            attempt = attempts.get(file.name, NOTHING)
            check_attempt(checked, attempt)
            return runner.run(checked, attempt=attempt)

        return self._observed(work, there)

    def run_again(self, file: MigrationFile, there: Mapping[str, object]) -> Ran:
        """Take the subjects of an applied migration that wait.

        Raises:
            ClewError: as ``apply`` does.
        """

        def work(journal: Journal, runner: ObservedRunner) -> AppliedRun | None:
            return runner.run_again(self._checked(file, journal), waits(journal, file.name))

        return self._observed(work, there)

    def back(self, position: int) -> tuple[float, RollbackAnswer]:
        """Take the copy back to a position, and return the seconds it took and what it did.

        Raises:
            ClewError: as ``rollback`` does.
        """
        began = time.perf_counter()
        answer = rollback(
            self.target,
            str(position),
            asker=self.asker,
            progress=lambda done, total: self.progress("back", done, total),
        )
        return time.perf_counter() - began, answer

    def _observed(
        self,
        work: Callable[[Journal, ObservedRunner], AppliedRun | None],
        there: Mapping[str, object],
    ) -> Ran:
        began, cpu = time.perf_counter(), time.process_time()
        observed = Observed(there)
        with self.target.journal() as journal:
            journal.database.hold(self.target.holder, wait=self.target.lock_timeout)
            runner = ObservedRunner(
                self.target,
                journal,
                asker=self.asker,
                allowed=self.allowed,
                limits=self.limits,
                progress=self.progress,
            )
            runner.observed = observed
            run = work(journal, runner)
            observed.ended()
        return Ran(
            run=run,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - cpu,
            observed=observed,
        )

    def _checked(self, file: MigrationFile, journal: Journal) -> CheckedScript:
        script = read_script(file, journal.database.kind)
        return check_scripts([script], journal.database, allowed=self.allowed)[0]
