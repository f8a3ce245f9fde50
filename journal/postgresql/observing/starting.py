"""Beginning an observation: the snapshot, the gate, and how things stand."""

from __future__ import annotations

from collections.abc import Mapping

from journal.effect import Schema
from journal.errors import Busy, Drifted, Refused, StatementFailed
from journal.postgresql import places
from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.identities import Named, changes_between, identify
from journal.postgresql.catalog.live import EVERYTHING
from journal.postgresql.catalog.reading import read
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.hidden import refuse_hidden
from journal.postgresql.locks import others
from journal.postgresql.observing import keeping
from journal.postgresql.observing.gate import Gate, hold, hold_indexes, import_snapshot, name
from journal.postgresql.observing.hanging import edges
from journal.postgresql.observing.keeping import Kept, KeptObject, KeptTable
from journal.postgresql.observing.sleeping import Sleeper, another
from journal.postgresql.observing.watching import Watching
from journal.values import SchemaObject

HELD = ("table", "materialized view")
_WRITTEN = """
SELECT c.oid::int8, pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
    pg_stat_get_tuples_deleted(c.oid), c.relfilenode::int8
FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
"""
_MOMENT = """
SELECT pg_export_snapshot(),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295, clock_timestamp()::text,
    (SELECT backend_start::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid())
"""


def begin(session: Session, run: str, schema: Schema) -> Watching:
    """Keep what tells later what changed, from here on.

    Raises:
        Refused: the role may not read a table, or has no place to keep anything in.
        NotKnownExact: policies hide rows of a table from the role.
        Drifted: the live schema is not the given one.
        Busy: somebody holds a lock on one of the tables.
    """
    if session.value("SHOW track_counts") != "on":
        raise Refused("track_counts is off, so nobody can tell which tables were written")
    wait = float(
        session.value("SELECT extract(epoch FROM current_setting('lock_timeout')::interval)")
    )
    holder = another(session, name(run), lock_timeout=wait)
    keeper = another(session, name(run))
    try:
        kept, tables = _begin(session, holder, keeper, run, schema)
        session.run("BEGIN")
        keeping.install(session)
        keeping.put_start(session, kept)
        session.run("COMMIT")
        gate = Gate(session, run, kept.snapshot, tables)
        gate.close(Sleeper(holder))
        asleep = Sleeper(keeper)
        asleep.sleep()
        return Watching(session, run, asleep, gate)
    except BaseException:
        if session.in_transaction:
            session.run("ROLLBACK")
        holder.raw.close()
        keeper.raw.close()
        raise


def written(session: Session) -> dict[int, tuple[tuple[int, int, int], int]]:
    """Return, by oid, the rows that were ever written to tables, and the file they stand in."""
    session.query("SELECT pg_stat_clear_snapshot()")
    return {oid: ((i, u, d), file) for oid, i, u, d, file in session.query(_WRITTEN)}


def _begin(
    session: Session, holder: Session, keeper: Session, run: str, schema: Schema
) -> tuple[Kept, Mapping[int, SchemaObject]]:
    held = [one for one in schema.values() if one.kind in HELD]
    holder.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    _hold(holder, session, held)
    # Counted before the snapshot: what comes in between is counted once more, and looked at.
    counted = written(session)
    keeper.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    ((snapshot, floor, since, began),) = keeper.query(_MOMENT)
    import_snapshot(holder, snapshot)
    hold_indexes(holder, held)
    # Reading definitions locks what they speak of; rolling back to a savepoint lets go of it.
    keeper.run("SAVEPOINT clew_reading")
    named = _named(keeper, schema)
    hangs = edges(keeper)
    stood = places.read(keeper, places.sequences(schema))
    oids = {one.object.id: oid for (_, oid), one in named.items() if one.object.kind in HELD}
    refuse_hidden(keeper, oids.values())
    keeper.run("ROLLBACK TO clew_reading")
    kept = Kept(
        run=run,
        snapshot=snapshot,
        floor=floor,
        keeper=keeper.raw.info.backend_pid,
        keeper_began=began,
        since=since,
        objects=tuple(
            KeptObject(key, one.unit, one.object.id, one.columns) for key, one in named.items()
        ),
        tables=tuple(
            KeptTable(oid, identity, *counted.get(oid, ((0, 0, 0), 0)))
            for identity, oid in oids.items()
        ),
        places=stood,
        hangs=hangs,
    )
    return kept, {oid: schema[identity] for identity, oid in oids.items()}


def _hold(holder: Session, session: Session, held: list[SchemaObject]) -> None:
    try:
        hold(holder, held)
    except StatementFailed as error:
        match error.sqlstate:
            case "55P03":
                raise Busy("; ".join(others(session)) or "somebody who alters a table") from error
            case "42501":
                raise Refused(
                    f"a table cannot be observed: {error.message}",
                    hint="Run this as the role that owns the tables, or may read all of them.",
                ) from error
            case "42P01":
                raise _drifted("a table is gone") from error
            case _:
                raise


def _named(keeper: Session, schema: Schema) -> dict[Key, Named]:
    with plain(keeper):
        found = read(keeper, EVERYTHING)
    named = identify(
        found,
        before={},
        expected=schema.values(),
        next_id=lambda: 0,
        parents=lambda _: None,
    )
    differing = changes_between(schema.values(), [one.object for one in named.values()])
    if differing:
        one = differing[0].before or differing[0].after
        raise _drifted(f"{one.kind} {'.'.join(one.path)}" if one else "an object")
    return named


def _drifted(what: str) -> Drifted:
    return Drifted(
        f"{what} is not as the journal knows it",
        hint="Look at it with clew check, and accept it or take it back, before you record.",
    )
