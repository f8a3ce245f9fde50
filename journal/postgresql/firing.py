"""Event triggers, which fire on what the journal does itself.

Where the session may switch them off (a superuser's, since version 17), they fire on what the
user says and on nothing else. Elsewhere those are refused that may write, or raise an error: they
would do so on the way back once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.values import ObjectChange

Need = Callable[[NotKnownExact], None]

_SETTING = "event_triggers"
_MAY = "select current_setting('is_superuser') = 'on'"
_HUSH = f"""
select pg_catalog.set_config(name, 'off', false) from pg_catalog.pg_settings
where name = '{_SETTING}' and current_setting('is_superuser') = 'on'
"""
_FIRING = f"""
select t.evtname::text, coalesce(t.evttags, array[]::text[]), l.lanname::text, p.prosrc
from pg_catalog.pg_event_trigger t join pg_catalog.pg_proc p on p.oid = t.evtfoid
join pg_catalog.pg_language l on l.oid = p.prolang
where t.evtevent <> 'login' and coalesce(current_setting('{_SETTING}', true), 'on') = 'on'
and t.evtenabled in ('A', case
    when current_setting('session_replication_role') = 'replica' then 'R' else 'O' end)
order by 1
"""
_DOING = re.compile(
    r"\b(?:insert|update|delete|merge|truncate|copy|create|alter|drop|grant|revoke|comment|execute"
    r"|call|refresh|security|nextval|setval|import|reassign|lo_\w+|dblink\w*)\b"
    r"|\braise\b(?!\s+(?:debug|log|info|notice|warning)\b)",
    re.IGNORECASE,
)
_PLACING = frozenset(("CREATE TRIGGER", "DROP TRIGGER", "CREATE SEQUENCE", "GRANT"))
"""What is done to watch a table."""
_KEEPING = frozenset(("CREATE TABLE", "CREATE TABLE AS", "DROP TABLE"))


def hush(session: Session) -> None:
    """Switch event triggers off in a session that does nothing a user says, if it may."""
    session.query(_HUSH)


def loud(session: Session) -> list[tuple[str, frozenset[str]]]:
    """Return the event triggers that fire here and may write or raise an error, with their tags."""
    return [
        (name, frozenset(tags))
        for name, tags, language, text in session.query(_FIRING)
        if not (tags and all(tag.endswith(" EXTENSION") for tag in tags))
        if language not in ("plpgsql", "sql") or _DOING.search(text)
    ]


def refuse_recording(session: Session) -> None:
    """Refuse to observe where an event trigger would fire on what observing makes and drops.

    Raises:
        NotKnownExact: one does that this session may not switch off.
    """
    for name, tags in loud(session):
        if not tags or tags & _KEEPING:
            said = f"event trigger {name} would also fire on what the recording makes"
            raise NotKnownExact("event-trigger", said)


class Firing:
    """The event triggers of the database, during one transaction."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self._catalog = catalog
        self._own: str | None = None
        self._loud: list[tuple[str, frozenset[str]]] = []
        if any(named.object.kind == "event trigger" for named in catalog.named().values()):
            self._look()

    def run(self, work: Callable[[], int]) -> int:
        """Do what the user says, with event triggers as the user has them."""
        if self._own is None:
            return work()
        self._set(self._own)
        done = work()
        self._own = str(self._session.value(f"select current_setting('{_SETTING}')"))
        self._set("off")
        return done

    def take_in(self, changes: Iterable[ObjectChange]) -> None:
        """Look again, where a statement changed an event trigger or its function."""
        kinds = {one.kind for c in changes for one in (c.before, c.after) if one}
        if "event trigger" in kinds or ("function" in kinds and self._loud):
            self._look()

    def refuse(self, need: Need, *, schema: bool) -> None:
        """Refuse to go on where an event trigger would fire on what the journal does itself.

        ``need`` raises ``NotKnownExact`` where the rule is not waived; ``schema`` tells of a
        statement that changes it.
        """
        for name, tags in self._loud:
            if not tags or tags & _PLACING or schema:
                said = f"event trigger {name} would also fire on what takes the statement back"
                need(NotKnownExact("event-trigger", said))

    def _look(self) -> None:
        if self._session.raw.info.server_version >= 170000 and self._session.value(_MAY):
            if self._own is None:
                self._own = str(self._session.value(f"select current_setting('{_SETTING}')"))
            self._set("off")
            return
        self._loud = loud(self._session)

    def _set(self, value: str) -> None:
        self._session.query(f"select pg_catalog.set_config('{_SETTING}', %s, true)", (value,))
