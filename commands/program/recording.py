"""Recording from Python: what a program executes on its own SQLAlchemy connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Engine

from commands.opening import Asker, asker
from commands.program.adopted import adopting
from journal.adopting import refuse_driver
from journal.errors import Refused
from journal.events import RunStarted
from journal.opening import LOCK_TIMEOUT
from journal.store import Clock, utc_now


class Recorded:
    """A recorded block: the connection to work on, and what became of the run.

    ``position`` is the run's last entry, 0 until the block has ended, and for one that was
    rolled back.
    """

    def __init__(self, connection: Connection, run: str) -> None:
        self.connection = connection
        self.run = run
        self.position = 0


@contextmanager
def recording(
    bind: Connection | Engine,
    *,
    actor: str | None = None,
    reason: str = "",
    ref: str = "",
    allowed: Iterable[str] = (),
    lock_timeout: float = LOCK_TIMEOUT,
    clock: Clock = utc_now,
) -> Iterator[Recorded]:
    """Record what the block executes on a SQLAlchemy connection, as one run.

    The block is one transaction, which holds the change and its record; it commits at the end,
    and an error takes both back and leaves the failed attempt in the journal. Core, the ORM
    (``Session(bind=run.connection)``) and ``metadata.create_all`` run as they are. An engine
    lends a connection for the block: ``run.connection``. ``allowed`` names waived rules.

    Raises:
        Refused: not a connection of psycopg or sqlite3, or a transaction is open on it.
        NotFound: the database holds no journal.
        Busy: another run held the journal for ``lock_timeout`` seconds.
        NotKnownExact, Drifted, NotExact: what was executed would not come back exactly.
    """
    who = asker(actor=actor, reason=reason, ref=ref)
    with (
        lent(bind) as connection,
        adopting(
            connection, who, allowed=allowed, lock_timeout=lock_timeout, clock=clock
        ) as program,
    ):
        recorded = Recorded(connection, program.start(started(connection, who)))
        yield recorded
        recorded.position = program.complete()


def started(connection: Connection, asker: Asker) -> RunStarted:
    """Return the beginning of a run: who asks, from where, and as which user of the database."""
    return RunStarted(
        verb="record",
        reason=asker.reason,
        ref=asker.ref,
        host=asker.host,
        user=connection.engine.url.username or "",
        clew=asker.clew,
    )


@contextmanager
def lent(bind: Connection | Engine) -> Iterator[Connection]:
    """Yield the connection to work on; one that an engine lends is given back.

    Raises:
        Refused: it is neither connection nor engine, or of another driver.
    """
    match bind:
        case Connection():
            yield bind
        case Engine():
            refuse_driver(bind.dialect)
            with bind.connect() as connection:
                yield connection
        case _:
            raise Refused(
                f"expected a connection or an engine of SQLAlchemy, found {type(bind).__name__}",
                hint="Give the synchronous one, or record the whole program with:"
                " clew record -- COMMAND.",
            )
