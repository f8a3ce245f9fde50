"""Recording a run: each statement runs, is captured, and is appended with its change.

Entries are held back until the run is complete, so that the journal's head is locked only
for the last moment of the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count, islice, takewhile

from journal import spans
from journal.database import Database
from journal.drift import Drift
from journal.effect import Effect, Row, Step
from journal.envelope import StoredEntry
from journal.errors import ClewError
from journal.events import (
    AnyEvent,
    IrreversibleAllowed,
    RowsChanged,
    RunCompleted,
    SchemaChanged,
    SequenceMoved,
)
from journal.given import Given
from journal.known import Known
from journal.logs import log
from journal.replacing import Content, Replacement, Replacing
from journal.store import Clock, append_within, put_text, text_digest, utc_now
from journal.values import (
    Evidence,
    IfChanged,
    SchemaObject,
    SequenceMove,
    SequenceState,
    Statement,
    TableRows,
)


class Recording:
    """One run inside one open transaction of ``database``.

    ``known`` is the schema the journal replays to; it moves on with each statement.
    ``events`` is what the run has brought about so far, not yet appended. ``drift`` stands
    beside it: what a statement touches must have nothing to do with it. ``identity`` hands out
    the next identity for an object or a column.
    """

    def __init__(
        self,
        database: Database,
        *,
        known: Known,
        run: str,
        actor: str,
        evidence: Evidence = "captured",
        reason: str = "",
        clock: Clock = utc_now,
    ) -> None:
        self.database = database
        self.run = run
        self.actor = actor
        self.evidence: Evidence = evidence
        self.reason = reason
        self.clock = clock
        self.events: list[AnyEvent] = []
        self.known = Known(objects=dict(known.objects), next_id=known.next_id)
        self._last = Statement(number=0)
        self._text = ""
        identities = count(known.next_id)
        self.identity: Callable[[], int] = lambda: next(identities)
        drift = database.watch_schema(known.objects, next_id=self.identity)
        self.drift = Drift(drift, known.objects, database.kind)

    def foresee(self, statements: Sequence[str]) -> None:
        """Look at what is to come, so that what can be proved only before the first statement is.

        Raises:
            StatementFailed: the database refused to look.
        """
        self.database.foresee(statements, run=self.run)

    def execute(
        self,
        sql: str,
        *,
        number: int,
        line: int = 1,
        data: str | None = None,
        allowed: frozenset[str] = frozenset(),
    ) -> Effect:
        """Run one statement and capture what it did.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``Database.execute`` does.
            Drifted: it touches drift, or what hangs together with it.
        """
        self.drift.hold_text(sql)
        with spans.statement(number, sql):
            effect = self.database.execute(sql, run=self.run, data=data, allowed=allowed)
            return self._ran(effect, sql, number=number, line=line)

    def perform(
        self, given: Given, *, number: int, allowed: frozenset[str] = frozenset()
    ) -> Effect:
        """Run one statement on a program's cursor and capture what it did.

        Raises:
            StatementFailed, NotKnownExact, NotExact, Drifted: as ``execute`` does.
        """
        self.drift.hold_text(given.sql)
        with spans.statement(number, given.sql):
            effect = self.database.perform(given, run=self.run, allowed=allowed)
            (sql,) = effect.sql
            return self._ran(effect, sql, number=number)

    def insert(
        self,
        table: SchemaObject,
        columns: Sequence[str],
        rows: Iterable[Row],
        *,
        number: int,
    ) -> Effect:
        """Insert rows into a table and capture that, all of them or none.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``Database.insert`` does.
        """
        with spans.statement(number, "insert"):
            effect = self.database.insert(table, columns, rows, run=self.run)
            text = f"insert into {'.'.join(table.path)} ({', '.join(columns)})"
            return self._ran(effect, text, number=number)

    def update(
        self,
        table: SchemaObject,
        match: Sequence[str],
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        number: int,
    ) -> Effect:
        """Give columns of rows new values and capture that, in all of them or none.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``Database.update`` does.
        """
        with spans.statement(number, "update"):
            effect = self.database.update(table, match, columns, rows, run=self.run)
            found_by = ", ".join(match)
            text = f"update {'.'.join(table.path)} ({', '.join(columns)}) by ({found_by})"
            return self._ran(effect, text, number=number)

    def delete(
        self, table: SchemaObject, match: Sequence[str], keys: Sequence[Row], *, number: int
    ) -> Effect:
        """Delete rows by key and capture that, all of them or none.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``Database.delete`` does.
        """
        with spans.statement(number, "delete"):
            effect = self.database.delete(table, match, keys, run=self.run)
            text = f"delete from {'.'.join(table.path)} by ({', '.join(match)})"
            return self._ran(effect, text, number=number)

    def undo(self, step: Step, *, number: int, if_changed: IfChanged) -> Effect:
        """Take back what one statement did.

        Raises:
            ChangedSince, NotExact, NotKnownExact: as ``Database.undo`` does.
        """
        with spans.span("undo", step_number=number):
            effect = self.database.undo(
                step, schema=self.known.objects, run=self.run, if_changed=if_changed
            )
            return self._ran(effect, ";\n".join(effect.sql), number=number, what="undo")

    def replace(
        self, contents: Sequence[Content], *, number: int, how: Replacing
    ) -> tuple[Replacement, ...]:
        """Let tables hold exactly these rows, and capture what that changes.

        Raises:
            Refused, NotKnownExact, NotExact: as ``Database.replace`` does.
        """
        with spans.span("replace rows", tables=len(contents)):
            done = self.database.replace(contents, run=self.run, how=how)
            named = ", ".join(".".join(one.table.path) for one in contents)
            self._ran(done.effect, f"restore the rows of {named}", number=number, what="restore")
            return done.tables

    def put_sequences(
        self,
        tables: Sequence[SchemaObject],
        wanted: Mapping[int, SequenceState],
        *,
        number: int,
    ) -> Effect:
        """Put the sequences of tables where they are wanted, or beyond what rows bear."""
        effect = self.database.put_sequences(tables, wanted, run=self.run)
        text = "restore the places of sequences"
        return self._ran(effect, text, number=number, what="restore")

    def note(self, *events: AnyEvent) -> None:
        """Append what the run found out or decided, beside what it changed."""
        self.events += events

    @contextmanager
    def point(self) -> Iterator[None]:
        """Take back what the block did, events too, where it ends in an error.

        What sequences handed out meanwhile is not taken back, so that is captured.
        """
        events, last = len(self.events), self._last
        objects = dict(self.known.objects)
        places = dict(self.database.read_sequences(objects))
        try:
            with self.database.point(run=self.run):
                yield
        except BaseException:
            del self.events[events:]
            self._last = last
            self.known.objects = objects
            with suppress(ClewError):  # a lost session has nothing more to tell
                self._moved_since(places)
            raise

    @property
    def number(self) -> int:
        """The number of the last statement."""
        return self._last.number

    def settle(self) -> Effect:
        """Let deferred triggers fire and capture what they did, as the last statement's."""
        with spans.span("settle"):
            effect = self.database.settle(run=self.run)
            self._take(effect, what="deferred")
            return effect

    def complete(
        self, *, kept: int = 0, changed: str = "", rejected: int = 0
    ) -> tuple[StoredEntry, ...]:
        """Append everything with RunCompleted, commit, and return the entries.

        ``changed`` is the text that lists the rows found written since.
        """
        self.settle()
        completed = RunCompleted(
            statements=self._last.number,
            rows=self._rows_changed(),
            kept=kept,
            changed=put_text(self.database, changed) if changed else "",
            rejected=rejected,
        )
        entries = append_within(
            self.database,
            [*self.events, completed],
            run=self.run,
            actor=self.actor,
            evidence=self.evidence,
            clock=self.clock,
        )
        self.database.commit()
        log.info("run completed", run=self.run, position=entries[-1].position)
        return entries

    def rows(self) -> tuple[TableRows, ...]:
        """Return the row changes of the run so far, in order."""
        return tuple(e.rows for e in self.events if isinstance(e, RowsChanged))

    def _moved_since(self, places: Mapping[int, SequenceState]) -> None:
        """Capture, as a statement of its own, where sequences stand that were not taken back."""
        now = dict(self.database.read_sequences(self.known.objects))
        moves = [
            SequenceMove(object=one, before=place, after=now[one])
            for one, place in places.items()
            if now[one] != place
        ]
        if moves:
            self._last = Statement(number=self._last.number + 1)
            self.events += [SequenceMoved(statement=self._last, move=move) for move in moves]

    def _rows_changed(self) -> int:
        return sum(max(rows.removed, rows.added) for rows in self.rows())

    def _ran(
        self, effect: Effect, text: str, *, number: int, line: int = 1, what: str = ""
    ) -> Effect:
        """Take in what a statement did; ``what`` names it where its text is none."""
        self._text = text
        self._last = Statement(number=number, line=line, digest=text_digest(text))
        self._take(effect, what=what or text)
        return effect

    def _take(self, effect: Effect, *, what: str) -> None:
        self.drift.hold_effect(effect)
        statement, known = self._last, len(self.events)
        self.events += [
            IrreversibleAllowed(
                name=name, statement=statement, what=_headline(what), reason=self.reason
            )
            for name in effect.waived
        ]
        self.events += [RowsChanged(statement=statement, rows=rows) for rows in effect.rows]
        if effect.changes or effect.contents:
            self.events.append(
                SchemaChanged(statement=statement, changes=effect.changes, contents=effect.contents)
            )
            self.known.take(effect.changes)
        self.events += [SequenceMoved(statement=statement, move=move) for move in effect.sequences]
        spans.tell(rows=sum(max(rows.removed, rows.added) for rows in effect.rows))
        if len(self.events) > known:  # content that no entry names is content nobody vouches for
            put_text(self.database, self._text)


def _headline(sql: str) -> str:
    """The leading keywords of a statement: its kind, and never a value."""
    words = takewhile(str.isalpha, sql.split())
    return " ".join(islice(words, 3)).lower()
