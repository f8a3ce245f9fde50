"""Letting tables hold exactly the rows that are given; only rows that differ are written.

Foreign keys are off, or put off to the end: then rows that go are deleted after those that
change, so that what a key drags along are rows that go anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from journal.effect import Effect
from journal.errors import Refused, StatementFailed
from journal.errors import rows as in_words
from journal.replacing import Content, Replaced, Replacing
from journal.sqlite import counters, references, wanted
from journal.sqlite.connection import Session, quote
from journal.sqlite.schema import Catalog
from journal.sqlite.wanted import Staged
from journal.sqlite.watch import Watch
from journal.sqlite.written import silent, triggers_on
from journal.values import SchemaObject, SequenceState, TableRows

_HINT = "Restore that table too, or let its rows refer to others."


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
    """
    before = counters.read(session, catalog.objects)
    tables = [one.table for one in contents]
    keys = bool(session.value("PRAGMA foreign_keys"))
    watch.unwatch()
    quiet = {table.id: triggers_on(session, [table]) for table in tables}
    with silent(session, tables):
        work = [wanted.staged(session, one) for one in contents]
        found = [
            wanted.counted(session, one, tuple(name for name, _ in quiet[one.shape.identity]))
            for one in work
        ]
        for one in work:
            wanted.tell(session, one, how)
        _refuse_referred(session, catalog, work)
        rows = _exchange(session, watch, tables, work, foreign_keys=keys)
        watch.unwatch()
        for one in work:
            session.run(f"DROP TABLE {one.coming}")
            session.run(f"DROP TABLE {one.going}")
    if keys:
        references.check(session, catalog, {table.id for table in tables})
    how.prove()
    moves = counters.moves(before, counters.read(session, catalog.objects))
    return Replaced(effect=Effect(rows=rows, sequences=moves), tables=tuple(found))


def put_counters(
    session: Session,
    catalog: Catalog,
    tables: Sequence[SchemaObject],
    states: Mapping[int, SequenceState],
) -> Effect:
    """Put AUTOINCREMENT counters where they are wanted, none behind a rowid that is there."""
    before = counters.read(session, catalog.objects)
    for table in tables:
        if table.id not in before:
            continue
        state = states.get(table.id, before[table.id])
        most = session.value(f"SELECT max(rowid) FROM main.{quote(table.path[0])}")
        if most is not None and most > max(state.last_value or 0, 0):
            state = SequenceState(last_value=most)
        if state != before[table.id]:
            counters.put(session, table.path[0], state)
    return Effect(sequences=counters.moves(before, counters.read(session, catalog.objects)))


# --- writing ------------------------------------------------------------------------------


def _exchange(
    session: Session,
    watch: Watch,
    tables: Sequence[SchemaObject],
    work: Sequence[Staged],
    *,
    foreign_keys: bool,
) -> tuple[TableRows, ...]:
    """Write what differs: rows that change in place, or where that collides all of them anew."""
    ways = (_in_place,) if foreign_keys else (_in_place, _anew)
    session.run("PRAGMA defer_foreign_keys = ON")
    for way in ways:
        watch.watch(tables)
        try:
            with session.point():
                way(session, work)
        except StatementFailed as error:
            if way is not ways[-1] and isinstance(error.__cause__, sqlite3.IntegrityError):
                continue
            raise Refused(
                f"the rows of the backup cannot stand here: {error.message}",
                hint="Was a constraint added, or did a row go that they refer to?",
            ) from error
        return watch.collect()
    raise AssertionError


def _in_place(session: Session, work: Sequence[Staged]) -> None:
    for one in work:
        _update(session, one)
    for one in _children_first(session, work):
        _delete(session, one, but_changed=True)
    for one in work:
        _insert(session, one, but_changed=True)


def _anew(session: Session, work: Sequence[Staged]) -> None:
    for one in work:
        _delete(session, one, but_changed=False)
    for one in work:
        _insert(session, one, but_changed=False)


def _update(session: Session, one: Staged) -> None:
    alias = {quote(column.name) for column in one.shape.key} if not one.shape.rowid else set()
    if one.shape.alias:
        alias = {quote(one.shape.alias)}
    sets = [f"{name} = b.c{n}" for n, name in enumerate(one.shape.names) if name not in alias]
    if sets:
        session.run(
            f"UPDATE {one.table} AS t SET {', '.join(sets)} FROM {one.coming} b"
            f" JOIN {one.going} a ON {one.same_place('a', 'b')} WHERE {one.place('t', 'b')}"
        )


