"""Putting sequences where they are wanted, within the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from journal.effect import Effect
from journal.postgresql import places
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.hidden import uncovered
from journal.values import SequenceState

_USES = """
WITH use AS (
    SELECT d.objid AS seq, d.refobjid AS tab, d.refobjsubid AS num
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
    JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
    WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
      AND d.refclassid = 'pg_catalog.pg_class'::regclass)
SELECT u.seq::int8, u.tab::int8, n.nspname, c.relname, a.attname,
       q.seqincrement, q.seqmin, q.seqmax
FROM use u JOIN pg_catalog.pg_class c ON c.oid = u.tab
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = u.tab AND a.attnum = u.num
JOIN pg_catalog.pg_sequence q ON q.seqrelid = u.seq
WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  AND u.seq IN (SELECT seq FROM use WHERE tab = ANY (%s::oid[])) ORDER BY 1, 2, 5
"""


class Use(msgspec.Struct, frozen=True):
    """A column that takes its values from a sequence, and the bounds of that."""

    sequence: int
    oid: int
    schema: str
    table: str
    column: str
    increment: int
    least: int
    most: int


def put(
    session: Session,
    catalog: Catalog,
    tables: Sequence[int],
    wanted: Mapping[int, SequenceState],
) -> Effect:
    """Put the sequences that tables take values from where they are wanted, or leave them.

    None is left behind a value that a row bears already.
    """
    oids = [oid for one in tables if (oid := catalog.relation(one)) is not None]
    uses = [Use(*row) for row in session.query(_USES, (oids,))]
    states = dict(wanted)
    known = {identity: one for one in uses if (identity := catalog.id_of(one.sequence))}
    there = [one for i in known.keys() | states.keys() if (one := catalog.get(i)) is not None]
    before = places.read(session, there)
    after = {i: states.get(i, state) for i, state in before.items()}
    with uncovered(session, {one.oid for one in uses}):
        for use in uses:
            identity = catalog.id_of(use.sequence)
            if identity is not None:
                after[identity] = _beyond(session, use, after[identity])
    moves = places.moves(before, after)
    for move in moves:
        one = catalog.get(move.object)
        assert one is not None
        places.move(session, one, move.after)
    catalog.refresh()
    return Effect(sequences=moves)


def _beyond(session: Session, use: Use, state: SequenceState) -> SequenceState:
    """Return a place from which the next value is one that no row bears yet."""
    extreme = "max" if use.increment > 0 else "min"
    found = session.value(
        f"SELECT {extreme}({quote(use.column)})::int8 FROM {quote(use.schema, use.table)}"
    )
    last = state.last_value
    if found is None or last is None or not use.least <= found <= use.most:
        return state
    beyond = found > last if use.increment > 0 else found < last
    if beyond or (found == last and not state.is_called):
        return SequenceState(last_value=found, is_called=True)
    return state
