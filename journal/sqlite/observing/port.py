"""The part of the port that looks at what another program did."""

from __future__ import annotations

from collections.abc import Callable

from journal.effect import Schema
from journal.observing import Copying, Observation, Observed, unheard
from journal.sqlite.connection import Session
from journal.sqlite.giving import SqliteRows
from journal.sqlite.observing import keeping


class SqliteObserving(SqliteRows):
    """A file that another program writes to meanwhile."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._attached = False

    def observe(self, run: str, *, schema: Schema, copying: Copying = unheard) -> Observation:
        """Keep a copy of the file beside it, and watch who has the file open."""
        from journal.sqlite.observing import observe as observing  # noqa: PLC0415 - only recording

        return observing.observe(self.session, run, schema=schema, copying=copying)

    def observed(self, run: str, *, schema: Schema, next_id: Callable[[], int]) -> Observed:
        """Compare the file with the copy, and store images of what differs."""
        from journal.sqlite.observing import observe as observing  # noqa: PLC0415 - only recording

        self._attached = True
        return observing.observed(self.session, run, schema=schema, next_id=next_id)

    def unobserve(self, run: str) -> None:
        """Remove the copy."""
        keeping.forget(self.session.path, run)

    def observations(self) -> tuple[str, ...]:
        """Name the runs of which a copy stands."""
        return keeping.kept(self.session.path)
