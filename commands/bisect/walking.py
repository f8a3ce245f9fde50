"""Walking a scratch copy back through time, within one transaction that is never committed.

State ``n`` is the copy after the first ``n`` steps. Going back takes steps back; going forward
returns to an SQL savepoint. So the way back is walked about twice, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from uuid import uuid4

import msgspec

from commands.bisect.answer import Result
from commands.bisect.asking import Question
from commands.bisect.candidates import condensed
from commands.visible import encode
from journal.database import Database
from journal.effect import Step
from journal.errors import ClewError, NotExact, Refused
from journal.known import Known
from journal.recording import Recording
from journal.values import SchemaObject, TableRows

Progress = Callable[[int, int], None]
"""Called with the steps between what is known and the head, and all of them."""


class Turn(msgspec.Struct, frozen=True):
    """The answer differs before and after the step of this number, counted from 1.

    ``others`` counts the rows of the step that others wrote since, when nobody knows.
    """

    step: int
    before: Result
    after: Result
    others: int = 0


class _Back(Exception):
    """Ends a block whose doing is to be taken back, with what was answered in it."""

    def __init__(self, answer: Result) -> None:
        super().__init__()
        self.answer = answer


class Walk:
    """A copy that stands after all ``steps``, and the question that is asked on the way.

    ``read`` are the tables that the question may read; ``written_since`` counts their rows that
    others wrote beside the journal, on the longest way that was gone.
    """

    def __init__(
        self,
        database: Database,
        known: Known,
        steps: Sequence[Step],
        read: AbstractSet[int],
        question: Question,
        progress: Progress = lambda *_: None,
    ) -> None:
        self.database = database
        self.steps = steps
        self.read = read
        self.question = question
        self.written_since = 0
        self._written = 0
        self._progress = progress
        self.recording = Recording(database, known=known, run=str(uuid4()), actor="")

    def back(self, here: int, there: int) -> None:
        """Take the copy from one state to an earlier one.

        Raises:
            ClewError: as ``Recording.undo`` does.
        """
        self._progress(len(self.steps) - there, len(self.steps))
        for step, originals in condensed(self.steps[there:here]):
            if len(originals) == 1:
                self._undo(step)
            else:
                self._undo_at_once(step, originals)

    def _undo_at_once(self, step: Step, originals: Sequence[Step]) -> None:
        """Take many steps back as one; where others wrote between them, one by one."""
        try:
            if any(map(self._written_between, step.rows)):
                raise NotExact("images do not follow each other")
            with self._point():
                self._undo(step)
        except ClewError:
            for one in originals:
                self._undo(one)

    def _written_between(self, rows: TableRows) -> bool:
        """Tell whether what is left of images holds two rows of one key on one side."""
        known = self.recording.known.objects
        names = [column.name for column in known[rows.table].columns if column.id in rows.key]
        seen: set[tuple[int, bytes]] = set()
        for row in self.database.net_rows([rows], schema=known) if names else ():
            place = row.sign, encode([row.values[name] for name in names])
            if place in seen:
                return True
            seen.add(place)
        return False

    @contextmanager
    def _point(self) -> Iterator[None]:
        """Go on from here again, the count too, where the block ends in an error."""
        written = self._written
        try:
            with self.recording.point():
                yield
        except BaseException:
            self._written = written
            raise

    def definitions(self) -> dict[int, SchemaObject]:
        """Return the definitions here of what the question may read."""
        known = self.recording.known.objects
        return {identity: one for identity, one in known.items() if identity in self.read}

    def ask(self) -> Result:
        """Ask the question here."""
        return self.question.ask(self.database)

    def settled(self) -> Result:
        """Ask here, and once more. Raises ``Refused`` where the two answers differ."""
        answer = self.ask()
        again = self.ask()
        if (answer.digest, answer.error) != (again.digest, again.error):
            raise Refused(
                "the query answers something else each time it is asked",
                hint="Leave out random values and the time of day.",
            )
        return answer

    def find(self, high: int, low: int, last: Result) -> Turn | None:
        """Find a change between two states, from the later one, which answers ``last``.

        Strides back double until an answer differs; then halves close in on the change.
        """
        return self._stride(high, low, last, 1)

    def with_others(self, turn: Turn) -> Turn:
        """Tell of a turn, after whose step the copy stands, what others wrote; one step back."""
        written = self._written
        self.back(turn.step, turn.step - 1)
        return msgspec.structs.replace(turn, others=self._written - written)

    def every(self, high: int, low: int, last: Result) -> list[Turn]:
        """Find each change between two states, newest first."""
        found, after = [], last
        for state in range(high - 1, low - 1, -1):
            written = self._written
            self.back(state + 1, state)
            before = self.ask()
            if not self.question.same(before, after):
                found.append(Turn(state + 1, before, after, self._written - written))
            after = before
        return found

    def _stride(self, high: int, low: int, last: Result, stride: int) -> Turn | None:
        there = max(high - stride, low)
        if there == high:
            return None
        try:
            with self._point():
                self.back(high, there)
                answer = self.ask()
                if self.question.same(answer, last):
                    return self._stride(there, low, answer, stride * 2)
                raise _Back(answer)  # noqa: TRY301 - a savepoint ends so
        except _Back as back:
            return self._close_in(there, high, back.answer, last)

    def _close_in(self, low: int, high: int, before: Result, last: Result) -> Turn:
        """The answer at ``low`` is another than ``last``, which is the one here, at ``high``."""
        while high - low > 1:
            middle = (low + high) // 2
            try:
                with self._point():
                    self.back(high, middle)
                    answer = self.ask()
                    if self.question.same(answer, last):
                        return self._close_in(low, middle, before, answer)
                    raise _Back(answer)  # noqa: TRY301 - as above
            except _Back as back:
                low, before = middle, back.answer
        return Turn(high, before, last)

    def _undo(self, step: Step) -> None:
        effect = self.recording.undo(step, number=1, if_changed="overwrite")
        if {rows.table for rows in step.rows} <= self.read and not step.changes:
            self._written += max(effect.changed_count, len(effect.changed_since))
        else:  # rows of tables that are only connected were left out, and seem to be gone
            self._written += sum(row.table in self.read for row in effect.changed_since)
        self.written_since = max(self.written_since, self._written)
