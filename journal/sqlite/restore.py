"""Taking back one step: rows written, schema changes with their data, counters.

A table whose columns differ is made again from its exact text and filled; one that differs in
names only is given its text back in place. Views and triggers are taken out meanwhile, and at
the end the text of every object is what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from journal import stakes
from journal.effect import LISTED, Effect, Step
from journal.errors import ChangedSince, Drifted, NotExact, NotKnownExact, Refused
from journal.errors import rows as in_words
from journal.known import reverse
from journal.sqlite import counters, modules, rebuilt, restore_rows, restore_since, restore_text
from journal.sqlite.connection import Session, quote
from journal.sqlite.rebuilt import structure
from journal.sqlite.restore_rows import Refill
from journal.sqlite.restore_since import Since
from journal.sqlite.restore_text import Place
from journal.sqlite.schema import Catalog, subject
from journal.sqlite.shape import shape_of
from journal.sqlite.watch import Watch
from journal.sqlite.written import undo_rows
from journal.stakes import Stake
from journal.values import IfChanged, ObjectChange, Rebuilt, SchemaObject, TableRows

_SWITCHES = {"ignore_check_constraints": "ON", "legacy_alter_table": "OFF"}
"""Rows came past their checks before; and a rename has to reach the table's own checks."""


def undo(
    session: Session, catalog: Catalog, watch: Watch, step: Step, if_changed: IfChanged
) -> Effect:
    """Take back everything one statement did, and capture the undoing.

    Raises:
        ChangedSince: rows were written since, and the policy does not allow for it.
        NotExact: something did not come back as it was.
        NotKnownExact: the step is irreversible.
        Refused: the connection is in defensive mode.
    """
    before = counters.read(session, catalog.objects)
    effect = Effect()
    written = [rows for rows in step.rows if rows.cause == "written"]
    if written:
        done = undo_rows(session, watch, catalog.objects, written, if_changed)
        effect = Effect(
            rows=done.rows,
            sql=done.sql,
            changed_since=done.changed_since,
            changed_count=done.changed_count,
        )
    if step.changes:
        watch.unwatch()
        effect = _joined(effect, _Restoring(session, catalog, watch, step, if_changed).run())
    for id_, state in counters.read(session, catalog.objects).items():
        former = before.get(id_, counters.NONE)
        if state != former:
            counters.put(session, catalog.table(id_), former)
    counters.take_back(session, catalog.objects, step.sequences)
    after = counters.read(session, catalog.objects)
    return msgspec.structs.replace(effect, sequences=counters.moves(before, after))


def _joined(one: Effect, other: Effect) -> Effect:
    return Effect(
        changes=other.changes,
        rows=one.rows + other.rows,
        sql=one.sql + other.sql,
        changed_since=(one.changed_since + other.changed_since)[:LISTED],
        changed_count=one.changed_count + other.changed_count,
        rebuilt=other.rebuilt,
    )


