"""A copy of a PostgreSQL database that stays: it gets its name when it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from journal.errors import Busy, Refused, StatementFailed, Usage
from journal.postgresql.connection import Session, quote
from journal.postgresql.scratch import copying, emptying, making, programs
from journal.scratch import Lasting, Wanted
from journal.url import URL

PREFIX = "clew_checkout_"
"""Begins the name that a database bears while it is made."""
SIGN = 7_240_417
"""A large object that stands in a database of the asker's own while it is filled, and its lock.

It is in nobody's schema, and may be made by whoever may connect.
"""
_THERE = "SELECT oid::int8 FROM pg_catalog.pg_database WHERE datname = %s"
_CONNECTED = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = %s"
_EMPTY = "Name a database with nothing in it, or one that is not there yet."


@contextmanager
def lasting_copy(url: URL, to: URL, wanted: Wanted) -> Iterator[Lasting]:
    """Copy a database; as ``journal.copying.lasting_copy``."""
    into = _into if expect_nothing(url, to, wanted) else _new
    with into(url, to, wanted) as copy:
        yield copy


def expect_nothing(url: URL, to: URL, wanted: Wanted) -> bool:
    """Tell whether the database is there, and empty.

    Raises:
        Usage: the URL names no database.
        Refused: something stands in it.
        Unreachable: there is no such server, or it will not let us in.
    """
    if not to.database:
        raise Usage("the URL names no database", hint="Write postgresql://user@host/new_database.")
    with _beside(url, to, wanted) as session:
        if session.value(_THERE, (to.database,)) is None:
            return False
    if _place(url) == _place(to) and url.database == to.database:
        raise Refused("expected an empty database, found the database itself", hint=_EMPTY)
    with making.closing_session(to, wanted.lock_timeout) as session:
        if not _is_unfinished(session):
            emptying.expect_empty(session, "database", _EMPTY)
    return True


def size_of(url: URL, wanted: Wanted) -> int:
    """Return the bytes of a database."""
    with making.closing_session(url, wanted.lock_timeout) as session:
        return int(session.value("SELECT pg_catalog.pg_database_size(current_database())"))


@contextmanager
def _new(url: URL, to: URL, wanted: Wanted) -> Iterator[Lasting]:
    """Make a database under a name of ours, the same for each attempt."""
    wish = str(to.database)
    name = PREFIX + hashlib.sha256(wish.encode()).hexdigest()[:16]
    copy = to.set(database=name)
    with making.closing_session(url, wanted.lock_timeout) as source:
        version = copying.source_version(source, wanted)
        if wanted.way == "dump":
            programs.need(version, named=wanted.programs)
        with _beside(url, to, wanted) as session:
            making.need_createdb(session, "Grant it CREATEDB, or name an empty database.")
            if session.value(_CONNECTED, (name,)):
                raise Busy(f"another command, which is making {wish}")
            session.run(f"DROP DATABASE IF EXISTS {quote(name)}")
            if wanted.way == "dump":
                making.create(session, name, source=source)
    try:
        yield _made(url, copy, wanted, version)
        with _beside(url, to, wanted) as session:
            _rename(session, name, wish)
    except BaseException:
        making.drop(_known(url, to), name, wanted.lock_timeout)
        raise


def _made(url: URL, copy: URL, wanted: Wanted, version: int) -> Lasting:
    """Fill the new database, or make it of the other one."""
    if wanted.way == "template":
        _expect_one_server(url, copy)
        making.create_from(url, str(copy.database), wanted.lock_timeout)
        return _lasting(copy, "as a template", (), wanted)
    found = programs.need(version, named=wanted.programs)
    with making.closing_session(copy, wanted.lock_timeout, "checkout") as keeper:
        made = copying.filled(url, copy, keeper, found, wanted)
    return _lasting(made.url, made.how, made.notes, wanted)


@contextmanager
def _into(url: URL, to: URL, wanted: Wanted) -> Iterator[Lasting]:
    """Fill a database of the asker's, and empty it again where that fails."""
    if wanted.way == "template":
        raise Refused(
            "a template makes a database of its own, and this one is there",
            hint="Copy with --by dump, or name a database that is not there yet.",
        )
    with making.closing_session(url, wanted.lock_timeout) as source:
        found = programs.need(copying.source_version(source, wanted), named=wanted.programs)
    with making.closing_session(to, wanted.lock_timeout, "checkout") as keeper:
        if not keeper.value("SELECT pg_catalog.pg_try_advisory_lock(%s)", (SIGN,)) or (
            _is_unfinished(keeper) and keeper.value(_CONNECTED, (to.database,)) > 1
        ):  # programs that a killed command began go on for a while
            raise Busy(f"another command, which is filling {to.database}")
        if _is_unfinished(keeper):
            emptying.empty(keeper, _had(keeper))
        had = emptying.extensions(keeper)
        _mark(keeper, had)
        try:
            into = msgspec.structs.replace(wanted, into=to)
            made = copying.filled(url, to, keeper, found, into)
            yield _lasting(to, made.how, made.notes, wanted)
            keeper.query("SELECT pg_catalog.lo_unlink(%s)", (SIGN,))
        except BaseException:
            emptying.empty(keeper, had)
            raise


