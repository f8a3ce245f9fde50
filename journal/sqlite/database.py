"""A SQLite file as a ``Database``: the port, put together from its parts."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import FileIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from journal.effect import Ask, Effect, Schema, Selection, StatementKind, Step
from journal.errors import NotExact, StatementFailed, Unreachable
from journal.folded import ImageCheck, NetRows, PastRow
from journal.given import Given
from journal.lines import Lines
from journal.measuring import Measurement
from journal.replacing import Content, Replaced, Replacing
from journal.script import Script
from journal.signs import Signs
from journal.sqlite import (
    archiving,
    attaching,
    dump,
    examining,
    execute,
    gate,
    holding,
    images,
    job,
    measuring,
    net,
    past,
    rebuilt,
    references,
    replacing,
    restore,
    schema,
    vacuuming,
    wording,
)
from journal.sqlite.connection import Session, held_by
from journal.sqlite.connection import connect as connect_file
from journal.sqlite.observing import keeping
from journal.sqlite.observing.port import SqliteObserving
from journal.sqlite.watch import Watch
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

HELD = 1.0
"""Seconds of work in batches after which the file is left alone."""
WAY = 0.12
"""Seconds for which it is: who waits for a file asks every tenth of a second."""


def connect(url: URL, *, lock_timeout: float, create: bool = False) -> SqliteDatabase:
    """Open a session with a SQLite file. Raises as ``connection.connect`` does."""
    return SqliteDatabase(connect_file(url, lock_timeout=lock_timeout, create=create))


class SqliteDatabase(SqliteObserving):
    """One session with one SQLite file."""

    kind: DatabaseKind = "sqlite"
    ours = True
    """Whether the session ends with us: what a program attached to its own stays."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.server = f"SQLite {sqlite3.sqlite_version}"
        self._catalog: schema.Catalog | None = None
        self._watch: Watch | None = None
        self._held: FileIO | None = None
        self._foreign_keys = True
        self._gave_way = 0.0
        self._touched: set[int] = set()
        self._restored: list[TableRows] = []

    # --- session ----------------------------------------------------------------------

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Open a transaction for writing; the only one of this file."""
        self._foreign_keys = foreign_keys
        self._touched = set()
        self._restored = []
        if not os.access(self.session.path, os.W_OK):
            raise Unreachable(
                f"{self.session.path} cannot be written to", hint="Who may write the file?"
            )
        self.session.run(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        self.session.run("BEGIN IMMEDIATE")

    def share(self, run: str, part: str) -> None:
        """One writer at a time has the file, so there is nothing to do."""

    def commit(self) -> None:
        """Check switched-off foreign keys, take watchers off, commit."""
        self._check_references()
        self._forget()
        self.session.run("COMMIT")
        self._detach()

    def abort(self) -> None:
        """Take the open transaction back."""
        self._catalog = self._watch = None
        if self.session.resting:
            return
        self.session.let_go()
        if self.session.raw.in_transaction:
            self.session.raw.rollback()
        self._detach()

    def give_way(self) -> None:
        """Leave the file alone for a moment, once a while: nobody is told that it is free."""
        held = monotonic() - self._gave_way
        if held >= HELD:
            if self._gave_way:
                sleep(WAY)
            self._gave_way = monotonic()

    def hold(self, holder: str, *, wait: float) -> None:
        """Lock the side file, whose content names the holder."""
        self._held = holding.hold(self.session.path, holder, wait=wait)

    def holder(self) -> str:
        """Tell who is the one run of this journal now; empty where nobody is."""
        return held_by(self.session.path)

    def release(self) -> None:
        """Unlock the side file."""
        if self._held is not None:
            self._held.truncate(0)
            self._held.close()
            self._held = None

    def site(self) -> str:
        """Tell the file, by any of its names."""
        file = os.stat(self.session.path)  # noqa: PTH116 - what is opened, not its name
        return f"{socket.gethostname()} {file.st_dev}:{file.st_ino}"

    def close(self) -> None:
        """End the session; never raises."""
        self.abort()
        self.release()
        self.session.raw.close()

    # --- the live schema --------------------------------------------------------------

    def read_schema(self, known: Schema | None = None) -> tuple[SchemaObject, ...]:
        """Return the live schema, as of one moment."""
        if self.session.raw.in_transaction:
            return schema.read_schema(self.session, known)
        self.session.run("BEGIN")
        try:
            return schema.read_schema(self.session, known)
        finally:
            self.session.let_go()
            self.session.raw.rollback()

    def ddl(self, change: ObjectChange) -> tuple[str, ...]:
        """Word a change as the DDL that would bring it about."""
        return wording.ddl(change)

    def read_sequences(self, known: Schema) -> tuple[tuple[int, SequenceState], ...]:
        """Return the AUTOINCREMENT counters by table."""
        return tuple(schema.read_sequences(self.session, known).items())

    def examine(self) -> AbstractContextManager[Ask]:
        """Read as of one moment; a file without a write-ahead log keeps its writers waiting."""
        return examining.examine(self.session)

    def signs(self) -> Signs:
        """Return nothing: SQLite counts no use, and knows of no dependencies."""
        return Signs()

    def watch_schema(
        self, known: Schema, *, next_id: Callable[[], int]
    ) -> tuple[ObjectChange, ...]:
        """Watch the schema from here on, and return what differs from the known one."""
        self._catalog = schema.Catalog(self.session, known, next_id)
        self._watch = None
        return self._catalog.drift

    # --- capture ----------------------------------------------------------------------

    def classify(self, sql: str) -> StatementKind:
        """Tell what a statement is for."""
        return gate.classify(sql)

    def foresee(self, statements: Sequence[str], *, run: str) -> None:
        """Need no look ahead."""

    def execute(
        self, sql: str, *, run: str, data: str | None = None, allowed: frozenset[str] = frozenset()
    ) -> Effect:
        """Run one statement and capture what it did."""
        if data is not None:
            raise StatementFailed("SQLite has no COPY")
        return self._execute(job.own(self.session, sql), run, allowed)

    def perform(self, given: Given, *, run: str, allowed: frozenset[str] = frozenset()) -> Effect:
        """Run one statement on a program's cursor and capture what it did."""
        return self._execute(job.given(self.session, given), run, allowed)

    def counted(self) -> tuple[Any, ...]:
        """Tell what the session did so far, by SQLite's own counts."""
        version = self.session.value("PRAGMA main.schema_version")
        return self.session.raw.in_transaction, self.session.raw.total_changes, version

    @contextmanager
    def point(self, *, run: str) -> Iterator[None]:
        """Open an SQL savepoint; an error takes back what the block did."""
        catalog, watch = self._capture(run)
        watch.unwatch()
        seen = catalog.checkpoint()
        try:
            with self.session.point("clew_batch"):
                yield
        except BaseException:
            catalog.revert(seen)
            watch.forget()
            raise

    def measure(self, sql: str, *, runs: int) -> Measurement:
        """Explain a query and run it several times, writing nothing."""
        return measuring.measure(self.session, sql, runs=runs)

    def expect_query(self, sql: str) -> None:
        """Raise ``Refused`` where a text is not one query."""
        measuring.only_query(sql)

    def ask(self, sql: str) -> AbstractContextManager[Selection]:
        """Run a query of the user's where it cannot write."""
        return measuring.ask(self.session, sql)

    # --- copying out ------------------------------------------------------------------

    @contextmanager
    def snapshot(self, tables: Sequence[SchemaObject]) -> Iterator[None]:
        """Read as of one moment; a file without a write-ahead log keeps its writers waiting."""
        del tables
        self.session.run("BEGIN")
        try:
            self.session.value("SELECT count(*) FROM main.sqlite_master")
            yield
        finally:
            self.abort()

    def keep_still(self, tables: Sequence[SchemaObject]) -> None:
        """Nobody else writes to the file while a transaction for writing is open."""

    def needed(self, tables: Sequence[SchemaObject], known: Schema) -> tuple[SchemaObject, ...]:
        """Return tables with their indexes and triggers."""
        return schema.needed(self.session, tables, known)

    def script(
        self, objects: Sequence[SchemaObject], places: Mapping[tuple[str, ...], SequenceState]
    ) -> Script:
        """Word objects as a script that makes them in an empty file."""
        return wording.script(objects, places)

    def dump(self, table: SchemaObject) -> Selection:
        """Read all rows of a table, in the order of its key."""
        return dump.dump(self.session, table)

    def dump_lines(self, table: SchemaObject) -> Lines:
        """Read all rows of a table, as lines of JSON."""
        return dump.dump_lines(self.session, table)

    # --- bringing back ----------------------------------------------------------------

    def replace(self, contents: Sequence[Content], *, run: str, how: Replacing) -> Replaced:
        """Let tables hold exactly these rows, and capture what that changes."""
        catalog, watch = self._capture(run)
        done = replacing.replace(self.session, catalog, watch, contents, how)
        self._remember(done.effect)
        return done

    def put_sequences(
        self,
        tables: Sequence[SchemaObject],
        wanted: Mapping[int, SequenceState],
        *,
        run: str,
    ) -> Effect:
        """Put AUTOINCREMENT counters where they are wanted, or beyond what rows bear."""
        catalog, _ = self._capture(run)
        return replacing.put_counters(self.session, catalog, tables, wanted)

    # --- the end of a run -------------------------------------------------------------

    def settle(self, *, run: str) -> Effect:
        """Nothing is deferred on SQLite but foreign keys that were switched off."""
        del run
        if not self.session.raw.in_transaction:
            raise NotExact("the transaction is gone: a statement rolled it back")
        self._check_references()
        return Effect()

    def execute_outside(self, sql: str) -> None:
        """Run one statement outside any transaction.

        Raises:
            Refused: it would give rows other rowids, which nothing takes back.
        """
        if gate.classify(sql) == "outside":
            vacuuming.check(self.session)
        self.session.run(sql)

    def locks(self) -> tuple[Lock, ...]:
        """A writing transaction locks the whole file.

        Readers are shut out from the moment that its changes outgrow the page cache, at the
        latest to commit (SQLite manual, "File Locking And Concurrency", 5.0).
        """
        name = Path(self.session.path).name
        return (
            (Lock(object=name, mode="RESERVED, then EXCLUSIVE"),)
            if self.session.raw.in_transaction
            else ()
        )

    def scans(self) -> tuple[Scan, ...]:
        """SQLite keeps no such counts."""
        return ()

    def holders(self) -> tuple[str, ...]:
        """SQLite does not tell who holds a file."""
        return ()

    # --- going back -------------------------------------------------------------------

    def undo(self, step: Step, *, schema: Schema, run: str, if_changed: IfChanged) -> Effect:
        """Take back what one statement did."""
        archiving.expect(self.session, step.rows)
        del schema
        catalog, watch = self._capture(run)
        effect = restore.undo(self.session, catalog, watch, step, if_changed)
        self._restored += effect.rows
        return self._remember(effect)

    def foretell(self, steps: Sequence[Step], *, schema: Schema, run: str) -> tuple[Rebuilt, ...]:
        """Tell what taking steps back would write anew."""
        del run
        return rebuilt.foretold(self.session, steps, schema)

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
        return int(self.session.value("SELECT count(*) FROM clew_image"))

    # --- within -----------------------------------------------------------------------

    def _capture(self, run: str) -> tuple[schema.Catalog, Watch]:
        assert self._catalog is not None, "watch_schema comes before"
        if self._watch is None:
            self._watch = Watch(self.session, run)
        return self._catalog, self._watch

    def _execute(self, one: job.Job, run: str, allowed: frozenset[str] = frozenset()) -> Effect:
        catalog, watch = self._capture(run)
        return self._remember(execute.execute(self.session, catalog, watch, one, allowed=allowed))

    def _check_references(self) -> None:
        if not self._foreign_keys and self._catalog is not None:
            references.check(self.session, self._catalog, self._touched, self._restored)

    def _detach(self) -> None:
        """Let go of other files, so that each run finds the session as the first one did."""
        if self._attached:
            keeping.let_go(self.session)
            self._attached = False
        if self.session.attached and self.ours:
            attaching.detach(self.session)
            self.session.attached = False

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.unwatch()
        self._catalog = self._watch = None

    def _remember(self, effect: Effect) -> Effect:
        self._touched |= {rows.table for rows in effect.rows}
        self._touched |= {change.after.id for change in effect.changes if change.after}
        self._touched |= {change.before.id for change in effect.changes if change.before}
        return effect
