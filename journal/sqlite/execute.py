"""Running one statement of the user's, and capturing all that it does."""

from __future__ import annotations

from collections.abc import Iterable

from journal import stakes
from journal.database import Effect, StatementKind
from journal.errors import NotExact, NotKnownExact, Refused
from journal.sqlite import counters, gate, told
from journal.sqlite.connection import Session, mapped, quote
from journal.sqlite.ddl import alteration
from journal.sqlite.reading import own
from journal.sqlite.schema import Catalog
from journal.sqlite.told import Told
from journal.sqlite.watch import Watch
from journal.stakes import Stake
from journal.values import ObjectChange, SchemaObject, TableRows

_FUNCTIONS = frozenset(("load_extension", "writefile", "edit", "fts3_tokenizer"))
"""Functions with effects outside the database."""


class Waivers:
    """Rules of the gate that may be waived by name, and those that were."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = allowed
        self.used: list[str] = []

    def need(self, error: NotKnownExact) -> None:
        """Go on where the rule is waived. Raises ``error`` where it is not."""
        if error.name not in self.allowed:
            raise error
        if error.name not in self.used:
            self.used.append(error.name)


def execute(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    sql: str,
    *,
    run: str,
    allowed: frozenset[str] = frozenset(),
) -> Effect:
    """Run one statement and capture what it did.

    Raises:
        StatementFailed: the database refused it.
        NotKnownExact: it touches what is not known to come back exactly.
        Refused: it is not the user's to do.
        NotExact: rows changed that were not captured.
    """
    del run  # the watch knows it
    waivers = Waivers(allowed)
    kind = _kind(sql, waivers)
    if kind == "outside":
        raise Refused("a statement that runs outside any transaction only")
    if gate.pragma(sql) is not None or kind == "query":
        return _plain(session, catalog, sql, waivers)
    about = told.ask(session, sql)
    _refuse(catalog, about, waivers)
    if kind == "rows":
        return _rows(session, catalog, watch, sql, about, waivers)
    watch.unwatch()
    return _schema(session, catalog, watch, sql, about, waivers)


def _kind(sql: str, waivers: Waivers) -> StatementKind:
    try:
        return gate.classify(sql)
    except NotKnownExact as error:
        waivers.need(error)
        return "schema"


def _plain(session: Session, catalog: Catalog, sql: str, waivers: Waivers) -> Effect:
    affected = _run(session, sql)
    return Effect(
        changes=catalog.refresh(sql), affected=affected, waived=tuple(waivers.used), sql=(sql,)
    )


def _refuse(catalog: Catalog, about: Told, waivers: Waivers) -> None:
    """Refuse what belongs to the journal, and what cannot be captured."""
    for name in sorted(about.writes | about.touched | about.temporary):
        if own(name):
            raise Refused(
                f"{name} is the journal's",
                hint="Names that begin with clew_ are kept for the journal.",
            )
    for name in sorted(about.functions & _FUNCTIONS):
        raise Refused(f"function {name} reaches outside the database")
    for name in sorted(about.temporary):
        if catalog.find("table", name) or catalog.find("view", name):
            waivers.need(
                NotKnownExact("temp-table-shadows", f"temporary {name} hides a table of that name")
            )
    for name in sorted(about.virtual):
        waivers.need(NotKnownExact("create-virtual-table", f"virtual table {name}"))
    for name in sorted(about.writes | about.touched):
        if name.lower().startswith("sqlite_stat"):
            waivers.need(NotKnownExact("analyze", f"{name} holds statistics, which are not kept"))
        elif _uncaptured(catalog, name):
            waivers.need(NotKnownExact("virtual-table", f"virtual table {name} cannot be captured"))


def _uncaptured(catalog: Catalog, name: str) -> bool:
    """Whether rows of that name are neither a table's nor a view's (virtual, shadow)."""
    kinds = ("table", "view", "internal", "index", "trigger")
    if any(catalog.find(kind, name) for kind in kinds):
        return False
    return bool(
        catalog.session.value(
            "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", (name,)
        )
    )


def _rows(
    session: Session, catalog: Catalog, watch: Watch, sql: str, about: Told, waivers: Waivers
) -> Effect:
    written = {name: catalog.find("table", name) for name in about.writes}
    tables = sorted((t for t in written.values() if t is not None), key=lambda t: t.id)
    counted = "sqlite_sequence" in about.writes or any(
        table.definition.get("autoincrement") for table in tables
    )
    before = counters.read(session, catalog.objects) if counted else {}
    if tables:
        fires = _what_fires(catalog, about)
        # Nested statements of a virtual table are counted and not captured, as with REPLACE.
        blind = "REPLACE" if "virtual-table" in waivers.used else ""
        watch.watch(tables, sql="\n".join((sql, *fires, blind)))
    affected = _run(session, sql)
    found: tuple[TableRows, ...] = watch.collect() if tables else ()
    after = counters.read(session, catalog.objects) if counted else {}
    if "sqlite_sequence" in about.writes:
        _check_counters(session, catalog)
    return Effect(
        rows=found,
        sequences=counters.moves(before, after),
        affected=affected,
        waived=tuple(waivers.used),
        sql=(sql,),
    )


def _what_fires(catalog: Catalog, about: Told) -> Iterable[str]:
    """Texts in which a conflict clause may stand: written tables and their triggers."""
    wanted = {name.lower() for name in about.writes}
    for found in catalog.objects.values():
        name = found.definition.get("table", found.path[0])
        if found.kind in ("table", "trigger", "index") and name.lower() in wanted:
            yield found.definition["sql"]


def _check_counters(session: Session, catalog: Catalog) -> None:
    """Counters are kept by the table that owns them; refuse rows that no table owns."""
    for name, count in session.run("SELECT name, count(*) FROM main.sqlite_sequence GROUP BY 1"):
        table = catalog.find("table", str(name))
        if count > 1 or table is None or not table.definition.get("autoincrement"):
            raise NotKnownExact(
                "sqlite-sequence", f"sqlite_sequence has a row {name!r} that no one table owns"
            )


def _schema(
    session: Session, catalog: Catalog, watch: Watch, sql: str, about: Told, waivers: Waivers
) -> Effect:
    _refuse_cascade(session, catalog, about, waivers)
    before = counters.read(session, catalog.objects)
    imaged = tuple(_at_stake(catalog, sql, about))
    destroyed = watch.image(imaged, "destroyed")
    affected = _run(session, sql)
    changes = catalog.refresh(sql)
    if not waivers.used:
        _check_covered(changes, imaged)
    made = watch.image((s for s in stakes.made(changes) if s.whole), "made")
    return Effect(
        changes=changes,
        rows=destroyed + made,
        sequences=counters.moves(before, counters.read(session, catalog.objects)),
        affected=affected,
        waived=tuple(waivers.used),
        sql=(sql,),
    )


def _at_stake(catalog: Catalog, sql: str, about: Told) -> Iterable[Stake]:
    """Tell from the statement what it will destroy."""
    for name in sorted(about.drops):
        table = catalog.find("table", name)
        if table is not None:
            every = tuple(column.id for column in table.columns)
            yield Stake(before=table, after=None, columns=every, whole=True)
    said = alteration(sql)
    table = catalog.find("table", about.altered) if about.altered else None
    if said is not None and said.action == "drop" and table is not None:
        lost = said.column.lower()
        ids = tuple(c.id for c in table.columns if c.name.lower() == lost)
        yield Stake(before=table, after=table, columns=ids, whole=False)


def _check_covered(changes: Iterable[ObjectChange], imaged: Iterable[Stake]) -> None:
    covered = {(s.before.id, id_) for s in imaged if s.before for id_ in s.columns}
    for stake in stakes.destroyed(changes):
        assert stake.before is not None
        stored = {c.id for c in stake.before.columns if "generated" not in c.definition}
        for id_ in stored & set(stake.columns):
            if (stake.before.id, id_) not in covered:
                raise NotExact(f"columns of {stake.before.path[0]} were lost without an image")


def _refuse_cascade(session: Session, catalog: Catalog, about: Told, waivers: Waivers) -> None:
    """DROP TABLE deletes its rows first where foreign keys are on, and children follow."""
    if not about.drops:
        return
    children = (catalog.find("table", name) for name in sorted(about.writes - about.drops))
    for child in children:
        if child is None or not any(_refers(session, child, name) for name in about.drops):
            continue
        error = NotKnownExact(
            "drop-table-cascade",
            f"dropping {', '.join(sorted(about.drops))} would change rows of {child.path[0]}"
            " by a foreign key's action",
        )
        error.hint = (
            "Put PRAGMA foreign_keys=off at the top of the migration, or waive it on record"
            " with --allow-irreversible drop-table-cascade."
        )
        waivers.need(error)


def _refers(session: Session, child: SchemaObject, dropped: str) -> bool:
    """Whether a row of ``child`` has a complete foreign key to the dropped table."""
    for key in child.definition.get("foreign_keys", ()):
        if key["references"][0].lower() != dropped.lower():
            continue
        there = " AND ".join(f"{quote(name)} IS NOT NULL" for name in key["columns"])
        if session.value(f"SELECT 1 FROM main.{quote(child.path[0])} WHERE {there} LIMIT 1"):
            return True
    return False


def _run(session: Session, sql: str) -> int:
    """Run the statement to its end, whatever rows it returns."""
    with mapped():
        cursor = session.raw.execute(sql)
        while cursor.fetchmany(1000):
            pass
        return cursor.rowcount
