"""What a reset proves when it is done, and puts on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.backup.reading import Progress
from commands.reset.answer import PlacedSequence
from commands.reset.counting import rows_of
from commands.verification.contents import state_of
from commands.words import count
from journal.errors import CheckFailed
from journal.events import CheckRun
from journal.recording import Recording
from journal.values import SchemaObject
from journal.verified import Contents, TableState
from projections.schema import dotted


class Proof:
    """Holds tables against what they held before, and notes what comes of it."""

    def __init__(
        self, recording: Recording, kept: Sequence[SchemaObject], progress: Progress
    ) -> None:
        self._recording = recording
        self._tables = kept
        self._progress = progress
        self._before: tuple[TableState, ...] = ()

    def begin(self) -> None:
        """Read the tables that are to be kept. Raises ``StatementFailed``."""
        self._before = self._states()

    def kept(self) -> tuple[TableState, ...]:
        """Read them again.

        Raises:
            CheckFailed: one does not hold what it held.
        """
        after = self._states()
        for one, other in zip(self._before, after, strict=True):
            if one != other:
                raise failed(f"{one.table} is to be kept, and does not hold the same rows")
        if after:
            self.note(
                "keeps what it is to keep",
                f"{count(len(after), 'table')} as before",
                f"as before, {count(sum(one.rows for one in after), 'row')}",
                details=Contents(before=self._before, after=after),
            )
        return after

    def empty(self, tables: Mapping[int, SchemaObject], rows: Mapping[int, int]) -> None:
        """Count what is left; ``rows`` is what went.

        Raises:
            CheckFailed: a table is not empty.
        """
        for one in tables.values():
            name, left = dotted(one.path), rows_of(self._recording.database, one)
            if left:
                raise failed(f"{name} is not empty: {count(left, 'row')} left")
            self.note(f"{name} is empty", "no row", f"no row; {count(rows[one.id], 'row')} went")

    def sequences(self, found: Sequence[PlacedSequence], *, anew: bool) -> None:
        """Note where sequences stood, and stand."""
        for one in found:
            expected = "begun anew" if anew else f"kept at {_place(one.before)}"
            said = f"{_place(one.before)} before, {_place(one.after)} after"
            self.note(f"sequence {one.name}", expected, said)

    def note(
        self,
        name: str,
        expected: str,
        found: str,
        *,
        passed: bool = True,
        details: Contents | None = None,
    ) -> None:
        """Put on record what was asked for and what was found."""
        self._recording.note(
            CheckRun(
                name=f"reset: {name}",
                passed=passed,
                expected=expected,
                found=found,
                details=details,
            )
        )

    def _states(self) -> tuple[TableState, ...]:
        database = self._recording.database
        return tuple(state_of(database, table, self._progress) for table in self._tables)


def failed(message: str) -> CheckFailed:
    """Return the error for what a trigger did: nothing else has a say in a reset."""
    return CheckFailed(
        f"reset: {message}", hint="Drop that trigger before the reset, and make it again after."
    )


def _place(number: int | None) -> str:
    return "unset" if number is None else f"{number}"
