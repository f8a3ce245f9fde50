"""Record: somebody else's program works on the database, and what it did is journaled."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from uuid import uuid4

import msgspec

from commands.child import NOT_FOUND, NOT_RUN, RUN, Ended, run_child
from commands.derived import keep_derived
from commands.finishing import Finished, RecordedTable, finish, let_go, output_digest
from commands.interrupted import ClosedRun, close_interrupted
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.running import Progress
from commands.unaccepted import unaccepted
from commands.words import reason
from journal import spans
from journal.errors import ClewError, Drifted, Usage
from journal.events import AnyEvent, RunCompleted, RunFailed
from journal.observing import Lost, Observation, Other
from journal.secrets import hide_words
from journal.store import Journal, text_digest

WAIT = 5.0
"""Seconds that processes of the program are waited for once it ended."""


Stepping = Callable[[], AbstractContextManager[Progress]]


@contextmanager
def _silent() -> Iterator[Progress]:
    yield lambda *_: None


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a program did, as it is on record now.

    ``first`` and ``head`` are the positions of the run's first and last entry; ``back`` is the
    command that takes all of it back, empty where it changed nothing. ``exit_code`` is the
    program's, as shells count it. ``left`` names processes of the program that were still
    there at the end.
    """

    run: str
    command: str
    exit_code: int
    first: int
    head: int
    tables: tuple[RecordedTable, ...] = ()
    schema: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    lost: tuple[Lost, ...] = ()
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    back: str = ""
    error: str = ""
    seconds: float = 0.0
    interrupted: tuple[ClosedRun, ...] = ()


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that were found without an end and are closed now, and the head."""

    interrupted: tuple[ClosedRun, ...]
    head: int


def record(
    target: Target,
    command: Sequence[str],
    *,
    asker: Asker,
    environment: Mapping[str, str],
    stdout: int = 1,
    stderr: int = 2,
    stepping: Stepping = _silent,
) -> Recorded:
    """Run a program and journal what it did to the database, also where it fails.

    It finds the database under DATABASE_URL and CLEW_DATABASE_URL (the latter with the driver
    in it, as SQLAlchemy takes it), and its run under CLEW_RUN. Its output goes on to the
    descriptors ``stdout`` and ``stderr``; ``stepping`` shows a long copy before it starts.

    Raises:
        Usage: there is no command.
        NotFound: the database holds no journal.
        Drifted: the live schema is not the journal's; nothing was run.
        Busy: another run holds the journal; nothing was run.
        Refused, Unreachable: the database cannot be observed; nothing was run.
    """
    if not command:
        raise Usage("no command was given", hint="Write it after two dashes: clew record -- CMD.")
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        interrupted = close_interrupted(journal, asker=asker)
        drift = unaccepted(journal)
        if drift.changes:
            raise Drifted(
                f"what the program does could not be told from drift: {drift.said()}",
                hint="Look at it with clew check; put it back, or take it in with clew accept.",
            )
        recording = _Recording(target, journal, command, asker, environment)
        answer = recording.run(stdout, stderr, stepping)
        keep_derived(journal, actor=asker.actor)
        return msgspec.structs.replace(answer, interrupted=interrupted)


def finish_open(target: Target, *, asker: Asker) -> Unfinished:
    """Finish the records of runs whose command was killed; nothing else is run.

    Raises:
        Busy: another run holds the journal, or the program still runs.
        NotFound: the database holds no journal.
    """
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        interrupted = close_interrupted(journal, asker=asker)
        return Unfinished(interrupted=interrupted, head=journal.head().position)


class _Recording:
    """One program's run."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        command: Sequence[str],
        asker: Asker,
        environment: Mapping[str, str],
    ) -> None:
        self.target = target
        self.journal = journal
        self.command = tuple(command)
        self.asker = asker
        self.environment = {**environment, **target.environment()}
        self.secrets = target.secrets(environment)
        self.words = shlex.join(hide_words(self.command, self.secrets))
        self.run_id = str(uuid4())
        self.first = 0

    def run(self, stdout: int, stderr: int, stepping: Stepping) -> Recorded:
        """Observe, run, and tell."""
        path = self.environment.get("PATH", os.defpath)
        if shutil.which(self.command[0], mode=os.F_OK, path=path) is None:
            self._start()
            return self._not_run(f"no such program: {self._program()}", NOT_FOUND)
        database = self.journal.database
        schema = known_schema(self.journal).objects
        with stepping() as show:
            observation = database.observe(
                self.run_id, schema=schema, copying=partial(show, "keeping a copy of the database")
            )
        try:
            self._start()
        except BaseException:
            let_go(self.journal, self.run_id)
            raise
        with _unfinished():
            try:
                ended, left = self._child(observation, stdout, stderr)
            except OSError as error:
                let_go(self.journal, self.run_id)
                said = reason(error)
                return self._not_run(f"{self._program()} cannot be run: {said}", NOT_RUN)
            return self._finish(ended, left)

    def _start(self) -> None:
        started = msgspec.structs.replace(
            run_started("record", self.target, self.asker),
            program=self._program(),
            command=text_digest(self.words),
        )
        entries = self.journal.append(
            started, run=self.run_id, actor=self.asker.actor, texts=[self.words]
        )
        self.first = entries[0].position

    def _program(self) -> str:
        """The program's name, without a directory, which may tell of a person."""
        return hide_words([os.path.basename(self.command[0])], self.secrets)[0]  # noqa: PTH119

    def _child(
        self, observation: Observation, stdout: int, stderr: int
    ) -> tuple[Ended, tuple[str, ...]]:
        left: tuple[str, ...] = ()
        observation.starting()
        try:
            with spans.span("program", program=self._program()):
                ended = run_child(
                    self.command,
                    environment={
                        **self.environment,
                        RUN: self.run_id,
                        **observation.environment,
                        **spans.carried(),
                    },
                    stdout=stdout,
                    stderr=stderr,
                    secrets=self.secrets,
                    began=observation.began,
                )
                spans.tell(exit_code=ended.exit_code)
        finally:
            left = observation.ended(wait=WAIT)
        return ended, left

    def _finish(self, ended: Ended, left: tuple[str, ...]) -> Recorded:
        found = finish(
            self.journal,
            self.run_id,
            actor=self.asker.actor,
            end=lambda told: _end(told, ended, left),
            output=ended.output,
        )
        return self._answer(ended.exit_code, found, left=left, seconds=ended.seconds)

    def _not_run(self, error: str, code: int) -> Recorded:
        failed = RunFailed(error=error, exit_code=code)
        entries = self.journal.append(failed, run=self.run_id, actor=self.asker.actor)
        return msgspec.structs.replace(self._answer(code, Finished(entries=entries)), error=error)

    def _answer(
        self, code: int, found: Finished, *, left: tuple[str, ...] = (), seconds: float = 0.0
    ) -> Recorded:
        changed = found.statements or found.lost
        return Recorded(
            run=self.run_id,
            command=self.words,
            exit_code=code,
            first=self.first,
            head=found.entries[-1].position,
            tables=found.tables,
            schema=found.schema,
            sequences=found.sequences,
            others=found.others,
            lost=found.lost,
            notes=found.notes,
            left=left,
            back=f"clew rollback {self.first}" if changed else "",
            seconds=round(seconds, 3),
        )


@contextmanager
def _unfinished() -> Iterator[None]:
    """Say of an error that the program ran, and how its record is finished."""
    try:
        yield
    except ClewError as error:
        error.message = f"the program ran, its record is not finished: {error.message}"
        again = "What was kept stays; try again with: clew record --finish."
        error.hint = f"{error.hint} {again}".lstrip()
        raise


def _end(told: Finished, ended: Ended, left: tuple[str, ...]) -> AnyEvent:
    output = output_digest(ended.output)
    notes = (*told.remarks, *(f"still at work: {who}" for who in left))
    if ended.exit_code == 0:
        return RunCompleted(statements=told.statements, rows=told.rows, output=output, notes=notes)
    return RunFailed(
        error=f"the program ended with exit code {ended.exit_code}",
        stayed=told.stayed,
        exit_code=ended.exit_code,
        output=output,
        notes=notes,
    )
