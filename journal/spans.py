"""Where runs tell how long their parts took: spans, for a tracer that somebody set up.

Nothing is made until a tracer is given with ``use``. What a span tells are names, kinds and
numbers: never the text of a statement, a value of a row, or an error's message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from journal.envelope import StoredEntry

Told = str | int | float | bool
"""What an attribute holds."""

LOOKED_AT = 2000
"""Characters of a statement in which its kind is looked for."""

_COMMENTS = re.compile(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_NOWHERE = nullcontext()
_COMMANDS = frozenset(
    "alter analyze call cluster comment copy create delete drop execute explain grant import insert "
    "lock merge pragma prepare refresh reindex reset revoke security select set truncate update "
    "vacuum values with".split()
)
_OBJECTS = frozenset(
    "access aggregate cast collation conversion database default domain event extension foreign "
    "function index language materialized operator or policy procedure publication role rule schema "
    "sequence server statistics subscription table temporary text trigger type unique unlogged user "
    "view virtual".split()
)


class Tracer(Protocol):
    """What makes spans."""

    def span(self, name: str, attributes: Mapping[str, Told]) -> AbstractContextManager[None]:
        """Make a span within the current one; an error that ends it is told by its class."""

    def about(self, attributes: Mapping[str, Told]) -> None:
        """Tell something of the outermost span."""

    def tell(self, attributes: Mapping[str, Told]) -> None:
        """Tell something of the current span."""

    def appended(self, run: str, first: int, last: int) -> None:
        """Tell the current spans which entries were appended, and of which run."""

    def carried(self) -> Mapping[str, str]:
        """Return the variables that let another program go on below the current span."""


_used: list[Tracer] = []


def use(tracer: Tracer | None) -> None:
    """Make spans with ``tracer`` from now on; with ``None`` none are made."""
    _used[:] = [tracer] if tracer else []


def span(name: str, **attributes: Told) -> AbstractContextManager[None]:
    """Make a span around a block; ``a_b`` is the attribute ``clew.a.b``."""
    if not _used:
        return _NOWHERE
    return _used[0].span(name, _named(attributes))


def statement(number: int, sql: str) -> AbstractContextManager[None]:
    """Make a span around a statement, of which its number and kind are told."""
    if not _used:
        return _NOWHERE
    kind = kind_of(sql)
    attributes: dict[str, Told] = {"clew.statement.number": number, "db.operation.name": kind}
    return _used[0].span(f"statement {kind}", attributes)


def table(name: str, path: Sequence[str]) -> AbstractContextManager[None]:
    """Make a span around what is done with one table."""
    if not _used:
        return _NOWHERE
    return _used[0].span(name, {"db.collection.name": ".".join(path)})


def about(attributes: Mapping[str, Told]) -> None:
    """Tell something of the whole call."""
    for one in _used:
        one.about(attributes)


def tell(**attributes: Told) -> None:
    """Tell something of the current span; ``a_b`` is the attribute ``clew.a.b``."""
    for one in _used:
        one.tell(_named(attributes))


def appended(entries: Sequence[StoredEntry], run: str) -> None:
    """Tell the current spans that entries were appended."""
    if entries:
        for one in _used:
            one.appended(run, entries[0].position, entries[-1].position)


def carried() -> Mapping[str, str]:
    """Return the variables that let another program go on below the current span."""
    return _used[0].carried() if _used else {}


def kind_of(sql: str) -> str:
    """Return what kind of statement it is, in words of SQL alone; "other" where none is known.

    >>> kind_of("ALTER TABLE person ADD email text")
    'ALTER TABLE'
    """
    words = [word.lower() for word in islice(_COMMENTS.sub("", sql[:LOOKED_AT]).split(), 2)]
    if not words or words[0] not in _COMMANDS:
        return "other"
    known = words[1:] if len(words) > 1 and words[1] in _OBJECTS else []
    return " ".join((words[0], *known)).upper()


def _named(attributes: Mapping[str, Told]) -> dict[str, Told]:
    return {"clew." + name.replace("_", "."): told for name, told in attributes.items()}
