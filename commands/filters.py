"""What of the journal is looked for: by table, by who asked, by time, by text.

Each filter says which bytes an entry must hold, so that the database can leave out most, and
then looks at the entry itself: bytes alone may stand elsewhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from journal import events as e
from journal.codec import field
from journal.envelope import Entry
from journal.errors import NotFound, Usage
from journal.store import Journal
from journal.values import ObjectChange
from projections.naming import Naming

TABLE_TYPES = (
    "BaselineRecorded",
    "SchemaChanged",
    "DriftAccepted",
    "RowsChanged",
    "SequenceMoved",
    "RowProvisioned",
    "ConflictFound",
)
"""The types of the events that name a table."""

_SPAN = re.compile(r"([0-9]{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPECIAL = frozenset('.^$*+?{}[]|()"\\')
SEARCHING = 2.0
"""Seconds that a pattern may take on one text."""
_TEXTS_KEPT = 256
"""How many statement texts are kept, since many entries may be of one statement."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that an entry holds, one of some or each of others, and what it must be itself."""

    holding: tuple[bytes, ...] = ()
    holding_all: tuple[bytes, ...] = ()
    fits: Callable[[Entry], bool]


def of_actor(actor: str) -> Filter:
    """Entries that one person or program wrote."""
    return Filter(holding_all=(field("actor", actor),), fits=lambda entry: entry.actor == actor)


def of_table(naming: Naming, name: str) -> Filter:
    """Entries about the tables that ever bore a name, whatever they were called then.

    Raises:
        NotFound: no table ever did.
    """
    tables = naming.bearers(name)
    if not tables:
        raise NotFound(f"no table was ever named {name}", hint="List tables with: clew schema.")
    names = ("table", "id", "parent", "object")
    bytes_ = tuple(field(one, identity) for identity in sorted(tables) for one in names)
    return Filter(holding=bytes_, fits=lambda entry: _about(entry, tables))


def of_text(journal: Journal, pattern: str, *, statements: bool) -> Filter:
    """Entries in whose text a regular expression is found, with ``statements`` in their SQL too.

    Raises:
        Usage: it is no regular expression.
    """
    import regex  # noqa: PLC0415 - only where it is asked for

    try:
        search = regex.compile(pattern).search
    except (regex.error, RecursionError, OverflowError) as error:
        raise Usage(
            f"{pattern!r} is no regular expression: {error}",
            hint="Write a backslash before a character that means itself.",
        ) from None

    def found(text: str) -> bool:
        try:
            return search(text, timeout=SEARCHING) is not None
        except TimeoutError:
            raise Usage(
                f"{pattern!r} takes more than {SEARCHING:g} seconds on one text",
                hint="Write it without a repetition within a repetition.",
            ) from None

    texts = _Texts(journal) if statements else None
    plain = pattern.isprintable() and not _SPECIAL & set(pattern) and not statements
    return Filter(
        holding_all=(pattern.encode(),) if plain and pattern else (),
        fits=lambda entry: any(map(found, _texts(entry, texts))),
    )


def moment(text: str, now: datetime) -> str:
    """Return a time, or how long ago it was, as entries bear it; without an offset it is UTC.

    Raises:
        Usage: it is neither.
    """
    try:
        if span := _SPAN.fullmatch(text):
            found = now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        plain = found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Usage(
            f"expected a time, found {text!r}",
            hint="Write 2026-11-21, 2026-11-21T09:30, or how long ago: 30m, 12h, 7d, 2w.",
        ) from None
    return plain.isoformat(timespec="microseconds") + "Z"


class _Texts:
    """The texts of statements, the last ones kept."""

    def __init__(self, journal: Journal) -> None:
        self.of = lru_cache(_TEXTS_KEPT)(journal.database.content)


def _texts(entry: Entry, statements: _Texts | None) -> Iterator[str]:
    yield from _leaves(msgspec.to_builtins(entry.event))
    statement = getattr(entry.event, "statement", None)
    if statements is not None and statement is not None and statement.digest:
        content = statements.of(statement.digest)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                yield str(key)
                yield from _leaves(one)
        case list() | tuple():
            for one in value:
                yield from _leaves(one)
        case _:
            pass


def _about(entry: Entry, tables: frozenset[int]) -> bool:
    match entry.event:
        case e.RowsChanged(rows=rows):
            return rows.table in tables
        case e.SchemaChanged(changes=changes) | e.DriftAccepted(changes=changes):
            return any(_of(change, tables) for change in changes)
        case e.BaselineRecorded(objects=objects):
            return any(_of(ObjectChange(after=one), tables) for one in objects)
        case e.SequenceMoved(move=move):
            return move.object in tables
        case e.RowProvisioned(table=table) | e.ConflictFound(table=table):
            return table in tables
        case _:
            return False


def _of(change: ObjectChange, tables: frozenset[int]) -> bool:
    sides = [one for one in (change.before, change.after) if one is not None]
    return any(one.id in tables or one.parent in tables for one in sides)
