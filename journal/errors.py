"""The one tree of errors: each class owns the exit code it ends the command with.

    ClewError                5  the work failed
    ├── NotExact             5  a change did not come back exactly, so it was aborted
    ├── StatementFailed      5  the database refused a statement
    ├── Unreachable          5  the database could not be reached
    ├── WorkerLost           5  a part of the work lost its worker again and again
    ├── AnswerIsNo           1  looked, and the answer is no
    ├── Usage                2  the call makes no sense as it stands
    ├── Refused              3  a rule forbids it, nothing was done
    │   ├── NotKnownExact    3  the gate: not known to come back exactly
    │   ├── ChangedSince     3  rows were written after the entry to be undone
    │   ├── StillUsed        3  something uses a table that was to go as unused
    │   ├── Drifted          3  the live schema is not the journal's
    │   ├── Archived         3  what is needed left for an archive
    │   ├── TransactionOpen  3  a connection is not free to record on
    │   └── Busy             3  another run holds the journal
    ├── NotFound             4  no such position, mark, migration, table ...
    └── Tampered             6  the record does not prove itself

A message is one line in lower case, without a full stop, that says what was expected and
what was found; the hint is a full sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

_ENVIRONMENT = (
    *("08", "25", "40", "53", "55", "57", "58", "XX"),
    *("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_NOMEM"),
    *("SQLITE_CORRUPT", "SQLITE_NOTADB"),
)
"""What such SQLSTATEs and names begin with."""


def rows(number: int) -> str:
    """Return a number of rows in words, for messages."""
    return "1 row" if number == 1 else f"{number:,} rows"


class ClewError(Exception):
    """Something went wrong that a person can be told about in one line."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes, whatever a class asks for when it is made."""
        return _made_again, (type(self), self.args, dict(self.__dict__))


def _made_again(kind: type[ClewError], args: tuple[Any, ...], state: dict[str, Any]) -> ClewError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotExact(ClewError):
    """A change did not come back exactly; the transaction was aborted."""


class StatementFailed(ClewError):
    """The database refused a statement.

    Attributes:
        sqlstate: five characters on PostgreSQL, the error's symbolic name on SQLite.
    """

    def __init__(self, message: str, *, sqlstate: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate

    @property
    def vanished(self) -> bool:
        """Tell whether PostgreSQL was asked about an object that was dropped meanwhile.

        It says that there is no such relation, or that a look into its caches failed.
        """
        return self.sqlstate in ("XX000", "42P01")

    @property
    def environmental(self) -> bool:
        """Tell whether it speaks of a connection, a server or a disk, not of a value."""
        return self.sqlstate.startswith(_ENVIRONMENT)


class CheckFailed(ClewError):
    """A declared check did not find what it expects; the migration was aborted.

    Attributes:
        checks: what is to be kept of the attempt, each a ``CheckRun``.
    """

    def __init__(self, message: str, *, hint: str = "", checks: Sequence[Any] = ()) -> None:
        super().__init__(message, hint=hint)
        self.checks = tuple(checks)


class Unreachable(ClewError):
    """The database could not be reached or opened."""


class WorkerLost(ClewError):
    """A part of the work lost its worker each time it was begun; what is done stands."""


class AnswerIsNo(ClewError):
    """A question was asked and the answer is no."""

    exit_code = 1


class Usage(ClewError):
    """The call makes no sense as it stands."""

    exit_code = 2


class Refused(ClewError):
    """A rule forbids it; nothing was done."""

    exit_code = 3


class NotKnownExact(Refused):
    """The gate: a statement or object kind that is not known to come back exactly.

    Attributes:
        name: what ``--allow-irreversible`` takes, such as ``create-aggregate``.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(
            message,
            hint=f"Leave it out, or waive it on record with --allow-irreversible {name}.",
        )
        self.name = name


class Archived(Refused):
    """What is needed left the database for an archive, which the message names."""


class ChangedSince(Refused):
    """Rows were written after the entry that the rollback would undo.

    Attributes:
        rows: the first of them, each a ``ChangedRow``.
    """

    def __init__(self, message: str, *, hint: str = "", rows: Sequence[Any] = ()) -> None:
        super().__init__(message, hint=hint)
        self.rows = tuple(rows)


class StillUsed(Refused):
    """Something speaks for the use of a table that was to be dropped as unused.

    Attributes:
        checks: the evidence, each a ``CheckRun``.
    """

    def __init__(self, message: str, *, checks: Sequence[Any] = ()) -> None:
        super().__init__(
            message,
            hint='Leave it out, or waive it on record: waive={"the table": "the reason"}.',
        )
        self.checks = tuple(checks)


class Drifted(Refused):
    """The live schema is not the schema the journal replays to."""


class TransactionOpen(Refused):
    """A transaction is open on the connection that was to be recorded on."""

    def __init__(self) -> None:
        super().__init__(
            "a transaction is open on the connection already",
            hint="Commit it or roll it back first: what is recorded is one transaction of its own.",
        )


class Busy(Refused):
    """Another run holds the journal.

    Attributes:
        holder: who holds it, as they introduced themselves.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"the journal is held by {holder}", hint="Wait for it to end, then try again."
        )
        self.holder = holder


class NotFound(ClewError):
    """No such position, mark, migration, table or file."""

    exit_code = 4


class Tampered(ClewError):
    """The record does not prove itself."""

    exit_code = 6
