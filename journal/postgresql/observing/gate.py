"""The gate: nobody drops, truncates or rewrites a table before its rows are copied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from journal.errors import StatementFailed
from journal.postgresql.connection import Session, quote
from journal.postgresql.observing import keeping
from journal.postgresql.observing.copying import copying
from journal.postgresql.observing.keeping import Copy
from journal.postgresql.observing.sleeping import Sleeper, another
from journal.values import SchemaObject

_WAITING = """
SELECT DISTINCT coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i
    WHERE i.indexrelid = l.relation), l.relation)::int8
FROM pg_catalog.pg_locks l
WHERE NOT l.granted AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""
_HINDERED = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE NOT l.granted
    AND l.locktype = 'virtualxid' AND pg_catalog.pg_blocking_pids(l.pid) && %s::integer[])
"""
_POINT = "SAVEPOINT clew_copying"
_AT_ONCE = 200
_ALONE = 4
"""How many tables are let go of alone, before small ones go along."""
_ALONG = 16_000_000
"""Bytes of tables that go along at a time."""


class Gate:
    """A session that holds ACCESS SHARE on tables; another takes its place when one is let go.

    ``tables`` are all that are held, by oid.
    """

    def __init__(
        self,
        near: Session,
        run: str,
        snapshot: str,
        tables: Mapping[int, SchemaObject],
        sizes: Mapping[int, int],
    ) -> None:
        self._near = near
        self._run = run
        self._snapshot = snapshot
        self._tables = dict(tables)
        self._sizes = sizes
        self._handed = 0
        self._holding: Sleeper | None = None

    @property
    def pid(self) -> int:
        """The server's process that holds the gate now."""
        return self._holding.pid if self._holding else 0

    def close(self, holding: Sleeper) -> None:
        """Stand behind a session that holds all the tables and has the snapshot."""
        holding.sleep()
        self._holding = holding

    def waiting(self, session: Session) -> list[int]:
        """Return the tables that somebody waits for, so as to change them altogether."""
        return [oid for (oid,) in session.query(_WAITING) if oid in self._tables]

    def hinders(self, session: Session, pids: Iterable[int]) -> bool:
        """Tell whether somebody waits for these sessions to end, whatever they hold."""
        return self._holding is not None and bool(session.value(_HINDERED, (list(pids),)))

    def let_through(self, session: Session, wanted: Iterable[int]) -> None:
        """Copy tables, and let them go; all others stay held.

        Raises:
            StatementFailed: one more is waited for: look again.
        """
        wanted = list(wanted)
        chosen = {oid: self._tables[oid] for oid in (*wanted, *self._along(wanted))}
        kept = {oid: one for oid, one in self._tables.items() if oid not in chosen}
        successor, worded = self._succeeded(kept, chosen)
        try:
            self._copy(session, chosen, worded)
        finally:
            self._holding, self._tables = successor, kept
            self._handed += 1

    def _along(self, wanted: Collection[int]) -> list[int]:
        """Return small tables to be let go of as well: who changes many goes on to the next.

        Each time the gate is handed over costs more than the copy of a small table; so ever more
        of them go along, once a few went alone.
        """
        most = 2 ** (self._handed - _ALONE) if self._handed >= _ALONE else 0
        found: list[int] = []
        size = 0
        for oid in sorted(self._tables.keys() - set(wanted), key=lambda o: (self._sizes[o], o)):
            size += self._sizes[oid]
            if len(found) >= most or size > _ALONG:
                break
            found.append(oid)
        return found

    def give_up(self, session: Session) -> None:
        """Copy all that is held, and hold nothing any more, no snapshot either."""
        self._copy(session, self._tables)
        self._holding, self._tables = None, {}

    def _copy(
        self, watcher: Session, chosen: Mapping[int, SchemaObject], worded: Sequence[str] = ()
    ) -> None:
        """Copy tables, and end the session that holds them; ``worded`` is how, where it is known."""
        assert self._holding is not None
        session = self._holding.session
        try:
            if not worded:
                self._holding.wake(watcher, _POINT)
                worded = _worded(session, self._run, chosen)
                session.run("; ".join((*worded, "COMMIT")))
            else:
                self._holding.wake(watcher, _POINT, *worded, "COMMIT")
        except StatementFailed:
            session.run("ROLLBACK TO clew_copying")
            for oid, one in chosen.items():
                self._copy_alone(session, oid, one)
            session.run("COMMIT")
        session.raw.close()

    def _copy_alone(self, session: Session, oid: int, table: SchemaObject) -> None:
        """Copy one table; where that fails, keep why: it is held until that is known."""
        try:
            with session.point("clew_copying"):
                session.run("; ".join(copying(session, self._run, table, oid)))
        except StatementFailed as error:
            unknown = Copy(oid=oid, identity=table.id, unknown=error.message)
            session.run(keeping.putting(self._run, unknown))

    def open(self) -> None:
        """Let all go; never raises."""
        if self._holding is not None:
            self._holding.close()

    def _succeeded(
        self, kept: Mapping[int, SchemaObject], chosen: Mapping[int, SchemaObject]
    ) -> tuple[Sleeper, tuple[str, ...]]:
        """Return who holds what is kept from here on, and how to copy what is let go of.

        A materialised view can be read only by the session that holds it: nothing is worded then.
        """
        session = another(self._near, name(self._run), lock_timeout=0.2)
        try:
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
            hold(session, kept.values(), "NOWAIT")
            import_snapshot(session, self._snapshot)
            hold_indexes(session, kept.values())
            worded: tuple[str, ...] = ()
            if all(one.kind == "table" for one in chosen.values()):
                worded = _worded(session, self._run, chosen)
            sleeper = Sleeper(session)
            sleeper.sleep()
        except BaseException:
            session.raw.close()
            raise
        return sleeper, worded


def _worded(session: Session, run: str, chosen: Mapping[int, SchemaObject]) -> tuple[str, ...]:
    """Return the statements that copy tables, as far as they can be worded by this session."""
    return tuple(one for oid, table in chosen.items() for one in copying(session, run, table, oid))


def name(run: str) -> str:
    """Return what the sessions of an observation are called."""
    return f"clew observes {run}"


def import_snapshot(session: Session, snapshot: str) -> None:
    """See what the exported snapshot sees; the first thing in a transaction, but for locks."""
    said = snapshot.replace("'", "''")
    session.run(f"SET TRANSACTION SNAPSHOT '{said}'")


def hold(session: Session, tables: Iterable[SchemaObject], how: str = "") -> None:
    """Hold ACCESS SHARE on tables, under the names that the journal knows."""
    names = [f"ONLY {quote(*one.path)}" for one in tables if one.kind == "table"]
    if names:
        session.run(f"LOCK TABLE {', '.join(names)} IN ACCESS SHARE MODE {how}")


def hold_indexes(session: Session, tables: Iterable[SchemaObject]) -> None:
    """Hold indexes too, and materialised views, which LOCK does not know; planning locks them.

    Whoever drops a table may lock its indexes first, and reading plans with all of them.
    """
    names = [quote(*one.path) for one in tables]
    for start in range(0, len(names), _AT_ONCE):
        parts = [f"SELECT 1 FROM ONLY {one}" for one in names[start : start + _AT_ONCE]]
        session.run(f"EXPLAIN {' UNION ALL '.join(parts)}")