def _expect_one_server(url: URL, to: URL) -> None:
    if _place(url) != _place(to):
        raise Refused("a template is copied on its own server", hint="Copy with --by dump.")


def _lasting(copy: URL, how: str, notes: tuple[str, ...], wanted: Wanted) -> Lasting:
    return Lasting(
        url=copy,
        how=how.removeprefix("all rows, "),
        notes=notes,
        leave_journal_out=lambda: leave_journal_out(copy, wanted),
    )


def leave_journal_out(copy: URL, wanted: Wanted) -> tuple[str, ...]:
    """Drop the journal's schema, and what was made upon it, which is told."""
    with making.closing_session(copy, wanted.lock_timeout) as session:
        readers = session.query(_READERS)
        session.run("DROP SCHEMA clew CASCADE")
        return tuple(
            f"{name} reads the journal, and is not in the copy either" for (name,) in readers
        )


_READERS = """
SELECT DISTINCT c.oid::regclass::text FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_class own ON d.refclassid = 'pg_class'::regclass AND d.refobjid = own.oid
WHERE own.relnamespace = 'clew'::regnamespace AND c.relnamespace <> 'clew'::regnamespace
ORDER BY 1
"""


@contextmanager
def _beside(url: URL, to: URL, wanted: Wanted) -> Iterator[Session]:
    """Open a session with the server of ``to``, in a database that is there for sure."""
    with making.closing_session(_known(url, to), wanted.lock_timeout) as session:
        yield session


def _known(url: URL, to: URL) -> URL:
    return to.set(database=url.database if _place(url) == _place(to) else "postgres")


def _place(url: URL) -> tuple[object, ...]:
    return (url.host, url.port or 5432, url.query.get("host"), url.query.get("port"))


def _rename(session: Session, name: str, wish: str) -> None:
    try:
        session.run(f"ALTER DATABASE {quote(name)} RENAME TO {quote(wish)}")
    except StatementFailed as error:
        if error.sqlstate != "42P04":
            raise
        raise Refused(
            f"expected no database {wish}, found one", hint="Somebody made it meanwhile."
        ) from None


def _is_unfinished(session: Session) -> bool:
    found = "SELECT 1 FROM pg_catalog.pg_largeobject_metadata WHERE oid = %s"
    return session.value(found, (SIGN,)) is not None


def _mark(session: Session, had: frozenset[str]) -> None:
    """Leave a sign for whoever finds the database half filled, and what to leave in it."""
    told = "\n".join(sorted(had)).encode()
    session.query("SELECT pg_catalog.lo_from_bytea(%s, %s)", (SIGN, told))


def _had(session: Session) -> frozenset[str]:
    told = session.value("SELECT pg_catalog.lo_get(%s)", (SIGN,))
    return frozenset(bytes(told).decode().splitlines())
