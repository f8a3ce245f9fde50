"""Beginning an observation: the snapshot, the gate, and how things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from journal.effect import Schema
from journal.errors import Busy, Drifted, Refused, StatementFailed
from journal.postgresql import places
from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.identities import Named, changes_between, identify
from journal.postgresql.catalog.live import EVERYTHING
from journal.postgresql.catalog.reading import read
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import refuse_hidden, uncovered
from journal.postgresql.locks import others
from journal.postgresql.observing import keeping
from journal.postgresql.observing.copying import copying
from journal.postgresql.observing.gate import Gate, hold, hold_indexes, import_snapshot, name
from journal.postgresql.observing.hanging import edges
from journal.postgresql.observing.keeping import Kept, KeptObject, KeptTable
from journal.postgresql.observing.sleeping import Sleeper, another
from journal.postgresql.observing.unread import unread
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
        keeping.install(session)
        held = [one for one in schema.values() if one.kind in HELD]
        with _unhidden(session, run, held, wait) as (bare, let_go):
            kept, tables = _begin(session, holder, keeper, run, schema, bare, let_go)
        session.run("BEGIN")
        keeping.put_start(session, kept)
        session.run("COMMIT")
        # Less than the server's deadlock_timeout: it must never be the program that gives way.
        holder.run("SET LOCAL lock_timeout = '200ms'")
        gate = Gate(session, run, kept.snapshot, tables, _sizes(holder, tables))
        gate.close(Sleeper(holder))
        asleep = Sleeper(keeper)
        asleep.sleep()
        return Watching(session, run, asleep, gate, since=kept.since)
    except BaseException as error:
        if session.in_transaction:
            session.run("ROLLBACK")
        holder.raw.close()
        keeper.raw.close()
        if isinstance(error, StatementFailed) and error.sqlstate == "53200":
            raise Refused(
                f"the server has no room for a lock on each table: {error.message}",
                hint="Raise max_locks_per_transaction, which takes a restart of the server.",
            ) from error
        raise


def written(session: Session) -> dict[int, tuple[tuple[int, int, int], int]]:
    """Return, by oid, the rows that were ever written to tables, and the file they stand in."""
    session.query("SELECT pg_stat_clear_snapshot()")
    return {oid: ((i, u, d), file) for oid, i, u, d, file in session.query(_WRITTEN)}


def _begin(
    session: Session,
    holder: Session,
    keeper: Session,
    run: str,
    schema: Schema,
    held: Sequence[SchemaObject],
    let_go: Callable[[], None],
) -> tuple[Kept, Mapping[int, SchemaObject]]:
    holder.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    _hold(holder, session, held)
    # Counted before the snapshot: what comes in between is counted once more, and looked at.
    counted = written(session)
    keeper.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    ((snapshot, floor, since, began),) = keeper.query(_MOMENT)
    let_go()
    import_snapshot(holder, snapshot)
    hold_indexes(holder, held)
    # Reading definitions locks what they speak of; rolling back to a savepoint lets go of it.
    keeper.run("SAVEPOINT clew_reading")
    named = _named(keeper, schema)
    hangs = edges(keeper)
    beside = unread(keeper)
    stood = places.standing(keeper, schema)
    oids = {one.object.id: oid for (_, oid), one in named.items() if one.object.kind in HELD}
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
        unread=beside,
    )
    gated = {one.id for one in held}
    return kept, {oid: schema[i] for i, oid in oids.items() if i in gated}


@contextmanager
def _unhidden(
    session: Session, run: str, held: Sequence[SchemaObject], wait: float
) -> Iterator[tuple[Sequence[SchemaObject], Callable[[], None]]]:
    """Yield the tables whose rows no policy hides; others are copied at once.

    The policies of these bind even their owner, and are off while nobody else can see it. They
    stay locked until they are let go of.
    """
    ruled = [one for one in held if one.definition.get("force_rls")]
    oids = {one.id: _oid(session, one) for one in held if "rls" in one.definition}
    refuse_hidden(session, oids.values())
    if not ruled:
        yield held, lambda: None
        return
    reader = another(session, name(run), lock_timeout=wait)
    try:
        reader.run("BEGIN")
        with uncovered(reader, [oids[one.id] for one in ruled if one.id in oids]):
            for one in ruled:
                reader.run("; ".join(copying(reader, run, one, _oid(session, one))))
        yield [one for one in held if one not in ruled], partial(_commit, reader)
    finally:
        reader.raw.close()


def _sizes(session: Session, oids: Iterable[int]) -> dict[int, int]:
    query = "SELECT x.oid::int8, coalesce(pg_table_size(x.oid), 0) FROM unnest(%s::oid[]) x(oid)"
    return dict(session.query(query, (list(oids),)))


def _commit(session: Session) -> None:
    session.run("COMMIT")


def _oid(session: Session, table: SchemaObject) -> int:
    found = session.value("SELECT to_regclass(%s)::oid::int8", (quote(*table.path),))
    if found is None:
        raise _drifted(f"table {'.'.join(table.path)}")
    return int(found)


def _hold(holder: Session, session: Session, held: Sequence[SchemaObject]) -> None:
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