def _delete(session: Session, one: Staged, *, but_changed: bool) -> None:
    stays = (
        f" AND NOT EXISTS (SELECT 1 FROM {one.coming} b WHERE {one.same_place('a', 'b')})"
        if but_changed
        else ""
    )
    if one.shape.rowid:
        session.run(
            f"DELETE FROM {one.table} WHERE {one.shape.rowid} IN"
            f" (SELECT a.rid FROM {one.going} a WHERE 1{stays})"
        )
        return
    session.run(
        f"DELETE FROM {one.table} AS t WHERE EXISTS"
        f" (SELECT 1 FROM {one.going} a WHERE {one.place('t', 'a')}{stays})"
    )


def _insert(session: Session, one: Staged, *, but_changed: bool) -> None:
    columns, values = list(one.shape.names), [f"b.{name}" for name in one.columns]
    if one.shape.rowid and not one.shape.alias:
        columns.insert(0, one.shape.rowid)
        values.insert(0, "b.rid")
    there = (
        f" WHERE NOT EXISTS (SELECT 1 FROM {one.going} a WHERE {one.same_place('a', 'b')})"
        if but_changed
        else ""
    )
    session.run(
        f"INSERT INTO {one.table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM {one.coming} b{there} ORDER BY b.rowid"
    )


def _children_first(session: Session, work: Sequence[Staged]) -> list[Staged]:
    """Order tables so that each comes before those it refers to, as far as cycles allow."""
    names = {one.shape.table.lower(): one for one in work}
    children = {
        name: {
            child
            for child in names
            if child != name
            and name in {key[0] for key in _keys(session, names[child].shape.table)}
        }
        for name in names
    }
    ordered: list[Staged] = []
    while children:
        free = [name for name, below in children.items() if not below & children.keys()]
        for name in free or [min(children)]:
            ordered.append(names[name])
            del children[name]
    return ordered


# --- what refers to rows that go ----------------------------------------------------------


def _keys(session: Session, table: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the foreign keys of a table: the parent, and pairs of its column and the parent's."""
    found: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    sql = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, parent, own, theirs in session.run(sql, (table,)):
        pairs = found.setdefault(number, (str(parent).lower(), []))[1]
        pairs.append((own, theirs or _primary_key(session, parent, len(pairs))))
    return list(found.values())


def _primary_key(session: Session, table: str, place: int) -> str:
    sql = "SELECT name FROM pragma_table_info(?) WHERE pk = ?"
    return str(session.value(sql, (table, place + 1)) or "")


def _refuse_referred(session: Session, catalog: Catalog, work: Sequence[Staged]) -> None:
    """Let no row go that a row of another table refers to.

    Raises:
        Refused: one does; names the tables.
    """
    names = {one.shape.table.lower(): one for one in work}
    for table in catalog.objects.values():
        if table.kind != "table" or table.path[0].lower() in names:
            continue
        for parent, pairs in _keys(session, table.path[0]):
            one = names.get(parent)
            if one and (count := _referring(session, table.path[0], one, pairs)):
                raise Refused(
                    f"{in_words(count)} of {table.path[0]} refer to rows of {one.shape.table}"
                    " that would go",
                    hint=_HINT,
                )


def _referring(session: Session, child: str, one: Staged, pairs: Sequence[tuple[str, str]]) -> int:
    numbers = {column.name.lower(): n for n, column in enumerate(one.shape.columns)}
    if any(theirs.lower() not in numbers for _, theirs in pairs):
        return 0

    own = ", ".join(f"c.{quote(name)}" for name, _ in pairs)
    theirs = [f"x.c{numbers[name.lower()]}" for _, name in pairs]
    chosen = f"SELECT {', '.join(theirs)} FROM {{}} x"
    whole = " AND ".join(f"{name} IS NOT NULL" for name in theirs)
    return int(
        session.value(
            f"SELECT count(*) FROM main.{quote(child)} c"
            f" WHERE ({own}) IN ({chosen.format(one.going)})"
            f" AND ({own}) NOT IN ({chosen.format(one.coming)} WHERE {whole})"
        )
    )
