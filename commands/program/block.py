"""One run over what a program executes: captured statement by statement, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from commands.failure import record_failure
from commands.opening import Asker
from commands.program.points import Points, said
from commands.program.routing import Routed
from commands.split.statements import split
from commands.split.tokens import Unsplittable
from journal.envelope import StoredEntry
from journal.errors import ClewError, NotExact, Refused, StatementFailed
from journal.given import Given
from journal.logs import log
from journal.recording import Recording
from journal.store import Journal, text_digest
from journal.values import Statement


class Failed(msgspec.Struct, frozen=True):
    """The last statement that failed, and how."""

    error: ClewError
    sql: str
    statement: Statement


class Block:
    """The statements of one run, in the open transaction of ``recording``."""

    def __init__(
        self, journal: Journal, recording: Recording, *, asker: Asker, allowed: frozenset[str]
    ) -> None:
        self.recording = recording
        self._journal = journal
        self._asker = asker
        self._allowed = allowed
        self._points = Points(recording)
        self._counted = recording.database.counted()
        self._failed: Failed | None = None
        self._refused: Refused | None = None
        self._over = False
        self._dead = False

    # --- what the program does --------------------------------------------------------

    def take(self, one: Routed) -> None:
        """Run a statement on the program's cursor, captured.

        Raises:
            Exception: the driver's own, where the database refused the statement.
            NotKnownExact, Refused, NotExact, Drifted: it was not run, or taken back.
        """
        point = said(one.sql)
        back = point is not None and point.does == "back"
        self._hold(back=back)
        try:
            if point is not None:
                self._points.do(point)
                self._dead = self._dead and not back
            else:
                self._perform(one)
        except BaseException:
            self._dead = self._journal.database.kind == "postgresql"  # as without us
            raise
        finally:
            self._look()

    def refuse_commit(self, _: Connection) -> None:
        """Refuse that the program commits: the block does."""
        self._refused = Refused(
            "commit within a recorded block, which is one transaction",
            hint="Leave commit out: the block commits at its end, the change and its record in one.",
        )
        raise self._refused

    def rolled_back(self, _: Connection) -> None:
        """Take back all that was done, as the program wants; nothing more can be run."""
        self._over = True
        self.abort()

    # --- the end ----------------------------------------------------------------------

    def complete(self) -> tuple[StoredEntry, ...]:
        """Commit what was done together with its record; no entries if it was rolled back.

        Raises:
            StatementFailed, NotExact, Drifted: as ``Recording.complete`` does.
            Refused: a commit was refused, or a statement failed and the program went on.
        """
        if self._over:
            self._record(Refused("rolled back by the program"), None)
            return ()
        if self._refused is not None:
            raise self._refused
        self._hold()
        self._points.release_all()
        return self.recording.complete()

    def fail(self, error: BaseException) -> None:
        """Abort, and keep the attempt with its error."""
        self.abort()
        failed = self._failed
        if failed is not None and _said_by(error, failed.error):
            self._record(failed.error, failed)
        else:
            self._record(error, None)

    def abort(self) -> None:
        """Take everything back; a lost connection has nothing left."""
        try:
            self._points.give_up()
        except ClewError as error:
            log.warning("savepoints could not be released", error=error.message)
        self._journal.database.abort()

    # --- within -----------------------------------------------------------------------

    def _perform(self, one: Routed) -> None:
        if getattr(one.cursor, "name", None):
            raise Refused(
                "a cursor on the server reads its rows when nobody looks at what that does",
                hint="Leave out stream_results and yield_per within the recorded block.",
            )
        first, *rest = self._statements(one)
        self._first(msgspec.structs.replace(one, sql=first))
        for sql in rest:
            plain = sql if one.values is None else sql.replace("%%", "%")
            with self._noted(plain) as number:
                self.recording.execute(plain, number=number, allowed=self._allowed)

    def _statements(self, one: Routed) -> list[str]:
        """Take a text of several statements apart, as PostgreSQL does where no value is bound."""
        if one.values or self._journal.database.kind != "postgresql":
            return [one.sql]
        try:
            parts = split(one.sql, "postgresql")
        except Unsplittable:
            return [one.sql]  # the database says what is wrong with it
        return [part.text for part in parts] if len(parts) > 1 else [one.sql]

    def _first(self, one: Routed) -> None:
        """Run a statement on the program's cursor; an error of its driver stays what it is."""
        raised: list[BaseException] = []
        given = _noting(one.given(buffered=self._journal.database.kind == "sqlite"), raised)
        try:
            with self._noted(one.sql) as number:
                self.recording.perform(given, number=number, allowed=self._allowed)
        except ClewError as error:
            if not raised or error.__cause__ is not raised[-1]:
                raise
        else:
            return
        raise raised[-1]

    @contextmanager
    def _noted(self, sql: str) -> Iterator[int]:
        """Yield the number of a statement, and keep it where it fails."""
        number = self.recording.number + 1
        try:
            yield number
        except ClewError as error:
            self._failed = Failed(error, sql, Statement(number=number, digest=text_digest(sql)))
            raise

    def _hold(self, *, back: bool = False) -> None:
        """Refuse to go on where the record would not be whole."""
        if self._over:
            raise Refused(
                "the recorded block was rolled back, and is over",
                hint="Begin another one for what comes after.",
            )
        if self._dead and not back:
            raise Refused(
                "a statement of the recorded block failed, and nothing after it is run",
                hint="Let the error end the block, or try the statement within begin_nested().",
            )
        if self._journal.database.counted() != self._counted:
            raise NotExact("something wrote, or committed, past SQLAlchemy on the same connection")

    def _look(self) -> None:
        try:
            self._counted = self._journal.database.counted()
        except StatementFailed:
            self._counted = ()  # the connection is lost; what comes next says so

    def _record(self, error: BaseException, failed: Failed | None) -> None:
        try:
            record_failure(
                self._journal,
                error,
                run=self.recording.run,
                asker=self._asker,
                statement=failed.statement if failed else None,
                sql=failed.sql if failed else "",
            )
        except ClewError as second:  # the next command closes the run as interrupted
            log.warning(
                "failure could not be recorded", run=self.recording.run, error=second.message
            )


def _noting(given: Given, raised: list[BaseException]) -> Given:
    """Return a statement that notes what its driver raises."""

    def perform() -> int:
        try:
            return given.perform()
        except BaseException as error:
            raised.append(error)
            raise

    return msgspec.structs.replace(given, perform=perform)


def _said_by(error: BaseException, known: ClewError) -> bool:
    """Tell whether an error is one we know, or the driver's that it was made of."""
    found: list[Any] = [error, getattr(error, "orig", None) if isinstance(error, DBAPIError) else 0]
    return known in found or (known.__cause__ is not None and known.__cause__ in found)
