"""A statement on its way: how it is run, and what is bound while it is only looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from journal.given import Given, Values
from journal.sqlite.connection import Row, Session, mapped


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; ``run`` returns its row count."""

    sql: str
    run: Callable[[], int]
    values: Values = ()


def own(session: Session, sql: str) -> Job:
    """Return a statement that runs to its end as it stands, whatever rows it returns."""

    def run() -> int:
        with mapped(), session.careful_text():  # as SQLite itself, which returns any bytes
            cursor = session.raw.execute(sql)
            while cursor.fetchmany(1000):
                pass
        return cursor.rowcount

    return Job(sql=sql, run=run)


def each(session: Session, sql: str, rows: Sequence[Row], *, width: int) -> Job:
    """Return a statement that runs once for each row of so many values."""

    def run() -> int:
        with mapped(), session.point():
            return session.raw.executemany(sql, rows).rowcount

    return Job(sql=sql, run=run, values=(None,) * width)


def given(session: Session, one: Given) -> Job:
    """Return a statement that a program's cursor runs."""

    def run() -> int:
        with mapped(), session.theirs():
            return one.perform()

    return Job(sql=one.sql, run=run, values=one.values or ())
