"""What would not be the same with the journal as without it.

A second run of a statement does once more what no SQL savepoint takes back.

Sequences are put back by ``places``. What is left is refused before the second run: session
locks, the seed of ``random()``, the place of an open cursor, values of a sequence that the
session holds in advance, and what reaches outside the transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.places import Places, sequences

Need = Callable[[NotKnownExact], None]

_LASTING = re.compile(
    r"\b(?:setseed|pg_(?:try_)?advisory_(?:un)?lock(?:_all|_shared)?|pg_logical_emit_message"
    r"|dblink\w*|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_stat_reset\w*)\b",
    re.IGNORECASE,
)
_TRUNCATE = re.compile(r"\btruncate\b", re.IGNORECASE)
_SEED = re.compile(r"\bsetseed\b", re.IGNORECASE)
_SEEDED = re.compile(r"\brandom(?:_normal)?\b", re.IGNORECASE)
_CURSOR = re.compile(r"\b(?:fetch|move)\b", re.IGNORECASE)
_OPEN = "select exists (select from pg_catalog.pg_cursors where name <> '')"
_LASTVAL = re.compile(r"\blastval\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")

_FUNCTIONS = """
select p.proname::text, coalesce(pg_catalog.pg_get_functiondef(p.oid), ''),
    p.prorettype = 'trigger'::regtype
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.prokind in ('f', 'p') and n.nspname !~ '^pg_'
and n.nspname not in ('information_schema', 'clew')
"""


class Repeating:
    """Whether the statements of one session may run, and run a second time."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self._catalog = catalog
        self._seeded = False
        self._telling: frozenset[str] | None = None

    def refuse_lastval(self, sql: str, verb: str, need: Need) -> None:
        """Refuse what asks for the last value of any sequence: the capture uses one of its own.

        ``need`` raises ``NotKnownExact`` where the rule is not waived.
        """
        said = _LASTVAL.search(sql) is not None
        if verb in ("create", "comment", "drop"):
            self._telling = None if said else self._telling
            return
        if self._telling is None:
            self._telling = frozenset(
                name.lower()
                for name, text, _ in self._session.query(_FUNCTIONS)
                if _LASTVAL.search(text)
            )
        if said or self._telling & {word.lower() for word in _WORD.findall(sql)}:
            said_so = "lastval() may tell of the journal's own sequence; currval() does not"
            need(NotKnownExact("lastval", said_so))

    def truncates(self, sql: str) -> bool:
        """Tell whether a statement says TRUNCATE, or a function or trigger that it may call."""
        return _TRUNCATE.search(self._said(sql)) is not None

    def note(self, sql: str) -> None:
        """Remember that a statement ran, if it set the seed that later ones draw from."""
        self._seeded = self._seeded or _SEED.search(sql) is not None

    def refuse(self, sql: str, first: Places, last: Places, need: Need) -> None:
        """Refuse a second run that would not do the same as a first one alone.

        It calls what lasts through ROLLBACK TO SAVEPOINT, or draws from values that the session
        holds. ``first`` and ``last`` are where sequences stood before the run, and stand now.
        """
        for one in sequences(self._catalog.schema()):
            moved = first.get(one.id) != last.get(one.id)
            if moved and str(one.definition.get("cache", 1)) != "1":
                held = f"values of sequence {'.'.join(one.path)} that the session holds in advance"
                need(NotKnownExact("sequence-cache", held))
        said = self._said(sql)
        found = _LASTING.search(said)
        if found is None and (self._seeded or _SEED.search(said)):
            found = _SEEDED.search(said)
        if found is None and self._session.value(_OPEN):
            found = _CURSOR.search(said)
        if found is not None:
            twice = f"the statement would have to run twice, and {found[0]} is not taken back"
            need(NotKnownExact("second-run", twice))

    def _said(self, sql: str) -> str:
        """Return a statement with the functions that it may call, those of triggers too."""
        functions = self._session.query(_FUNCTIONS)
        said, left = [sql], list(functions)
        words = {word.lower() for word in _WORD.findall(sql)}
        while True:
            called = [one for one in left if one[2] or one[0].lower() in words]
            if not called:
                return "\n".join(said)
            left = [one for one in left if one not in called]
            for _, text, _ in called:
                said.append(text)
                words |= {word.lower() for word in _WORD.findall(text)}
