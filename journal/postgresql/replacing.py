"""Letting tables hold exactly the rows that are given: as the undoing of what led from these.

The rows are staged as text and held against the table by the server. What differs is the work of
``exchange``, as if a statement had made the live rows of those that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

from journal.effect import Effect
from journal.errors import ChangedSince, NotExact, Refused, StatementFailed
from journal.postgresql import differing, places
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.exchange import exchange
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import shape_of
from journal.postgresql.referring import refuse_referred
from journal.postgresql.sides import Side, alike
from journal.postgresql.wanted import staged
from journal.postgresql.watch import Uncaptured, Watch
from journal.postgresql.written import firing, silent
from journal.replacing import Content, Replaced, Replacing
from journal.values import TableRows

_DEFERRED = """
SELECT n.nspname, k.conname FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE n.nspname !~ '^pg_' GROUP BY 1, 2 HAVING bool_and(k.condeferrable) AND bool_or(k.condeferred)
"""


def replace(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    contents: Sequence[Content],
    how: Replacing,
) -> Replaced:
    """Let tables hold these rows, and capture what that changes.

    Raises:
        Refused: a constraint, or a row elsewhere, does not allow for them.
        NotExact: they did not come in as they are.
    """
    before = places.standing(session, catalog.schema())
    watch.rebase()
    work = [(one, oid) for one in contents if (oid := _oid(session, catalog, one)) is not None]
    oids = [oid for _, oid in work]
    watch.watch(oids)
    session.run("SET CONSTRAINTS ALL IMMEDIATE")  # what waits would keep triggers from being set
    with uncovered(session, oids), plain(session):
        quiet = {oid: tuple(row[3] for row in firing(session, [oid])) for oid in oids}
        with silent(session, oids):
            sides = [staged(session, shape_of(session, c.table, oid), c) for c, oid in work]
            found = [differing.counted(session, one, quiet[one.shape.oid]) for one in sides]
            for side in sides:
                differing.tell(session, side, how)
            refuse_referred(session, sides)
            rows = _exchange(session, watch, [s for s in sides if _differs(session, s)])
        for side in sides:
            session.run(f"DROP TABLE {side.before_table}, {side.after_table}")
        how.prove()
    _defer_again(session)
    if catalog.refresh(expected=catalog.schema()):  # constraints may have been off meanwhile
        raise NotExact("the tables did not come back as they were")
    after = places.standing(session, catalog.schema())
    effect = Effect(rows=rows, sequences=places.moves(before, after))
    return Replaced(effect=effect, tables=tuple(found))


def _oid(session: Session, catalog: Catalog, content: Content) -> int | None:
    """Return where a table stands; ``None`` where it has no rows of its own."""
    oid = catalog.relation(content.table.id)
    if oid is None:
        raise NotExact(f"table {'.'.join(content.table.path)} is not there")
    sql = "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = %s"
    return None if session.value(sql, (oid,)) else oid


def _defer_again(session: Session) -> None:
    """Let constraints wait that are declared to: statements after these may count on it."""
    names = [quote(*row) for row in session.query(_DEFERRED)]
    if names:
        session.run(f"SET CONSTRAINTS {', '.join(names)} DEFERRED")


def _exchange(session: Session, watch: Watch, sides: Sequence[Side]) -> tuple[TableRows, ...]:
    whole = any(alike(session, side) for side in sides)
    try:
        exchange(session, sides, again=watch.rebase, whole=whole)
        return watch.collect()
    except Uncaptured as error:
        raise Refused(
            f"rows of {error.table} would go or change along with those restored",
            hint="Restore that table too, or let its rows refer to others.",
        ) from error
    except (ChangedSince, NotExact) as error:
        if not isinstance(error.__cause__, StatementFailed):
            raise
        raise Refused(
            f"the rows of the backup cannot stand here: {_said(error.__cause__)}",
            hint="Was a constraint added, or did a row go that they refer to?",
        ) from error


def _said(error: StatementFailed) -> str:
    """Say what the database said, where that does not quote a value of a row."""
    return (
        "a column does not take a value of them"
        if error.sqlstate.startswith("22")
        else error.message
    )


def _differs(session: Session, side: Side) -> bool:
    names = (side.before_table, side.after_table)
    return any(session.value(f"SELECT EXISTS (SELECT FROM {name})") for name in names)
