"""A database on the connection of a program: its own driver's, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Dialect

from journal.database import Database
from journal.errors import Refused

_DRIVERS = ("postgresql+psycopg", "sqlite+pysqlite")


def refuse_driver(dialect: Dialect) -> str:
    """Return the name of a database with its driver.

    Raises:
        Refused: it is another driver than psycopg and sqlite3.
    """
    found = f"{dialect.name}+{dialect.driver}"
    if found not in _DRIVERS:
        raise Refused(
            f"expected a connection of psycopg or sqlite3, found {found}",
            hint="Use postgresql+psycopg:// or sqlite://, or record the whole program with:"
            " clew record -- COMMAND.",
        )
    return found


@contextmanager
def adopted(connection: Connection, *, lock_timeout: float) -> Iterator[Database]:
    """Yield a session on the connection under ``connection``, and hand it back as it was.

    Between the two only the session may begin and end transactions.

    Raises:
        Refused: as ``refuse_driver`` does, or the connection is set up so that the capture
            could not be exact.
        TransactionOpen: a transaction is open on it.
    """
    driver = refuse_driver(connection.dialect)
    raw = connection.connection.driver_connection
    if driver == "sqlite+pysqlite":
        from journal.sqlite.adopting import adopt as sqlite  # noqa: PLC0415 - only what is used

        with sqlite(raw) as found:
            yield found
        return
    from journal.postgresql.adopting import adopt as postgresql  # noqa: PLC0415

    with postgresql(raw, lock_timeout=lock_timeout) as database:
        yield database
