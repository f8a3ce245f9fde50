"""From a URL to a session with a database, and to the journal in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.database import Database
from journal.errors import NotFound, Usage
from journal.session import OpenJournal
from journal.store import Clock, utc_now
from journal.url import URL, Rendered, read_url

LOCK_TIMEOUT = 5.0
"""Seconds to wait for a lock before giving up."""


def parse_url(text: str | Rendered) -> URL:
    """Return the URL of a database Clew knows; ``postgres://`` is taken as PostgreSQL.

    Raises:
        Usage: it is no URL, or of another database.
    """
    try:
        url = read_url(
            text if isinstance(text, str) else text.render_as_string(hide_password=False)
        )
    except ValueError:
        raise Usage(
            "the database URL cannot be read",
            hint="Write sqlite:///path/to/file.db or postgresql://user@host/database.",
        ) from None
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise Usage(
                f"expected a sqlite or postgresql URL, found {other}",
                hint="Clew keeps journals in SQLite files and PostgreSQL databases.",
            )


def connect(
    url: URL, *, lock_timeout: float = LOCK_TIMEOUT, create: bool = False, holder: str = ""
) -> Database:
    """Open a session with the database of ``url``.

    ``create`` makes a SQLite file that is not there. ``holder`` introduces this session to
    others that wait for it.

    Raises:
        Unreachable: no such file or server, or it will not let us in.
    """
    if url.get_backend_name() == "sqlite":
        from journal.sqlite.database import connect as sqlite  # noqa: PLC0415 - only what is used

        return sqlite(url, lock_timeout=lock_timeout, create=create)
    from journal.postgresql.database import connect as postgresql  # noqa: PLC0415

    return postgresql(url, lock_timeout=lock_timeout, holder=holder)


@contextmanager
def open_journal(
    url: str | Rendered, *, lock_timeout: float = LOCK_TIMEOUT, clock: Clock = utc_now
) -> Iterator[OpenJournal]:
    """Open the journal that stands in the database of ``url``, and close it at the end.

    Raises:
        Usage, Unreachable: as ``parse_url`` and ``connect`` do.
        NotFound: the database holds no journal.
        Refused: the journal is of a newer format than this release knows.
    """
    parsed = url if isinstance(url, URL) else parse_url(url)
    database = connect(parsed, lock_timeout=lock_timeout)
    try:
        yield journal_in(database, clock=clock)
    finally:
        database.close()


def journal_in(database: Database, *, clock: Clock = utc_now) -> OpenJournal:
    """Return the journal that stands in an open database.

    Raises:
        NotFound: there is none.
    """
    identity = database.identity()
    if identity is None:
        raise NotFound(
            "expected a journal in this database, found none",
            hint="Create one with: clew init",
        )
    return OpenJournal(database, identity, clock=clock)
