"""What the server tells beside its answers: a program hears of its own statement, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from journal.postgresql.connection import Session

Run = Callable[[], int]


@contextmanager
def hushed(session: Session, run: Run) -> Iterator[Run]:
    """Yield ``run`` so that what it brings about is heard the first time, and nothing else is.

    The capture's own statements tell things too, and a statement that has to run again would
    tell everything twice.
    """
    connection = session.raw.pgconn
    listening = connection.notice_handler
    heard = False

    def once() -> int:
        nonlocal heard
        if heard:
            return run()
        heard = True
        connection.notice_handler = listening
        try:
            return run()
        finally:
            connection.notice_handler = None

    connection.notice_handler = None
    try:
        yield once
    finally:
        connection.notice_handler = listening
