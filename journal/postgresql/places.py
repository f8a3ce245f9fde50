"""Where sequences stand. What they hand out is not taken back with a transaction.

Only sequences that this session itself moved are looked at afterwards: it holds a lock on each
of them until its transaction ends. They are put back only where nobody else can have taken a
value meanwhile, for a value handed out twice would be worse than one left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from journal.effect import Schema
from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.values import ObjectChange, SchemaObject, SequenceMove, SequenceState

Places = dict[int, SequenceState]

_TOUCHED = """
SELECT DISTINCT c.oid::int8, c.relkind::text, quote_ident(c.relname),
    c.relkind = 'f' AND l.mode = 'AccessExclusiveLock'
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND c.relpersistence <> 't' AND CASE c.relkind
    WHEN 'S' THEN l.mode NOT IN ('AccessShareLock', 'RowShareLock')
    WHEN 'f' THEN l.mode IN ('RowExclusiveLock', 'AccessExclusiveLock') END
"""
_ALONE = """
SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND application_name NOT LIKE 'clew %')
"""
_HELD = """
SELECT c.oid::int8 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'p')
  AND l.mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""

_HIDDEN = """
SELECT name FROM unnest(%s::text[]) name
WHERE NOT pg_catalog.has_sequence_privilege(name, 'SELECT')
"""
_OWN = """
SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class
WHERE oid = %s::regclass
"""


def read(session: Session, sequences: Iterable[SchemaObject]) -> Places:
    """Return the place of each of these sequences."""
    wanted = list(sequences)
    found: Places = {}
    for start in range(0, len(wanted), 500):
        parts = [
            f"SELECT {one.id}::int8, last_value, is_called FROM {quote(*one.path)}"
            for one in wanted[start : start + 500]
        ]
        for identity, last, called in session.query(" UNION ALL ".join(parts)):
            found[identity] = SequenceState(last_value=last, is_called=called)
    return found


def sequences(schema: Schema) -> list[SchemaObject]:
    """Return the sequences of a schema in a stable order."""
    return [one for _, one in sorted(schema.items()) if one.kind == "sequence"]


def standing(session: Session, schema: Schema) -> Places:
    """Return the place of each sequence that the session may read."""
    return read(session, readable(session, sequences(schema)))


def readable(session: Session, wanted: Sequence[SchemaObject]) -> list[SchemaObject]:
    """Return those sequences that the session may read; what it owns and never granted is its own."""
    doubtful = [one for one in wanted if not _plainly_own(session, one)]
    if not doubtful:
        return list(wanted)
    names = [quote(*one.path) for one in doubtful]
    hidden = {name for (name,) in session.query(_HIDDEN, (names,))}
    return [one for one in wanted if quote(*one.path) not in hidden]


def _plainly_own(session: Session, one: SchemaObject) -> bool:
    return "acl" not in one.definition and one.definition.get("owner") == session.raw.info.user


def touched(
    session: Session, catalog: Catalog, truncates: Callable[[], bool]
) -> list[SchemaObject]:
    """Return the sequences that this transaction moved, or may have.

    ``truncates`` tells whether the statement says TRUNCATE, which locks as DROP and ALTER do.

    Raises:
        NotKnownExact: it wrote a foreign table, which no counter shows, or may have moved a
            sequence that the session may not read.
    """
    found = []
    for oid, kind, name, altogether in session.query(_TOUCHED):
        if kind == "f" and altogether and not truncates():
            continue
        if kind == "f":
            raise NotKnownExact("foreign-table", f"rows of foreign table {name} were written")
        identity = catalog.id_of(oid)
        one = None if identity is None else catalog.get(identity)
        if one is not None and one.kind == "sequence":
            found.append(one)
    seen = readable(session, found)
    for one in found:
        if one not in seen:
            name = ".".join(one.path)
            raise NotKnownExact(
                "sequence-hidden", f"sequence {name} may have moved, and is not read"
            )
    return found


def moves(before: Mapping[int, SequenceState], after: Places) -> tuple[SequenceMove, ...]:
    """Return what moved among the sequences that were there before and still are."""
    return tuple(
        SequenceMove(object=identity, before=before[identity], after=place)
        for identity, place in sorted(after.items())
        if identity in before and before[identity] != place
    )


def lost(before: Places, changes: Iterable[ObjectChange]) -> tuple[SequenceMove, ...]:
    """Return where sequences stood that were dropped."""
    gone = [c.before.id for c in changes if c.before is not None and c.after is None]
    return tuple(
        SequenceMove(object=identity, before=before[identity], after=SequenceState())
        for identity in sorted(gone)
        if identity in before
    )


def put_back(
    session: Session,
    catalog: Catalog,
    before: Places,
    seen: Places,
    *,
    locked: frozenset[int] | None = None,
) -> list[SchemaObject]:
    """Set sequences back to ``before`` that still stand where we left them, at ``seen``.

    Returns those that could not be, since somebody else may have taken a value meanwhile.
    ``locked`` are the oids of tables that nobody else can write; those locked now by default.
    """
    moved = {i: seen[i] for i in seen if i in before and before[i] != seen[i]}
    if not moved:
        return []
    alone = bool(session.value(_ALONE))
    if locked is None:
        locked = frozenset(row[0] for row in session.query(_HELD))
    there = [one for i in moved if (one := catalog.get(i)) is not None]
    return [
        one
        for one in there
        if not (alone or _owner(catalog, one) in locked)
        or not _replaced(session, one, moved[one.id], before[one.id])
    ]


def _replaced(
    session: Session, sequence: SchemaObject, now: SequenceState, then: SequenceState
) -> bool:
    """Set a sequence to a place if it stands at another; the server looks and sets at once.

    A program may take a number from it without a lock on the table that owns it.
    """
    name = quote(*sequence.path)
    return bool(
        session.query(
            f"SELECT pg_catalog.setval(%s::regclass, %s, %s) FROM {name}"
            " WHERE last_value = %s AND is_called = %s",
            (name, then.last_value, then.is_called, now.last_value, now.is_called),
        )
    )


def place(session: Session, sequence: SchemaObject, state: SequenceState) -> None:
    """Set a sequence to a place."""
    if state.last_value is not None:
        session.query(
            "SELECT pg_catalog.setval(%s::regclass, %s, %s)",
            (quote(*sequence.path), state.last_value, state.is_called),
        )


def behind(sequence: SchemaObject, now: SequenceState, then: SequenceState) -> bool:
    """Tell whether a sequence would give numbers that it had given when it stood at ``then``."""
    if sequence.definition.get("cycle") or now.last_value is None or then.last_value is None:
        return False
    way = -1 if str(sequence.definition.get("increment", "1")).startswith("-") else 1
    return (way * now.last_value, now.is_called) < (way * then.last_value, then.is_called)


def move(session: Session, sequence: SchemaObject, state: SequenceState) -> None:
    """Set a sequence to a place that goes with the transaction, where it is the session's own.

    RESTART gives it a file of its own until the commit, and what is set then is set in that.
    """
    name = quote(*sequence.path)
    if session.value(_OWN, (name,)):
        session.run(f"ALTER SEQUENCE {name} RESTART")
    place(session, sequence, state)


def _owner(catalog: Catalog, sequence: SchemaObject) -> int | None:
    """Return the oid of the table whose column owns the sequence."""
    owned = sequence.definition.get("owned_by")
    if owned is None:
        return None
    path = tuple(owned[:2])
    for one in catalog.schema().values():
        if one.kind == "table" and one.path == path:
            return catalog.relation(one.id)
    return None
