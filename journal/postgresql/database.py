"""A PostgreSQL database as a ``Database``: the port, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from journal.effect import Ask, Effect, Schema, Selection, StatementKind, Step
from journal.errors import ClewError, NotFound
from journal.folded import ImageCheck, NetRows, PastRow
from journal.given import Given
from journal.lines import Lines
from journal.measuring import Measurement
from journal.observing import Copying, Observation, Observed, unheard
from journal.postgresql import (
    archiving,
    beside,
    counting,
    dump,
    examining,
    gate,
    holding,
    images,
    locks,
    measuring,
    net,
    past,
    places,
    placing,
    ready,
    replacing,
    signs,
    undoing,
    wording,
)
from journal.postgresql.catalog import live
from journal.postgresql.catalog.needed import needed
from journal.postgresql.connection import Session
from journal.postgresql.connection import connect as connect_server
from journal.postgresql.execute import Execution
from journal.postgresql.firing import Firing, hush, refuse_recording
from journal.postgresql.giving import PostgresqlRows
from journal.postgresql.observing import ending, keeping, starting
from journal.postgresql.observing.telling import Telling
from journal.postgresql.observing.watching import Watching
from journal.postgresql.restore.refilling import Refilling
from journal.postgresql.restore.script import script
from journal.postgresql.watch import Watch
from journal.replacing import Content, Replaced, Replacing
from journal.script import Script
from journal.signs import Signs
from journal.url import URL
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


def connect(url: URL, *, lock_timeout: float, holder: str = "") -> PostgresqlDatabase:
    """Open a session with a server. Raises ``Unreachable``."""
    return PostgresqlDatabase(connect_server(url, lock_timeout=lock_timeout, holder=holder))


_SITE = """
SELECT extract(epoch FROM pg_postmaster_start_time()) || ':' || oid
FROM pg_database WHERE datname = current_database()
"""


class PostgresqlDatabase(PostgresqlRows):
    """One session with one PostgreSQL database."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.server = f"PostgreSQL {session.value('SHOW server_version')}"
        self._catalog: live.Catalog | None = None
        self._watch: Watch | None = None
        self._execution: Execution | None = None
        self._firing: Firing | None = None
        self._refilling: Refilling | None = None
        self._held = False
        self._observations: dict[str, Watching] = {}

    # --- session ----------------------------------------------------------------------

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Open a transaction; foreign keys are always checked, deferred ones at the end.

        Raises:
            Refused: the database is open for reading only, or backslashes escape in plain
                strings, where statements are read otherwise.
        """
        del foreign_keys
        self._forget()
        self.shared_part = ""
        ready.refuse_unready(self.session)
        self.session.run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")

    def share(self, run: str, part: str) -> None:
        """Let others of the same run write at the same time; one at a time does this part."""
        beside.claim(self.session, f"{run}/{part}")
        self.shared_part = part

    def commit(self) -> None:
        """Take capture triggers off and commit."""
        if self._watch is not None:
            self._watch.unwatch()
        self._forget()
        self.session.run("COMMIT")

    def abort(self) -> None:
        """Take the open transaction back; sequences first, while their tables are locked."""
        execution = self._execution
        self._forget()
        self.session.let_go()
        if self.session.raw.closed or not self.session.in_transaction:
            return
        try:
            if execution is not None and not self.session.failed:
                execution.take_back_sequences()
        except ClewError:
            pass
        finally:
            if not self.session.raw.closed:
                self.session.run("ROLLBACK")

    def give_way(self) -> None:
        """Do nothing: the server lets in who waits."""

    def hold(self, holder: str, *, wait: float) -> None:
        """Take the session's advisory lock."""
        holding.hold(self.session, holder, wait=wait)
        self._held = True

    def holder(self) -> str:
        """Tell who is the one run of this journal now; empty where nobody is."""
        return holding.held_by(self.session)

    def release(self) -> None:
        """Give the advisory lock back."""
        if self._held and not self.session.raw.closed:
            holding.release(self.session)
        self._held = False

    def site(self) -> str:
        """Tell the database of the very server: copies of a cluster began at other moments."""
        return str(self.session.value(_SITE))

    def close(self) -> None:
        """End the session; never raises."""
        try:
            self.abort()
        except ClewError:
            pass
        finally:
            self.session.raw.close()

    # --- the live schema --------------------------------------------------------------

    def read_schema(self, known: Schema | None = None) -> tuple[SchemaObject, ...]:
        """Return the live schema, as of one moment."""
        if self.session.in_transaction:
            return live.read_schema(self.session, known)
        return live.read_at_once(self.session, known)

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as the DDL that would bring it about."""
        return wording.ddl(change, catalogued=self.session.raw.info.server_version >= 180000)

    def read_sequences(self, known: Schema) -> tuple[tuple[int, SequenceState], ...]:
        """Return the place of each sequence."""
        return tuple(places.read(self.session, places.sequences(known)).items())

    def examine(self) -> AbstractContextManager[Ask]:
        """Read as of one moment; what row security would hide makes a query fail."""
        self._forget()
        return examining.examine(self.session)

    def signs(self) -> Signs:
        """Tell of counters, dependencies and triggers."""
        return signs.read(self.session)

    def watch_schema(
        self, known: Schema, *, next_id: Callable[[], int]
    ) -> tuple[ObjectChange, ...]:
        """Watch the schema from here on, and return what differs from the known one."""
        self._forget()
        self._catalog = live.Catalog(self.session, known, next_id)
        self._firing = Firing(self.session, self._catalog)
        return self._catalog.drift

    # --- capture ----------------------------------------------------------------------

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for."""
        return gate.classify(sql)

    def foresee(self, statements: Sequence[str], *, run: str) -> None:
        """Look at the materialised views that statements are going to replace."""
        self._running(run).foresee(statements)

    def execute(
        self, sql: str, *, run: str, data: str | None = None, allowed: frozenset[str] = frozenset()
    ) -> Effect:
        """Run one statement and capture what it did."""
        return self._running(run).execute(sql, data=data, allowed=allowed)

    def perform(self, given: Given, *, run: str, allowed: frozenset[str] = frozenset()) -> Effect:
        """Run one statement on a program's cursor and capture what it did."""
        return self._running(run).perform(given, allowed=allowed)

    def counted(self) -> tuple[Any, ...]:
        """Tell what the open transaction did so far, by the server's own counts."""
        return counting.so_far(self.session)

    def point(self, *, run: str) -> AbstractContextManager[None]:
        """Open an SQL savepoint; an error takes back what the block did."""
        return self._running(run).point()

    def measure(self, sql: str, *, runs: int) -> Measurement:
        """Explain a query and run it several times, writing nothing."""
        return measuring.measure(self.session, sql, runs=runs)

    def expect_query(self, sql: str) -> None:
        """Raise ``Refused`` where a text is not one query."""
        measuring.only_query(sql)

    def ask(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query of the user's where it cannot write."""
        return measuring.ask(self.session, sql)

    # --- another program's run ----------------------------------------------------------

    def observe(self, run: str, *, schema: Schema, copying: Copying = unheard) -> Observation:
        """Keep what tells later what another program changed; nothing is copied beforehand."""
        del copying
        ready.refuse_unready(self.session)
        hush(self.session)
        refuse_recording(self.session)
        self._observations[run] = starting.begin(self.session, run, schema)
        return self._observations[run]

    def observed(self, run: str, *, schema: Schema, next_id: Callable[[], int]) -> Observed:
        """Tell what changed since ``observe``, and store images of it, in the transaction."""
        kept = keeping.start(self.session, run)
        if kept is None:
            raise NotFound(f"nothing is kept of run {run}")
        self._forget()
        hush(self.session)
        watching = self._observations.get(run)
        if watching is None:
            ending.outlive(self.session, run)
        telling = Telling(self.session, kept, schema, next_id, watching.seen if watching else None)
        found = telling.tell()
        self._catalog, self._watch = telling.catalog, telling.watch
        return found

    def unobserve(self, run: str) -> None:
        """Give up what was kept of a run."""
        if watching := self._observations.pop(run, None):
            watching.close()
        hush(self.session)
        ending.end(self.session, run)

    def observations(self) -> tuple[str, ...]:
        """Name the runs of which something is kept."""
        return keeping.runs(self.session)

    # --- copying out ------------------------------------------------------------------

    @contextmanager
    def snapshot(self, tables: Sequence[SchemaObject]) -> Iterator[None]:
        """Read as of one moment, which comes after the locks.

        What was truncated or rewritten between the two would look empty (PostgreSQL manual,
        MVCC, "Caveats").
        """
        self._forget()
        self.session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            dump.lock(self.session, tables, "ACCESS SHARE")
            yield
        finally:
            self.abort()

    def keep_still(self, tables: Sequence[SchemaObject]) -> None:
        """Take the lock that a run takes on each table it writes."""
        dump.lock(self.session, tables, "SHARE ROW EXCLUSIVE")

    def needed(self, tables: Sequence[SchemaObject], known: Schema) -> tuple[SchemaObject, ...]:
        """Return tables, their parts, and the types, functions and sequences they depend on."""
        return needed(self.session, tables, known)

    def script(
        self, objects: Sequence[SchemaObject], places: Mapping[tuple[str, ...], SequenceState]
    ) -> Script:
        """Word objects as a script that makes them in an empty database."""
        catalogued = self.session.raw.info.server_version >= 180000
        return script(objects, places, catalogued=catalogued)

    def dump(self, table: SchemaObject) -> Selection:
        """Read all rows of a table itself, in the order of its key."""
        return dump.dump(self.session, table)

    def dump_lines(self, table: SchemaObject) -> Lines:
        """Read all rows of a table, as lines of JSON."""
        return dump.dump_lines(self.session, table)

    # --- bringing back ----------------------------------------------------------------

    def replace(self, contents: Sequence[Content], *, run: str, how: Replacing) -> Replaced:
        """Let tables hold exactly these rows, and capture what that changes."""
        catalog, watch = self._capture(run)
        return replacing.replace(self.session, catalog, watch, contents, how)

    def put_sequences(
        self,
        tables: Sequence[SchemaObject],
        wanted: Mapping[int, SequenceState],
        *,
        run: str,
    ) -> Effect:
        """Put the sequences of tables where they are wanted, or beyond what rows bear."""
        catalog, _ = self._capture(run)
        return placing.put(self.session, catalog, [one.id for one in tables], wanted)

    # --- the end of a run -------------------------------------------------------------

    def settle(self, *, run: str) -> Effect:
        """Let deferred constraints and triggers fire, and capture what they did."""
        effect = self._running(run).settle()
        if self._refilling is None:
            return effect
        return undoing.settle(self.session, self._capture(run)[0], self._refilling, effect)

    def execute_outside(self, sql: str) -> None:
        """Run one statement outside any transaction."""
        self.session.run(sql)

    def locks(self) -> tuple[Lock, ...]:
        """Return the strongest lock on each table, weaker ones than for writing left out."""
        return locks.held(self.session)

    def scans(self) -> tuple[Scan, ...]:
        """Return the tables that the open transaction read from end to end."""
        return locks.scanned(self.session)

    def holders(self) -> tuple[str, ...]:
        """Tell which other sessions hold locks on the user's tables."""
        return locks.others(self.session)

    # --- going back -------------------------------------------------------------------

    def undo(self, step: Step, *, schema: Schema, run: str, if_changed: IfChanged) -> Effect:
        """Take back what one statement did."""
        archiving.expect(self.session, step.rows)
        del schema
        catalog, watch = self._capture(run)
        if self._refilling is None:
            self._refilling = Refilling(self.session, catalog)
        return undoing.undo(
            self.session, catalog, watch, step, views=self._refilling, if_changed=if_changed
        )

    def foretell(self, steps: Sequence[Step], *, schema: Schema, run: str) -> tuple[Rebuilt, ...]:
        """Take steps back, and tell what that wrote anew.

        Sequences go back at once: once the steps are taken back, they no longer show how far the
        statements moved them, and a transaction that is aborted keeps that.
        """
        if self._execution is not None:
            self._execution.take_back_sequences()
        undo = partial(self.undo, schema=schema, run=run, if_changed="overwrite")
        found = [one for step in reversed(steps) for one in undo(step).rebuilt]
        return (*found, *self.settle(run=run).rebuilt)

    def net(self, rows: Sequence[TableRows]) -> Iterator[NetRows]:
        """Fold row images; equal before and after cancel."""
        return net.net(self.session, rows)

    def net_rows(self, rows: Sequence[TableRows], *, schema: Schema) -> Iterator[PastRow]:
        """Yield the rows that ``net`` counts."""
        return net.net_rows(self.session, rows, schema)

    def mismatches(
        self,
        rows: Sequence[TableRows],
        *,
        schema: Schema,
        changes: Sequence[ObjectChange] = (),
    ) -> Iterator[ChangedRow]:
        """Compare live rows with the first image of each."""
        return past.mismatches(self.session, rows, schema, changes)

    def rows_at(
        self, table: int, steps: Sequence[Step], *, schema: Schema, then: Schema
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table before ``steps``."""
        return past.rows_at(self.session, table, steps, schema=schema, then=then)

    def check_images(self, rows: Sequence[TableRows]) -> Iterator[ImageCheck]:
        """Hash the stored images again."""
        return images.check(self.session, rows)

    def image_chunks(self) -> int:
        """Return how many chunks of images are stored."""
        return int(self.session.value("SELECT count(*) FROM clew.image"))

    # --- within -----------------------------------------------------------------------

    def _capture(self, run: str) -> tuple[live.Catalog, Watch]:
        assert self._catalog is not None, "watch_schema comes before"
        if self._watch is None:
            part = f"/{self.shared_part}" if self.shared_part else ""  # numbers are each part's own
            self._watch = Watch(self.session, self._catalog, run + part)
        return self._catalog, self._watch

    def _running(self, run: str) -> Execution:
        catalog, watch = self._capture(run)
        if self._execution is None:
            firing = self._firing or Firing(self.session, catalog)
            shared = bool(self.shared_part)
            self._execution = Execution(self.session, catalog, watch, firing, shared=shared)
        return self._execution

    def _forget(self) -> None:
        self._catalog = self._watch = self._execution = self._refilling = self._firing = None
