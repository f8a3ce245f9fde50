"""Statements of one SQLAlchemy connection, routed to a block for as long as it is open.

The hooks are installed once for each dialect and stay; they let pass what is no block's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol

import msgspec
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ExecuteStyle

from journal.errors import Refused
from journal.given import Given, Values


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """A statement on its way to the driver, and who waits for its rows.

    ``do`` gives the driver a text, ``sql`` or the first statement of it.
    """

    cursor: Any
    sql: str
    values: Values | None
    context: Any
    do: Callable[[str], None]

    def given(self, *, buffered: bool) -> Given:
        """Return the statement as the journal takes it.

        ``buffered`` reads the rows at once and keeps them for SQLAlchemy: half-read, they would
        hold up what comes next, and on SQLite the statement would not have ended.
        """
        return Given(
            sql=self.sql,
            values=self.values,
            perform=self._perform_buffered if buffered else self._perform,
        )

    def _perform(self) -> int:
        self.do(self.sql)
        return int(self.cursor.rowcount)

    def _perform_buffered(self) -> int:
        self.do(self.sql)
        many = self.context.execute_style is ExecuteStyle.INSERTMANYVALUES
        asked = self.sql.lstrip()[:6].upper().startswith(("SELECT", "WITH"))
        default = asked and (many or self.sql != self.context.statement)  # read off the cursor
        if self.cursor.description is not None and not default:
            try:
                rows = self.cursor.fetchall()
            except BaseException:
                self.cursor.close()  # half read, what it wrote would be counted later only
                raise
            if many:
                self.context.fetchall_for_returning = lambda _: rows
            else:
                kept = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)
                self.context.cursor_fetch_strategy = kept
        return int(self.cursor.rowcount)


class Taker(Protocol):
    """What takes the statements of a connection."""

    def take(self, one: Routed) -> None:
        """Run a statement, in the driver's stead."""

    def refuse_commit(self, connection: Connection) -> None:
        """Hear that the program is about to commit."""

    def rolled_back(self, connection: Connection) -> None:
        """Hear that the program rolls back."""


_open: dict[int, Taker] = {}
"""By the driver's connection."""
_installing = Lock()


@contextmanager
def routed(connection: Connection, taker: Taker) -> Iterator[None]:
    """Route what is executed on ``connection`` to ``taker`` within the block.

    Raises:
        Refused: another block is open on it.
    """
    key = id(connection.connection.driver_connection)
    if key in _open:
        raise Refused(
            "a recorded block is open on the connection already",
            hint="End it first: a block is one run in one transaction, and holds no other.",
        )
    _install(connection.dialect)
    hooks = (("commit", taker.refuse_commit), ("rollback", taker.rolled_back))
    _open[key] = taker
    for name, hook in hooks:
        event.listen(connection, name, hook)
    try:
        yield
    finally:
        for name, hook in hooks:
            event.remove(connection, name, hook)
        del _open[key]


def _install(dialect: Dialect) -> None:
    hooks: Sequence[tuple[str, Callable[..., bool]]] = (
        ("do_execute", _execute),
        ("do_executemany", _executemany),
        ("do_execute_no_params", _execute_no_params),
    )
    with _installing:
        for name, hook in hooks:
            if not event.contains(dialect, name, hook):
                event.listen(dialect, name, hook)


def _execute(cursor: Any, sql: str, values: Any, context: Any) -> bool:
    def do(text: str) -> None:
        context.dialect.do_execute(cursor, text, values, context)

    return _take(cursor, sql, values, context, do)


def _executemany(cursor: Any, sql: str, rows: Any, context: Any) -> bool:
    def do(text: str) -> None:
        context.dialect.do_executemany(cursor, text, rows, context)

    return _take(cursor, sql, rows[0] if rows else (), context, do)


def _execute_no_params(cursor: Any, sql: str, context: Any) -> bool:
    def do(text: str) -> None:
        context.dialect.do_execute_no_params(cursor, text, context)

    return _take(cursor, sql, None, context, do)


def _take(
    cursor: Any, sql: str, values: Values | None, context: Any, do: Callable[[str], None]
) -> bool:
    """Hand a statement to the block that it belongs to; tell whether there is one."""
    taker = _open.get(id(cursor.connection))
    if taker is None:
        return False
    taker.take(Routed(cursor=cursor, sql=sql, values=values, context=context, do=do))
    return True
