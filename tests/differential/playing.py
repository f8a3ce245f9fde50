"""Playing a script on a program's connection, and what its statements answer.

The same code plays it with Clew and without: only the block around it differs. Each statement
runs in an SQL savepoint, so that a script goes on after those that fail. The line ``commit``
ends the block and begins another on the same connection.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from commands import recording
from journal.errors import ClewError, Refused

COMMIT = "commit"
_UNREAD = {"no_parameters": True}

Block = Callable[[Connection], AbstractContextManager[Any]]
Look = Callable[[Connection], Any]


class Outcome(NamedTuple):
    """What one statement answered, and what is to be seen after it."""

    sql: str
    answer: tuple[Any, ...]
    after: Any = None


class Played(NamedTuple):
    """What the statements of a script answered, but for those that Clew refused, by their place."""

    outcomes: tuple[Outcome, ...]
    refused: dict[int, Refused]
    end: Any = None


@contextmanager
def program(url: str) -> Iterator[Connection]:
    """Lend a connection as a program has it."""
    if url.startswith("sqlite"):
        engine = create_engine(url)
        _own_transactions(engine)
    else:  # a statement that was prepared is not read again under other settings
        settings = {"prepare_threshold": None}
        engine = create_engine(f"postgresql+psycopg:{url.partition(':')[2]}", connect_args=settings)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _own_transactions(engine: Engine) -> None:
    """Begin transactions as SQLAlchemy advises for SQLite, so that DDL is part of them."""

    @event.listens_for(engine, "connect")
    def connect(raw: Any, _: Any) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def plainly(connection: Connection) -> Iterator[None]:
    """One transaction, as any program has it; SQLite leaves one open that could not commit."""
    try:
        with connection.begin():
            yield
    except DBAPIError:
        connection.connection.driver_connection.rollback()
        raise


@contextmanager
def recorded(connection: Connection) -> Iterator[None]:
    """One transaction of which the journal keeps record."""
    with recording(connection, actor="dana"):
        yield


def play(
    connection: Connection, statements: Sequence[str], block: Block, look: Look = lambda _: None
) -> Played:
    """Play a script; ``look`` tells what is to be seen after each statement."""
    outcomes: list[Outcome] = []
    refused: dict[int, Refused] = {}
    notices = hearing(connection)
    for part in _parts(statements):
        begun = len(outcomes)
        try:
            with block(connection):
                for place, sql in part:
                    notices.clear()
                    try:
                        found = answer(connection, sql)
                    except Refused as error:
                        refused[place] = error
                        continue
                    outcomes.append(Outcome(sql, (*found, tuple(notices)), look(connection)))
            outcomes.append(Outcome(COMMIT, ("committed",)))
        except (DBAPIError, ClewError) as error:
            del outcomes[begun:]
            outcomes.append(Outcome(COMMIT, ("not committed", error_of(error)[:3])))
    end = look(connection)
    raw: Any = connection.connection.driver_connection
    raw.rollback()
    return Played(tuple(outcomes), refused, end)


def _parts(statements: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    part: list[tuple[int, str]] = []
    for place, sql in enumerate(statements):
        if sql == COMMIT:
            yield part
            part = []
        else:
            part.append((place, sql))
    yield part


def hearing(connection: Connection) -> list[str]:
    """Return a list to which each notice is added as it comes."""
    notices: list[str] = []
    raw = connection.connection.driver_connection
    if isinstance(raw, psycopg.Connection):
        raw.add_notice_handler(
            lambda one: notices.append(f"{one.severity_nonlocalized}: {one.message_primary}")
        )
    return notices


def answer(connection: Connection, sql: str) -> tuple[Any, ...]:
    """Run a statement in an SQL savepoint of its own, and return all that it answers.

    Raises:
        Refused: Clew did not run it.
    """
    try:
        with connection.begin_nested():
            result = connection.exec_driver_sql(sql, execution_options=_UNREAD)
            cursor = result.context.cursor
            rows = [tuple(row) for row in result] if result.returns_rows else []
            if "order by" not in sql.lower():
                rows.sort(key=repr)
            named = [one[:2] for one in cursor.description or ()]
            said = getattr(cursor, "statusmessage", None), getattr(cursor, "lastrowid", None)
            return "done", named, rows, cursor.rowcount, said
    except (DBAPIError, ValueError, NotImplementedError) as error:  # the driver's own, too
        return "failed", *error_of(error)


def error_of(error: BaseException) -> tuple[Any, ...]:
    """Return what an error says to the program, in full."""
    found: Any = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(found, ClewError):
        found = found.__cause__ or found
    if isinstance(found, psycopg.Error):
        said = found.diag
        return (
            type(found).__name__,
            found.sqlstate,
            said.message_primary or str(found),
            said.message_detail,
            said.message_hint,
            said.constraint_name,
            re.sub(r"^pg_temp_\d+$", "pg_temp", said.schema_name or ""),
            said.table_name,
            said.column_name,
            said.datatype_name,
            said.statement_position,
            said.internal_query,
            said.context,
        )
    if isinstance(found, sqlite3.Error):
        code = getattr(found, "sqlite_errorname", "")
        return type(found).__name__, code, str(found)
    return type(found).__name__, "", str(found)
