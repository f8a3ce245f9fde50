"""What a check found beside its verdict: digests, times, and what speaks for and against."""

from __future__ import annotations

from statistics import median
from typing import Literal, TypeAlias

from journal.values import Value

Speaks = Literal["unused", "used", "unclear"]
"""Which way a piece of evidence points; "unclear" is no proof of either."""


class TableState(Value, frozen=True, kw_only=True):
    """What a table held: its rows, and the SHA-256 of them as lines of JSON in order of the key.

    It is the digest that a backup's manifest has for the table. ``missing`` where there was none.
    """

    table: str
    rows: int = 0
    digest: str = ""
    missing: bool = False


class Contents(Value, frozen=True, kw_only=True, tag="contents"):
    """Tables before the first step of a migration and after the last one, in one order."""

    before: tuple[TableState, ...] = ()
    after: tuple[TableState, ...] = ()


class Measured(Value, frozen=True, kw_only=True):
    """Several runs of a query: the seconds of each, and the rows that it returned.

    ``plan`` is the digest of what EXPLAIN said. A query that could not run has an ``error``.
    """

    seconds: tuple[float, ...] = ()
    rows: int = 0
    plan: str = ""
    error: str = ""

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return median(self.seconds) if self.seconds else 0.0


class Times(Value, frozen=True, kw_only=True, tag="times"):
    """A query before the first step of a migration and after the last one.

    ``query`` is the digest of its text.
    """

    query: str
    before: Measured | None = None
    after: Measured | None = None


class Sign(Value, frozen=True, kw_only=True):
    """One piece of evidence: what was looked at, where, how much was found, what that says.

    ``place`` is a query that anybody can run, an object of the schema, or a line of a file.
    """

    what: str
    place: str
    found: str
    speaks: Speaks
    count: int | None = None


class Use(Value, frozen=True, kw_only=True, tag="use"):
    """All evidence on one table; ``waived`` is the reason why what speaks for use does not count."""

    table: str
    signs: tuple[Sign, ...] = ()
    waived: str = ""


Details: TypeAlias = Contents | Times | Use


def first_look(details: Details | None) -> bool:
    """Tell what was noted before the first step, and is held against nothing yet."""
    match details:
        case Contents():
            return not details.after
        case Times():
            return details.after is None
        case _:
            return False
