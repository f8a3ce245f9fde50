"""A database on the connection of a program: its own driver's, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from journal.database import Database
from journal.errors import Refused


@contextmanager
def adopted(connection: Connection, *, lock_timeout: float) -> Iterator[Database]:
    """Yield a session on the connection under ``connection``, and hand it back as it was.

    Between the two only the session may begin and end transactions.

    Raises:
        Refused: it is no connection of psycopg or sqlite3, or it is set up so that the capture
            could not be exact.
        TransactionOpen: a transaction is open on it.
    """
    driver = f"{connection.dialect.name}+{connection.dialect.driver}"
    raw = connection.connection.driver_connection
    match driver:
        case "postgresql+psycopg":
            from journal.postgresql.adopting import adopt as postgresql  # noqa: PLC0415

            with postgresql(raw, lock_timeout=lock_timeout) as database:
                yield database
        case "sqlite+pysqlite":
            from journal.sqlite.adopting import adopt as sqlite  # noqa: PLC0415 - only what is used

            with sqlite(raw) as found:
                yield found
        case _:
            raise Refused(
                f"expected a connection of psycopg or sqlite3, found {driver}",
                hint="Use postgresql+psycopg:// or sqlite://, or record the whole program with:"
                " clew record -- COMMAND.",
            )
