"""The port: what a database must be able to do for the journal.

One class per database implements it (``journal.sqlite.database``,
``journal.postgresql.database``). A ``Database`` is one session; it is not shared between
threads. All SQL lives behind it; nothing above it knows a dialect.

Order of calls in a run: ``begin``, ``watch_schema``, any number of ``execute`` or ``undo``,
``take_head`` and ``append`` at the very end, ``commit``; ``abort`` at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from journal.archived import Archiving
from journal.effect import Ask, Effect, Row, Schema, Selection, StatementKind, Step
from journal.erased import Erasing
from journal.folded import ImageCheck, NetRows, PastRow
from journal.given import Given
from journal.lines import Lines
from journal.measuring import Measurement
from journal.observing import Copying, Observation, Observed, unheard
from journal.one_row import OneRow
from journal.own_tables import OwnTables
from journal.replacing import Content, Replaced, Replacing
from journal.script import Script
from journal.selecting import ALL, Keys, Source
from journal.signs import Signs
from journal.values import (
    ChangedRow,
    DatabaseKind,
    IfChanged,
    Lock,
    ObjectChange,
    Rebuilt,
    Scan,
    SchemaObject,
    SequenceState,
    TableRows,
)


class Database(OwnTables, Erasing, Archiving, OneRow, Protocol):
    """One session with one database that can hold a journal."""

    kind: DatabaseKind
    server: str
    """Product and version, such as ``PostgreSQL 15.18``."""

    # --- session ----------------------------------------------------------------------

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Open a transaction for writing, with isolation fit for a migration.

        ``foreign_keys`` off (SQLite: before BEGIN) checks them at the end instead.
        """

    def share(self, run: str, part: str) -> None:
        """Let others of the same run write at the same time, until the transaction ends.

        Comes right after ``begin``. Waits until nobody else does the same part. Rows inserted
        are captured without a lock on their table; nothing else is, and no sequence moves.
        """

    def commit(self) -> None:
        """Check deferred and switched-off foreign keys, take watchers off, commit.

        Raises:
            StatementFailed: a constraint refused at the last moment; nothing was kept.
        """

    def abort(self) -> None:
        """Take the open transaction back, sequences moved since ``begin`` included.

        Without an open transaction, and on a lost connection, does nothing.
        """

    def give_way(self) -> None:
        """Let others write who wait, between two transactions of a long piece of work."""

    def hold(self, holder: str, *, wait: float) -> None:
        """Become the one run of this journal until ``release`` or the session's end.

        Outside any transaction; a killed process holds nothing.

        Raises:
            Busy: another session held it for ``wait`` seconds; names the holder.
        """

    def holder(self) -> str:
        """Tell who is the one run of this journal now; empty where nobody is."""

    def release(self) -> None:
        """Give the journal free for other runs."""

    def site(self) -> str:
        """Tell which database this is: the same by any URL, and another for a copy of it."""

    def close(self) -> None:
        """End the session; never raises."""

    # --- the live schema --------------------------------------------------------------

    def read_schema(self, known: Schema | None = None) -> tuple[SchemaObject, ...]:
        """Return the whole live schema without the journal's own objects.

        With ``known``, objects and columns bear the identities of those of the same kind
        and path (columns: name); what is unknown has identity 0. Order is stable.
        """

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as the DDL that would bring it about; empty where none is known."""

    def read_sequences(self, known: Schema) -> tuple[tuple[int, SequenceState], ...]:
        """Return the place of each sequence."""

    def watch_schema(
        self, known: Schema, *, next_id: Callable[[], int]
    ) -> tuple[ObjectChange, ...]:
        """Watch the schema from here on; ``next_id`` names what is made.

        Returns the drift, which leads from ``known`` to the live schema.
        """

    # --- examining --------------------------------------------------------------------

    def examine(self) -> AbstractContextManager[Ask]:
        """Read, and only read, as of one moment; yields what runs a query.

        Its names are qualified. The query raises ``StatementFailed`` where the database refuses
        it, as where this role may not see all rows; the next one runs all the same.
        """

    def signs(self) -> Signs:
        """Tell what the database knows of its objects beside their definitions."""

    # --- capture ----------------------------------------------------------------------

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for, without running it.

        "outside" cannot run in a transaction (CREATE INDEX CONCURRENTLY, VACUUM).

        Raises:
            NotKnownExact: the gate does not know the statement.
            Refused: transaction control or a client's own command.
        """

    def foresee(self, statements: Sequence[str], *, run: str) -> None:
        """Look at what is to be executed: some of it can be proved only before it begins."""

    def execute(
        self, sql: str, *, run: str, data: str | None = None, allowed: frozenset[str] = frozenset()
    ) -> Effect:
        """Run one statement of the user's and capture all that it did.

        ``data`` is what follows ``COPY ... FROM STDIN``. ``allowed`` names waived rules.

        Raises:
            StatementFailed: the database refused it.
            NotKnownExact: it touches what is not known to come back exactly.
            NotExact: rows changed that were not captured.
        """

    def perform(self, given: Given, *, run: str, allowed: frozenset[str] = frozenset()) -> Effect:
        """Run one statement on a program's cursor and capture what it did.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``execute`` does.
        """

    def counted(self) -> tuple[Any, ...]:
        """Tell what the open transaction did so far, as the database counts it.

        Equal answers at two moments tell that nobody wrote through this session between them.
        """

    def insert(
        self, table: SchemaObject, columns: Sequence[str], rows: Iterable[Row], *, run: str
    ) -> Effect:
        """Insert rows into a table and capture that, all of them or none.

        A value is ``None``, a truth value, a number (``Decimal`` too), text or bytes; JSON is
        given as text.

        Raises:
            StatementFailed: the database refused a value; nothing was inserted.
            NotKnownExact, NotExact: as ``execute`` does.
        """

    def update(
        self,
        table: SchemaObject,
        match: Sequence[str],
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        run: str,
    ) -> Effect:
        """Give ``columns`` of rows new values and capture that, in all of them or none.

        Each of ``rows`` holds the values of the ``match`` columns, which find one row, and
        then the new values, as ``insert`` takes them.

        Raises:
            StatementFailed: the database refused a value, or a row was not found; nothing
                was changed.
            NotKnownExact, NotExact: as ``execute`` does.
        """

    def delete(
        self, table: SchemaObject, match: Sequence[str], keys: Sequence[Row], *, run: str
    ) -> Effect:
        """Delete the rows whose ``match`` columns bear these keys and capture that, or none.

        Raises:
            StatementFailed: a row was not found, or is referred to; nothing was deleted.
            NotKnownExact, NotExact: as ``execute`` does.
        """

    def find(
        self,
        table: SchemaObject,
        match: Sequence[str],
        keys: Sequence[Row],
        columns: Sequence[str],
    ) -> list[tuple[int, Row]]:
        """Find the rows whose ``match`` columns bear a key; null is no key.

        Returns the place of the key in ``keys`` with the values of ``columns``, in the order
        of the keys.

        Raises:
            StatementFailed: a value is none that the column can have.
        """

    def point(self, *, run: str) -> AbstractContextManager[None]:
        """Open an SQL savepoint; an error takes back what the block did, images and all."""

    def select(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query within the open transaction; its rows are as they were at the call.

        Values are those of ``insert``; what is none of them comes as the database's text.

        Raises:
            StatementFailed: the database refused it.
            Refused: it is not a query.
        """

    def select_rows(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT as ``select`` does, its rows by key and in order."""

    def select_keys(self, source: Source, keys: Keys = ALL) -> AbstractContextManager[Selection]:
        """Run a SELECT for its keys alone, each once and in order, null left out."""

    def measure(self, sql: str, *, runs: int) -> Measurement:
        """Explain a query and run it several times, within the open transaction, writing nothing.

        Raises:
            Refused: it is not a query.
            StatementFailed: the database refused it, as where it would write.
        """

    def expect_query(self, sql: str) -> None:
        """Raise ``Refused`` where a text is not one query."""

    def ask(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query of the user's within the open transaction, where it cannot write.

        Values are those of ``select``.

        Raises:
            Refused: it is not a query.
            StatementFailed: the database refused it; the transaction goes on as it was.
        """

    # --- another program's run ----------------------------------------------------------

    def observe(self, run: str, *, schema: Schema, copying: Copying = unheard) -> Observation:
        """Keep what tells later what another program changed, from here on.

        Outside any transaction. ``schema`` is the live one, as the journal knows it. What is
        kept outlives this process, until ``unobserve``. ``copying`` hears of a long copy.

        Raises:
            Refused, NotKnownExact: this database cannot be observed.
            Busy: somebody holds a lock on one of the tables.
        """

    def observed(self, run: str, *, schema: Schema, next_id: Callable[[], int]) -> Observed:
        """Tell what changed since ``observe``, and store images of it, in the transaction.

        ``schema`` is the one that ``observe`` was given. Also in another process than that.

        Raises:
            NotFound: nothing is kept of this run, or no longer.
        """

    def unobserve(self, run: str) -> None:
        """Give up what was kept of a run; outside any transaction, and also where none is."""

    def observations(self) -> tuple[str, ...]:
        """Name the runs of which something is kept."""

    # --- copying out ------------------------------------------------------------------

    def snapshot(self, tables: Sequence[SchemaObject]) -> AbstractContextManager[None]:
        """Read, and only read, as of one moment; nobody alters these tables meanwhile.

        Raises:
            StatementFailed: a table is not there, or altered by somebody right now.
        """

    def keep_still(self, tables: Sequence[SchemaObject]) -> None:
        """Let others read these tables, and not write them, until the transaction ends."""

    def needed(self, tables: Sequence[SchemaObject], known: Schema) -> tuple[SchemaObject, ...]:
        """Return what it takes to make tables again: these, their parts, and what all depends on.

        As ``read_schema`` does, and in an order in which most of it can be made. Tables that
        were not asked for are not in it, even where a foreign key refers to them.
        """

    def script(
        self, objects: Sequence[SchemaObject], places: Mapping[tuple[str, ...], SequenceState]
    ) -> Script:
        """Word what ``needed`` returned, and the places of sequences by path."""

    def dump(self, table: SchemaObject) -> Selection:
        """Read all rows of a table itself, in the order of its key; memory stays flat.

        Generated columns are left out. PostgreSQL: values in the text form of their type.
        SQLite: as they are stored; where no column is the rowid, it comes last, under a name
        that no column has. Within a transaction; rows are read as they are asked for.

        Raises:
            StatementFailed: the database refused it.
            Refused: text of the table cannot be read.
        """

    def dump_lines(self, table: SchemaObject) -> Lines:
        """Read what ``dump`` reads, many times as fast. Raises as that does."""

    # --- bringing back ----------------------------------------------------------------

    def replace(self, contents: Sequence[Content], *, run: str, how: Replacing) -> Replaced:
        """Let tables hold exactly these rows, and capture what that changes.

        Only rows that differ are written. User triggers stay silent; foreign keys are never
        broken. Memory stays flat.

        Raises:
            Refused: a constraint, or rows elsewhere, do not allow for them.
            NotKnownExact: rows of a table cannot be captured.
            NotExact: rows changed that were not captured.
        """

    def put_sequences(
        self,
        tables: Sequence[SchemaObject],
        wanted: Mapping[int, SequenceState],
        *,
        run: str,
    ) -> Effect:
        """Put sequences where they are wanted, and capture that; in the transaction, for once.

        Those that ``tables`` take values from are never left behind a value that a row bears.
        On SQLite these are the tables' AUTOINCREMENT counters.
        """

    # --- the end of a run -------------------------------------------------------------

    def settle(self, *, run: str) -> Effect:
        """Let deferred constraints and triggers fire now, and capture what they did.

        Called once, when the last statement is done and before the head is taken.
        """

    def execute_outside(self, sql: str) -> None:
        """Run one statement outside any transaction. Raises ``StatementFailed``."""

    def locks(self) -> tuple[Lock, ...]:
        """Return the locks that the open transaction holds on the user's tables."""

    def scans(self) -> tuple[Scan, ...]:
        """Return the user's tables that the open transaction read from end to end.

        SQLite does not tell, and returns none.
        """

    def holders(self) -> tuple[str, ...]:
        """Tell which other sessions hold locks on the user's tables, in words; for messages."""

    # --- going back -------------------------------------------------------------------

    def undo(self, step: Step, *, schema: Schema, run: str, if_changed: IfChanged) -> Effect:
        """Take back what one statement did, from its images, and capture the undoing.

        ``schema`` is the schema with the step done, which is the live schema now. User
        triggers stay silent. Afterwards the touched objects equal ``before`` of each change.

        Raises:
            ChangedSince: rows were written since, and ``if_changed`` is "refuse".
            NotExact: an object did not come back as it was.
            NotKnownExact: the step is irreversible.
        """

    def foretell(self, steps: Sequence[Step], *, schema: Schema, run: str) -> tuple[Rebuilt, ...]:
        """Tell what taking back the steps of this transaction, in order, would write anew.

        PostgreSQL is made to do it, so that nothing but aborting is left to do afterwards.

        Raises:
            ChangedSince, NotExact, NotKnownExact, StatementFailed: they cannot be taken back.
        """

    def net(self, rows: Sequence[TableRows]) -> Iterator[NetRows]:
        """Fold row images over a stretch of the journal; equal before and after cancel."""

    def net_rows(self, rows: Sequence[TableRows], *, schema: Schema) -> Iterator[PastRow]:
        """Yield the rows that ``net`` counts, values by the column names of ``schema``."""

    def mismatches(
        self,
        rows: Sequence[TableRows],
        *,
        schema: Schema,
        changes: Sequence[ObjectChange] = (),
    ) -> Iterator[ChangedRow]:
        """Compare live rows with what the oldest before image names for each key.

        ``rows`` in journal order, ``changes`` those of the same stretch, which may have given
        values another text; shares no folding with ``net``. Yields what differs.
        """

    def rows_at(
        self, table: int, steps: Sequence[Step], *, schema: Schema, then: Schema
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table before ``steps`` (journal order), in the order of its key.

        ``schema`` is the schema now, ``then`` the schema before the first step.
        """

    def check_images(self, rows: Sequence[TableRows]) -> Iterator[ImageCheck]:
        """Hash the stored images again, in the order of ``rows``; those without images are left out."""

    def image_chunks(self) -> int:
        """Return how many chunks of images are stored, named by an entry or not."""
