"""What no statement may change from within: who the session runs as, and the journal itself."""

from __future__ import annotations

from journal.errors import NotKnownExact, Refused
from journal.postgresql.connection import Session

_OWN = """
SELECT c.oid::int8 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
ON n.oid = c.relnamespace WHERE n.nspname = 'clew' AND c.relkind = 'r' AND c.relname NOT IN ('image', 'content')
"""
_STATE = """
SELECT current_user::text, current_setting('session_replication_role'),
    (SELECT count(*) FROM pg_catalog.pg_trigger
     WHERE tgfoid = %s AND tgenabled IN ('O', 'A')),
    sum(pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o)
        + pg_stat_get_xact_tuples_deleted(o))::bigint,
    string_agg(concat_ws(' ', c.relowner, c.relacl), ';' ORDER BY o)
FROM unnest(%s::oid[]) o LEFT JOIN pg_catalog.pg_class c ON c.oid = o
"""
"""Who runs, what guards the journal, how much was written to it, and whose it is."""


class Guard:
    """The state of session and journal as the run found it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own = [row[0] for row in session.query(_OWN)]
        self._refuse = session.value("SELECT 'clew.refuse()'::regprocedure::oid::int8")
        self._state = self._read()

    def hold(self) -> None:
        """Refuse what would undermine the capture, done by a function too.

        Raises:
            NotKnownExact: the session runs as somebody else.
            Refused: the journal was written to or given away, or its guards were switched off.
        """
        now = self._read()
        if now[:2] != self._state[:2]:
            raise NotKnownExact("set-role", "the statement changes who the session runs as")
        if now != self._state:
            raise Refused("the statement reaches into schema clew, where the journal stands")

    def _read(self) -> tuple[str, str, int, int, str]:
        (state,) = self._session.query(_STATE, (self._refuse, self._own))
        user, role, guards, own, whose = state
        return user, role, guards, own, whose