class _Restoring:
    """The undoing of one step's schema changes."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        watch: Watch,
        step: Step,
        if_changed: IfChanged,
    ) -> None:
        self.session = session
        self.catalog = catalog
        self.watch = watch
        self.step = step
        self.if_changed = if_changed
        self.sql: list[str] = []
        self.rows: list[TableRows] = []
        self.since: list[Since] = []
        tables = [c for c in step.changes if subject(c).kind == "table"]
        self.dropped = [c.after for c in tables if c.after and not c.before]
        self.created = [c.before for c in tables if c.before and not c.after]
        changed = [(c.after, c.before) for c in tables if c.after and c.before]
        self.rebuilt = list(rebuilt.changed(step.changes))
        self.renamed = [
            (a, b) for a, b in changed if a.path != b.path and structure(a) == structure(b)
        ]

    def run(self) -> Effect:
        self._check_start()
        former = restore_text.places(self.session)
        wanted = restore_text.target(self.session, self.step.changes)
        self._weigh()
        with _switched(self.session):
            if self.dropped or self.created or self.rebuilt or self.renamed:
                restore_text.take_out(self.session, wanted)
            self._tables()
            self._indexes(wanted, former)
            self._internal()
            restore_text.mend(self.session, wanted, former)
        self._settings()
        changes = self._check_end()
        wholes = (s for s in stakes.made(changes) if s.whole)
        self.rows += self.watch.image(wholes, "made")
        return Effect(
            changes=changes,
            rows=tuple(self.rows),
            sql=tuple(self.sql),
            changed_since=tuple(row for one in self.since for row in one.rows)[:LISTED],
            changed_count=sum(one.count for one in self.since),
            rebuilt=tuple(one for one in map(self._measured, self.rebuilt) if one.rows),
        )

    def _measured(self, pair: tuple[SchemaObject, SchemaObject]) -> Rebuilt:
        return rebuilt.measured(self.session, pair[1])

    # --- before anything is done ------------------------------------------------------

    def _check_start(self) -> None:
        if self.session.value("PRAGMA foreign_keys"):
            raise Refused("schema changes are taken back with foreign keys off only")
        for change in self.step.changes:
            one = subject(change)
            if one.kind == "virtual" and not modules.captured(one):
                raise NotKnownExact("create-virtual-table", f"virtual table {one.path[0]}")
            if self.catalog.objects.get(one.id) != change.after:
                raise Drifted(f"{one.kind} {one.path[0]} is not as the journal has it")

    def _weigh(self) -> None:
        """Look for rows written since, and image what will go."""
        for table in self.dropped:
            found = restore_since.in_table(
                self.session, shape_of(table), self._images(table, "made")
            )
            self._take(found, table, keepable=False)
            every = tuple(c.id for c in table.columns)
            stake = Stake(before=table, after=None, columns=every, whole=True)
            self.rows += self.watch.image([stake], "destroyed")
        for after, before in self.rebuilt:
            self._weigh_columns(after, before)

    def _weigh_columns(self, after: SchemaObject, before: SchemaObject) -> None:
        shape = shape_of(after)
        lost = _lost(after, before)
        if lost:
            columns = [c for c in shape.columns if c.id in lost]
            made = self._images(after, "made")
            found, images = restore_since.in_columns(self.session, self.watch, shape, columns, made)
            self._take(found, after, keepable=False)
            self.rows += [images] if images else []
        destroyed = self._images(after, "destroyed")
        if destroyed is not None:
            with restore_rows.staged(self.session, shape, destroyed, -1):
                match = restore_rows.same_row(shape, destroyed.columns, but=())
                gone = restore_since.gone(self.session, shape, destroyed.columns, match)
            self._take(gone, after, keepable=True)

    def _take(self, found: Since, table: SchemaObject, *, keepable: bool) -> None:
        """Apply the policy. A deleted row stays so: only a part of it could come back."""
        if not found.count:
            return
        if self.if_changed == "refuse" or (self.if_changed == "keep" and not keepable):
            kept = " and cannot be kept" if self.if_changed == "keep" else ""
            raise ChangedSince(
                f"{in_words(found.count)} of {table.path[0]} written since{kept}",
                hint="See them with --plan; take them out with --if-changed overwrite.",
                rows=found.rows,
            )
        rows = tuple(msgspec.structs.replace(row, kept=keepable) for row in found.rows)
        self.since.append(Since(count=found.count, rows=rows))

    def _images(self, table: SchemaObject, cause: str) -> TableRows | None:
        mine = (r for r in self.step.rows if r.table == table.id and r.cause == cause)
        return next(mine, None)

    # --- doing it -----------------------------------------------------------------------

    def _run(self, sql: str) -> None:
        self.session.run(sql)
        self.sql.append(sql)

    def _tables(self) -> None:
        for table in self.dropped:
            self._run(f"DROP TABLE main.{quote(table.path[0])}")
        for after, before in self.renamed:
            name = quote(before.path[0])
            self._run(f"ALTER TABLE main.{quote(after.path[0])} RENAME TO {name}")
        for after, before in self.rebuilt:
            self._rebuild(after, before)
        for table in self.created:
            self._run(table.definition["sql"])
            images = self._images(table, "destroyed")
            if images is not None:
                restore_rows.fill(self.session, shape_of(table), images, -1)
                self.sql.append(f"-- {in_words(images.removed)} of {table.path[0]} put back")

    def _rebuild(self, after: SchemaObject, before: SchemaObject) -> None:
        for place in restore_text.places(self.session):
            if place.kind == "index" and place.table == after.path[0]:
                self._run(f"DROP INDEX main.{quote(place.name)}")
        aside = f"clew_aside_{after.id}"
        self._run(f"ALTER TABLE main.{quote(after.path[0])} RENAME TO {quote(aside)}")
        self._run(before.definition["sql"])
        old = msgspec.structs.replace(shape_of(after), table=aside)
        new = shape_of(before)
        back = _lost(before, after)
        images = self._images(after, "destroyed")
        work = Refill(
            old=old,
            new=new,
            restored=tuple(c for c in new.columns if c.id in back),
            rows=images,
        )
        restore_rows.refill(self.session, work)
        if images is not None:
            with restore_rows.staged(self.session, new, images, -1):
                here = restore_rows.same_row(new, images.columns, but=back)
                there = f"EXISTS (SELECT 1 FROM temp.{restore_rows.STAGE} s WHERE {here})"
                made = restore_since.image(self.watch, new, work.restored, there, 1)
            self.rows += [made] if made else []
        self._run(f"DROP TABLE main.{quote(aside)}")

    def _indexes(self, wanted: restore_text.Target, former: Sequence[Place]) -> None:
        there = {p.name for p in restore_text.places(self.session) if p.kind == "index"}
        targets = {name: sql for (kind, name), (_, sql) in wanted.items() if kind == "index"}
        for name in sorted(there - targets.keys()):
            self._run(f"DROP INDEX main.{quote(name)}")
        order = {p.name: p.rowid for p in former if p.kind == "index"}
        for name in sorted(targets.keys() - there, key=lambda n: order.get(n, 1 << 60)):
            with restore_rows.since(f"index {name}"):
                self._run(targets[name])

    def _internal(self) -> None:
        """Take sqlite_sequence away where the step had made it come, or have it come again."""
        for change in self.step.changes:
            if change.after is None and change.before and change.before.kind == "internal":
                self._bring_counters()
            if change.before is None and change.after and change.after.kind == "internal":
                with restore_text.writable(self.session):
                    self.session.run(
                        "UPDATE main.sqlite_master SET name = ?1, tbl_name = ?1,"
                        " sql = 'CREATE TABLE clew_counters(name,seq)'"
                        " WHERE name = 'sqlite_sequence'",
                        ("clew_counters",),
                    )
                self.session.run("DROP TABLE main.clew_counters")

    def _bring_counters(self) -> None:
        """Have SQLite make its table of counters, where no table of the step did."""
        there = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'"
        if not self.session.value(there):
            self.session.run(
                "CREATE TABLE main.clew_counting (id INTEGER PRIMARY KEY AUTOINCREMENT)"
            )
            self.session.run("DROP TABLE main.clew_counting")

    def _settings(self) -> None:
        for change in self.step.changes:
            one = subject(change)
            if one.kind == "setting":
                value = change.before.definition["value"] if change.before else 0
                self._run(f"PRAGMA main.{one.path[0]} = {int(value)}")

    # --- afterwards ---------------------------------------------------------------------

    def _check_end(self) -> tuple[ObjectChange, ...]:
        """Read again; what changed must be the step's changes, reversed, and no other."""
        adopt = [c.before for c in self.step.changes if c.before]
        found = self.catalog.refresh(adopt=adopt)
        expected = {subject(c).id: c for c in reverse(self.step.changes)}
        for change in found:
            if expected.pop(subject(change).id, None) != change:
                one = subject(change)
                raise NotExact(f"{one.kind} {one.path[0]} did not come back as it was")
        for change in expected.values():
            one = subject(change)
            raise NotExact(f"{one.kind} {one.path[0]} did not come back")
        return found


def _lost(one: SchemaObject, other: SchemaObject) -> set[int]:
    """Stored columns of ``one`` whose values ``other`` does not hold."""
    found = stakes.destroyed([ObjectChange(before=one, after=other)])
    stored = {c.id for c in one.columns if "generated" not in c.definition}
    return stored & {id_ for stake in found for id_ in stake.columns}


@contextmanager
def _switched(session: Session) -> Iterator[None]:
    former = {name: session.value(f"PRAGMA {name}") for name in _SWITCHES}
    for name, value in _SWITCHES.items():
        session.run(f"PRAGMA {name} = {value}")
    try:
        yield
    finally:
        for name, value in former.items():
            session.run(f"PRAGMA {name} = {int(value)}")
