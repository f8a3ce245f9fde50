"""Running one statement of the user's, and capturing all that it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from journal import stakes
from journal.effect import Effect, StatementKind
from journal.errors import NotExact, NotKnownExact, Refused, StatementFailed
from journal.sqlite import attaching, counters, covering, gate, modules, pragmas, told
from journal.sqlite.connection import Session, quote
from journal.sqlite.ddl import alteration
from journal.sqlite.job import Job
from journal.sqlite.reading import own
from journal.sqlite.restore_since import image
from journal.sqlite.schema import Catalog
from journal.sqlite.shape import shape_of
from journal.sqlite.told import Told
from journal.sqlite.watch import How, Watch
from journal.stakes import Stake
from journal.values import ObjectChange, SchemaObject, SequenceMove, TableRows

_FUNCTIONS = frozenset(("load_extension", "writefile", "edit", "fts3_tokenizer"))
"""Functions with effects outside the database."""
_SHADOWED = (
    "SELECT t.name FROM temp.sqlite_master t JOIN main.sqlite_master m"
    " ON m.name = t.name COLLATE NOCASE WHERE t.type IN ('table', 'view')"
    " AND m.type IN ('table', 'view')"
)
_COUNTING = frozenset(("changes", "total_changes"))
"""Functions whose answer the capture moves."""


def execute(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    job: Job,
    *,
    allowed: frozenset[str] = frozenset(),
) -> Effect:
    """Run one statement and capture what it did.

    Raises:
        StatementFailed: the database refused it.
        NotKnownExact: it touches what is not known to come back exactly.
        Refused: it is not the user's to do.
        NotExact: rows changed that were not captured.
    """
    return _Execution(session, catalog, watch, job, allowed).run()


class _Execution:
    """One statement on its way; ``waived`` names the rules of the gate it needed waived."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        watch: Watch,
        job: Job,
        allowed: frozenset[str],
    ) -> None:
        self.session = session
        self.catalog = catalog
        self.watch = watch
        self.job = job
        self.sql = job.sql
        self.allowed = allowed
        self.waived: list[str] = []

    def run(self) -> Effect:
        """Run the statement in the way that its kind asks for."""
        if not self.session.raw.in_transaction:
            raise NotExact("the transaction is gone: a statement before this one rolled it back")
        kind = self._kind()
        if kind == "outside":
            raise Refused("a statement that runs outside any transaction only")
        pragma = pragmas.pragma(self.sql)
        if kind == "query" or pragma is not None:
            self._refuse_called()
            if pragma is not None and kind != "query":
                self._refuse_elsewhere(attaching.reached(self.session, pragma))
            affected = self.job.run()
            return self._effect(affected, changes=self.catalog.refresh(self.sql))
        if kind != "rows":
            self.watch.unwatch()  # triggers that name a column block DDL
        about = self._told()
        self._refuse(kind, about)
        return self._rows(about) if kind == "rows" else self._schema(about)

    def _told(self) -> Told:
        """Ask what the statement will do; one that cannot be prepared fails in its own words."""
        try:
            return told.ask(self.session, self.sql, self.job.values)
        except StatementFailed:
            with self._whole():
                self.job.run()
                raise

    def _kind(self) -> StatementKind:
        try:
            return gate.classify(self.sql)
        except NotKnownExact as error:
            self._need(error)
            return "schema"

    def _need(self, error: NotKnownExact) -> None:
        """Go on where the rule is waived by name."""
        if error.name not in self.allowed:
            raise error
        if error.name not in self.waived:
            self.waived.append(error.name)

    def _effect(
        self,
        affected: int,
        *,
        changes: tuple[ObjectChange, ...] = (),
        rows: tuple[TableRows, ...] = (),
        before: counters.Counters | None = None,
    ) -> Effect:
        """Put together what was done; ``before`` are the counters to compare with."""
        moves: tuple[SequenceMove, ...] = ()
        if before is not None:
            after = counters.read(self.session, self.catalog.objects)
            moves = counters.moves(before, after)
        return Effect(
            changes=changes,
            rows=rows,
            sequences=moves,
            affected=affected,
            waived=tuple(self.waived),
            sql=(self.sql,),
        )

    # --- the gate, as far as it needs the database ------------------------------------

    def _refuse_elsewhere(self, files: Iterable[str]) -> None:
        for name in files:
            self._need(NotKnownExact(attaching.RULE, f"{name} is another file, not journaled here"))

    def _refuse(self, kind: StatementKind, about: Told) -> None:
        """Refuse what belongs to the journal, and what cannot be captured."""
        self._attach(about)
        said = alteration(self.sql)
        taken = {said.to} if said is not None and said.action == "rename" else set()
        for name in sorted(about.writes | about.touched | about.temporary | taken):
            if own(name):
                raise Refused(
                    f"{name} is the journal's",
                    hint="Names that begin with clew_ are kept for the journal.",
                )
        self._refuse_functions(about)
        for error in self._not_known(kind, about):
            self._need(error)

    def _refuse_called(self) -> None:
        """Refuse what a query calls, by a view too."""
        if not gate.explains(self.sql):
            with suppress(StatementFailed):  # which it tells in its own words when it runs
                self._refuse_functions(told.ask(self.session, self.sql, self.job.values))

    def _refuse_functions(self, about: Told) -> None:
        for name in sorted(about.functions & _FUNCTIONS):
            raise Refused(f"function {name} reaches outside the database")
        for name in sorted(about.functions & _COUNTING):
            self._need(
                NotKnownExact("changes-function", f"{name}() counts the journal's changes as well")
            )

    def _attach(self, about: Told) -> None:
        """Let other files be read, and none be written or made."""
        said = attaching.attachment(self.sql)
        if said is not None:
            self.session.attached = True
            try:
                attaching.check(self.session, said, self.job.values)
            except NotKnownExact as error:
                self._need(error)
        if about.elsewhere:
            self._refuse_elsewhere(attaching.files(self.session, about.elsewhere))

    def _not_known(self, kind: StatementKind, about: Told) -> Iterator[NotKnownExact]:
        for name in sorted(about.temporary):
            if self.catalog.find("table", name) or self.catalog.find("view", name):
                yield NotKnownExact("temp-table-shadows", f"temporary {name} hides one of the file")
        for name in sorted(about.virtual):
            found = self.catalog.find("virtual", name)
            if found is not None and not self._exact(found):
                yield NotKnownExact("virtual-table", f"virtual table {name} cannot be captured")
        for name in sorted(about.writes | about.touched):
            if name.lower().startswith("sqlite_stat"):
                if kind == "rows" or (kind == "schema" and name in about.touched):
                    yield NotKnownExact(
                        "statistics", f"{name} holds statistics, which are not kept"
                    )
            elif self._uncaptured(name):
                yield NotKnownExact("virtual-table", f"virtual table {name} cannot be captured")

    def _exact(self, virtual: SchemaObject) -> bool:
        """Whether all that a virtual table holds is captured."""
        if not modules.captured(virtual):
            return False
        return bool(self._shadows(virtual.path[0])) or not modules.keeps(virtual)

    def _shadows(self, virtual: str) -> list[SchemaObject]:
        """The tables in which a virtual table keeps what it holds, where they are captured."""
        found = self.catalog.find("virtual", virtual)
        if found is None or not modules.captured(found):
            return []
        name = found.path[0]
        objects = self.catalog.objects.values()
        return [one for one in objects if one.definition.get("shadow") == name]

    def _told_whole(self, table: SchemaObject) -> bool:
        if "shadow" not in table.definition:
            return False
        virtual = self.catalog.find("virtual", table.definition["shadow"])
        return virtual is not None and modules.told_whole(table, virtual)

    def _uncaptured(self, name: str) -> bool:
        """Whether rows of that name are what a module keeps, and not ours to tell."""
        table = self.catalog.find("table", name)
        if table is not None:
            return "shadow" in table.definition
        virtual = self.catalog.find("virtual", name)
        if virtual is not None:
            return not self._exact(virtual)
        kinds = ("view", "internal", "index", "trigger")
        if any(self.catalog.find(kind, name) for kind in kinds):
            return False
        found = self.session.value(
            "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", (name,)
        )
        return found is not None

    # --- rows -------------------------------------------------------------------------

    def _rows(self, about: Told) -> Effect:
        written = (self.catalog.find("table", name) for name in about.writes)
        tables = sorted((t for t in written if t is not None), key=lambda t: t.id)
        tables += [one for name in sorted(about.writes) for one in self._shadows(name)]
        whole = frozenset(one.id for one in tables if self._told_whole(one))
        counted = "sqlite_sequence" in about.writes or any(_counts(table) for table in tables)
        before = counters.read(self.session, self.catalog.objects) if counted else None
        how = self._how(tables, about)
        if tables:
            self.watch.watch(tables, how=how, whole=whole)
        with self._whole():
            affected, found = self._captured(tables, how) if tables else (self.job.run(), ())
            if "sqlite_sequence" in about.writes:
                self._check_counters()
            return self._effect(affected, rows=found, before=before)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Take everything back where an error ends the block, as after OR FAIL.

        Otherwise a program that goes on after it would keep rows that nobody captured.
        """
        seen = self.catalog.checkpoint()
        try:
            with self.session.point("clew_statement"):
                yield
        except BaseException:
            self.catalog.revert(seen)
            if self.session.raw.in_transaction:
                self.watch.unwatch()
            raise

    def _how(self, tables: Sequence[SchemaObject], about: Told) -> How:
        if any(map(self._shadows, about.writes)) or "virtual-table" in self.waived:
            return "copies"  # what a virtual table does within is counted, and fires nothing
        if about.aside or about.elsewhere:
            return "copies"  # rows of temporary tables are counted, and not captured
        fires = "\n".join([self.sql, *_what_fires(self.catalog, about)])
        return self.watch.choose(tables, sql=fires, schema=self.catalog.objects)

    def _captured(
        self, tables: Sequence[SchemaObject], how: How
    ) -> tuple[int, tuple[TableRows, ...]]:
        """Run the statement; once more where only a copy tells what REPLACE displaced."""
        if how != "displacing":
            return self.job.run(), self.watch.collect()
        try:
            with self.session.point():
                return self.job.run(), self.watch.collect()
        except (NotExact, StatementFailed):  # which a BEFORE trigger may be the cause of
            self.watch.watch(tables, how="copies")
            return self.job.run(), self.watch.collect()

    def _check_counters(self) -> None:
        """Counters are kept by the table that owns them; refuse rows that no table owns."""
        sql = "SELECT name, count(*) FROM main.sqlite_sequence GROUP BY 1"
        for name, count in self.session.run(sql):
            table = self.catalog.find("table", str(name))
            if count > 1 or table is None or (name,) != table.path or not _counts(table):
                raise NotKnownExact(
                    "sqlite-sequence", f"sqlite_sequence has a row {name!r} that no one table owns"
                )

    # --- schema -----------------------------------------------------------------------

    def _schema(self, about: Told) -> Effect:
        self._refuse_cascade(about)
        with self._whole():
            return self._changed(about)

    def _changed(self, about: Told) -> Effect:
        before = counters.read(self.session, self.catalog.objects)
        shadows = (one for name in sorted(about.virtual) for one in self._shadows(name))
        imaged = tuple(covering.at_stake(self.catalog, self.sql, about, shadows))
        destroyed = tuple(self._images(imaged))
        affected = self.job.run()
        changes = self.catalog.refresh(self.sql)
        self._refuse_shadowed(about, changes)
        if not self.waived:
            covering.check_covered(changes, imaged)
            covering.check_reached(changes)
        made = self.watch.image((s for s in stakes.made(changes) if s.whole), "made")
        return self._effect(affected, changes=changes, rows=destroyed + made, before=before)

    def _refuse_shadowed(self, about: Told, changes: Iterable[ObjectChange]) -> None:
        """Refuse a temporary table that stands before one of the file's, whichever came last."""
        self.session.temporary |= bool(about.temporary)
        named = bool(about.temporary) or any(
            one.after and (one.before is None or one.before.path != one.after.path)
            for one in changes
        )
        if named and self.session.temporary and (name := self.session.value(_SHADOWED)):
            self._need(
                NotKnownExact("temp-table-shadows", f"temporary {name} hides one of the file")
            )

    def _images(self, imaged: Iterable[Stake]) -> Iterator[TableRows]:
        """Image what will go: whole rows, or the columns with what tells the rows apart."""
        for stake in imaged:
            if stake.whole or stake.before is None:
                yield from self.watch.image([stake], "destroyed")
                continue
            shape = shape_of(stake.before)
            columns = [c for c in shape.columns if c.id in stake.columns]
            found = image(self.watch, shape, columns, "1", -1) if columns else None
            if found is not None:
                yield found

    def _refuse_cascade(self, about: Told) -> None:
        """DROP TABLE deletes its rows first where foreign keys are on, and children follow."""
        if not about.drops:
            return
        children = (self.catalog.find("table", name) for name in sorted(about.writes - about.drops))
        for child in children:
            if child is None or not any(_refers(self.session, child, n) for n in about.drops):
                continue
            error = NotKnownExact(
                "drop-table-cascade",
                f"dropping {', '.join(sorted(about.drops))} would change rows of"
                f" {child.path[0]} by a foreign key's action",
            )
            error.hint = (
                "Put PRAGMA foreign_keys=off at the top of the migration, or waive it on record"
                " with --allow-irreversible drop-table-cascade."
            )
            self._need(error)


def _what_fires(catalog: Catalog, about: Told) -> Iterator[str]:
    """Texts in which a conflict clause may stand: written tables and their triggers."""
    wanted = {name.lower() for name in about.writes}
    for found in catalog.objects.values():
        name = found.definition.get("table", found.path[0])
        if found.kind in ("table", "trigger") and name.lower() in wanted:
            yield found.definition["sql"]


def _counts(table: SchemaObject) -> bool:
    return bool(table.definition.get("autoincrement"))


def _refers(session: Session, child: SchemaObject, dropped: str) -> bool:
    """Whether a row of ``child`` has a complete foreign key to the dropped table."""
    for key in child.definition.get("foreign_keys", ()):
        if key["references"][0].lower() != dropped.lower():
            continue
        there = " AND ".join(f"{quote(name)} IS NOT NULL" for name in key["columns"])
        if session.value(f"SELECT 1 FROM main.{quote(child.path[0])} WHERE {there} LIMIT 1"):
            return True
    return False
