"""Scratch copies: a database to try things on, empty or a copy; the real one is only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from journal.errors import Usage
from journal.footprint import Footprint
from journal.scratch import Carried, Copied, Lasting, Wanted
from journal.trying import Trial
from journal.url import URL


@contextmanager
def scratch_copy(url: URL, wanted: Wanted) -> Iterator[Copied]:
    """Copy a database, and remove the copy at the end, whatever happened.

    Raises:
        Unreachable: the database, or the one that ``into`` names, cannot be reached.
        NotFound: the database holds no journal, and one is wanted.
        Busy: somebody kept it from being read.
        Refused: the copy may not be made, or ``into`` is not empty; nothing was written.
        StatementFailed: it could not be copied.
        Usage: ``into`` is a database of another kind.
    """
    _expect_same_kind(url, wanted)
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import scratch as sqlite  # noqa: PLC0415 - only what is used

        with sqlite.scratch_copy(url, wanted) as copied:
            yield copied
        return
    from journal.postgresql.scratch import copying  # noqa: PLC0415

    with copying.scratch_copy(url, wanted) as copied:
        yield copied


@contextmanager
def lasting_copy(url: URL, to: URL, wanted: Wanted) -> Iterator[Lasting]:
    """Copy a database, journal and all, into one that stays: whole, or not at all.

    What is yielded may be changed; it is put in its place when the block ends, and removed
    where that ends in an error. What a killed process left is removed by the next attempt.

    Raises:
        Usage: ``to`` is a database of another kind, or names none.
        Refused: something stands at ``to``, or the copy may not be made; nothing was written.
        Busy: another process is making it.
        Unreachable, NotFound, StatementFailed: as ``scratch_copy`` does.
    """
    expect_nothing(url, to, wanted)
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import lasting as sqlite  # noqa: PLC0415 - only what is used

        with sqlite.lasting_copy(url, to, wanted) as copy:
            yield copy
        return
    from journal.postgresql.scratch import lasting as postgresql  # noqa: PLC0415

    with postgresql.lasting_copy(url, to, wanted) as copy:
        yield copy


def expect_nothing(url: URL, to: URL, wanted: Wanted) -> None:
    """Raise as ``lasting_copy`` does where there can be no copy."""
    if to.get_backend_name() != url.get_backend_name():
        raise Usage(
            f"expected a URL of {url.get_backend_name()}, found {to.get_backend_name()}",
            hint="The past of a database is one of the same kind.",
        )
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import lasting as sqlite  # noqa: PLC0415 - only what is used

        sqlite.expect_nothing(url, to)
        return
    from journal.postgresql.scratch import lasting as postgresql  # noqa: PLC0415

    postgresql.expect_nothing(url, to, wanted)


def size_of(url: URL, wanted: Wanted) -> int:
    """Return the bytes that a database takes. Raises ``Unreachable``."""
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import lasting as sqlite  # noqa: PLC0415 - only what is used

        return sqlite.size_of(url)
    from journal.postgresql.scratch import lasting as postgresql  # noqa: PLC0415

    return postgresql.size_of(url, wanted)


@contextmanager
def scratch_empty(url: URL, wanted: Wanted) -> Iterator[URL]:
    """Make an empty database like another, and remove it at the end, whatever happened.

    Of the other it has what no migration makes: its encoding and locale, its settings, its
    schemas, and the extensions that this role may install.

    Raises:
        Unreachable: the database, or the one that ``into`` names, cannot be reached.
        Refused: no database may be made, or ``into`` is not empty; nothing was written.
        Usage: ``into`` is a database of another kind.
    """
    _expect_same_kind(url, wanted)
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import scratch as sqlite  # noqa: PLC0415 - only what is used

        with sqlite.scratch_empty(url, wanted) as made:
            yield made
        return
    from journal.postgresql.scratch import empty  # noqa: PLC0415

    with empty.scratch_empty(url, wanted) as made:
        yield made


def carry_images(url: URL, copy: URL, carried: Sequence[Carried], *, lock_timeout: float) -> None:
    """Put row images of a journal into a scratch copy of it, under runs of their own.

    Those of many statements are one range there. Raises ``StatementFailed``, ``Unreachable``.
    """
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import carrying as sqlite  # noqa: PLC0415 - only what is used

        sqlite.carry_images(copy, carried)
        return
    from journal.postgresql.scratch import carrying as postgresql  # noqa: PLC0415

    postgresql.carry_images(url, copy, carried, lock_timeout)


def open_trial(url: URL, *, lock_timeout: float) -> Trial:
    """Open a session with a scratch database. Raises ``Unreachable``."""
    if url.get_backend_name() == "sqlite":
        from journal.sqlite.trying import SqliteTrial  # noqa: PLC0415 - only what is used

        return SqliteTrial(url, lock_timeout=lock_timeout)
    from journal.postgresql.scratch.trying import PostgresqlTrial  # noqa: PLC0415

    return PostgresqlTrial(url, lock_timeout=lock_timeout)


def leftovers(url: URL) -> tuple[str, ...]:
    """Name copies that were not removed, and that nobody works on.

    Raises:
        Unreachable: the server cannot be reached.
    """
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import scratch as sqlite  # noqa: PLC0415 - only what is used

        return sqlite.leftovers()
    from journal.postgresql.scratch import making  # noqa: PLC0415

    return making.leftovers(url)


def footprint(url: URL, *, programs: Path | None = None) -> Footprint:
    """Read a whole database. Raises ``Unreachable``, ``StatementFailed``."""
    if url.get_backend_name() == "sqlite":
        from journal.sqlite import footprint as sqlite  # noqa: PLC0415 - only what is used

        return sqlite.footprint(url)
    from journal.postgresql.scratch import footprint as postgresql  # noqa: PLC0415

    return postgresql.footprint(url, named=programs)


def _expect_same_kind(url: URL, wanted: Wanted) -> None:
    if wanted.into is not None and wanted.into.get_backend_name() != url.get_backend_name():
        raise Usage(
            f"expected a scratch URL of {url.get_backend_name()}, "
            f"found {wanted.into.get_backend_name()}",
            hint="A scratch database is one of the same kind.",
        )
