"""A session with one PostgreSQL database: the raw connection, transactions, errors."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import pq

from journal.errors import ClewError, StatementFailed, Unreachable
from journal.postgresql.advice import advice
from journal.secrets import shown as shown_url
from journal.url import URL

Row = tuple[Any, ...]

_HOST = re.compile(r"([\w.-]*)(?::(\d*))?")

OLDEST = 15
"""The oldest version that is supported; 14 reached the end of its life in November 2026."""
_SETTINGS = """
SELECT set_config('lock_timeout', %s, false), CASE current_setting('synchronous_commit')
    WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
"""With commits that wait for no disk, entries that a checkpoint signed could be gone again."""


_LOCKED = "55P03"
_LOST = "08006"
"""The standard's code for a connection that failed; the driver has none for it."""


_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 6}
"""Seconds, and how often: a server that went without a word is missed after a minute and a half."""
_NOTICED = {
    "client_connection_check_interval": "2s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}
"""The same the other way round: it would hold our locks until its statement ends."""


def quote(*names: str) -> str:
    """Return a name, quoted, its parts joined by dots."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Session:
    """One connection in autocommit mode; BEGIN and COMMIT are ours."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self.raw = raw
        self._half_read: Generator[bytes, None, None] | None = None
        self.trace: list[str] | None = None

    def query(self, sql: str, params: Any = None) -> list[Row]:
        """Run a query of ours with bound parameters and return its rows."""
        with mapped():
            cursor = self.raw.execute(sql.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, params: Any = None) -> Any:
        """Return the first value of the first row, or ``None``."""
        rows = self.query(sql, params)
        return rows[0][0] if rows else None

    def run(self, sql: str) -> int:
        """Run one statement as it stands, no placeholder read into it; return its row count."""
        if self.trace is not None:
            self.trace.append(sql)
        with mapped():
            return self.raw.execute(sql.encode()).rowcount

    def run_through(self, sql: str) -> int:
        """Run a query of the user's to its end, keeping no row; return how many there were."""
        with mapped(), self.raw.cursor() as cursor:
            return sum(1 for _ in cursor.stream(sql.encode()))

    def plan(self, sql: str) -> Any:
        """Return the server's plan for a statement, which does not run."""
        return self.value(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}")

    def copy(self, sql: str, data: str) -> int:
        """Run COPY ... FROM STDIN with its data; return the number of rows."""
        with mapped(), self.raw.cursor() as cursor:
            with cursor.copy(sql.encode()) as copying:
                copying.write(data)
            return cursor.rowcount

    def copy_out(self, sql: str, *, size: int) -> Iterator[bytes]:
        """Run COPY ... TO STDOUT; yield blocks of whole rows, of ``size`` bytes or a row more."""
        self._half_read = self._copied(sql, size)
        return self._half_read

    def let_go(self) -> None:
        """End what is half read, though an exception on its way still holds it."""
        if self._half_read is not None:
            self._half_read.close()
            self._half_read = None

    def _copied(self, sql: str, size: int) -> Generator[bytes, None, None]:
        with mapped(), self.raw.cursor() as cursor, cursor.copy(sql.encode()) as copying:
            rows: list[bytes | bytearray | memoryview] = []
            held = 0
            for row in copying:
                rows.append(row)
                held += len(row)
                if held >= size:
                    yield b"".join(rows)
                    rows.clear()
                    held = 0
            if rows:
                yield b"".join(rows)

    def copy_in(self, sql: str, pages: Iterable[str | bytes]) -> int:
        """Run COPY ... FROM STDIN with data that comes in pages; return the number of rows."""
        with mapped(), self.raw.cursor() as cursor:
            with cursor.copy(sql.encode()) as copying:
                for page in pages:
                    copying.write(page)
            return cursor.rowcount

    def stream(self, sql: str, params: Any = None, *, size: int = 1000) -> Iterator[Row]:
        """Yield rows through a cursor on the server; within a transaction."""
        with mapped(), self.raw.cursor(name="clew_stream", binary=True) as cursor:
            cursor.itersize = size
            cursor.execute(sql.encode(), params)
            yield from cursor

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, also one that failed."""
        return self.raw.info.transaction_status in (
            pq.TransactionStatus.INTRANS,
            pq.TransactionStatus.INERROR,
            pq.TransactionStatus.ACTIVE,
        )

    @property
    def failed(self) -> bool:
        """Tell whether the open transaction can only be rolled back."""
        return self.raw.info.transaction_status == pq.TransactionStatus.INERROR

    @contextmanager
    def point(self, name: str = "clew_point") -> Iterator[None]:
        """Set an SQL savepoint and release it; an error takes the session back to it."""
        self.run(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if not self.raw.closed:
                self.back_to(name)
                self.run(f"RELEASE {name}")
            raise
        self.run(f"RELEASE {name}")

    def back_to(self, name: str = "clew_point") -> None:
        """Take the session back to an SQL savepoint, which stays."""
        self.run(f"ROLLBACK TO {name}")


def connect(url: URL, *, lock_timeout: float, holder: str) -> Session:
    """Open a session.

    Raises:
        Unreachable: no such server or database, it will not let us in, or it is too old.
    """
    ours: dict[str, Any] = {
        "application_name": f"clew {holder}"[:63],
        "connect_timeout": 10,
        "client_encoding": "utf8",
        **{name: value for name, value in _ALIVE.items() if name not in url.query},
    }
    try:
        raw = psycopg.connect(**{**parameters(url), **ours}, autocommit=True)
    except psycopg.Error as error:
        raise Unreachable(
            f"cannot reach {shown_url(url)}: {_line(str(error))}",
            hint="Is the server running, and are host, port, user and password right?",
        ) from None
    try:
        check_version(raw)
    except Unreachable:
        raw.close()
        raise
    raw.prepare_threshold = None
    session = Session(raw)
    session.query(_SETTINGS, (f"{int(lock_timeout * 1000)}ms",))
    _notice_our_end(session)
    return session


def _notice_our_end(session: Session) -> None:
    """Let the server end a statement whose client was killed, or whose machine is gone."""
    each = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _NOTICED.items())
    with suppress(StatementFailed):  # servers on other systems may not be able to look
        session.query(f"SELECT {each}")


def parameters(url: URL) -> dict[str, str]:
    """Return what libpq is told of a database; ``?host=a:1&host=b:2`` names several servers."""
    found = {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in url.query.items()
    }
    named = url.query.get("host", ())
    hosts = [_HOST.fullmatch(one) for one in ((named,) if isinstance(named, str) else named)]
    if all(hosts) and any(one and one[2] for one in hosts):
        found["host"] = ",".join(one[1] for one in hosts if one)
        found["port"] = ",".join(one[2] or "" for one in hosts if one)
    told = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    return {name: str(value) for name, value in told.items() if value} | found


def check_version(raw: psycopg.Connection[Row]) -> None:
    """Raise ``Unreachable`` where the server lacks catalogs that are read."""
    found = raw.info.server_version // 10000
    if found < OLDEST:
        raise Unreachable(
            f"expected PostgreSQL {OLDEST} or later, found {found}",
            hint="Older servers are no longer maintained: upgrade the server first.",
        )


@contextmanager
def mapped() -> Iterator[None]:
    """Turn errors of the driver into ours; a message never repeats values of rows."""
    try:
        yield
    except ClewError:
        raise
    except psycopg.Error as error:
        raise failed(error) from error


def failed(error: psycopg.Error) -> StatementFailed:
    """Word an error of the driver as ours, and what to do about it."""
    state = error.sqlstate or ""
    lost = isinstance(error, psycopg.OperationalError) and not state
    said = str(error)
    if state != _LOCKED:  # of a lock the context tells on which table
        said = error.diag.message_primary or (said.splitlines() or [type(error).__name__])[0]
    hint = advice(_LOST if lost else state) or error.diag.message_hint or ""
    return StatementFailed(_line(said), sqlstate=_LOST if lost else state, hint=hint)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
