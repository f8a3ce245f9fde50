"""Values in a form that both databases share, and digests over it.

**The neutral form of a value is the text that PostgreSQL writes it as** under fixed settings
(UTC, ISO dates, shortest floats, bytes in hexadecimal); null is ``None``. So PostgreSQL's own
values need no parsing, and equal values have equal *canonical* texts: trailing zeros of a
numeric and the order of an object's keys do not count. Between two files of SQLite the neutral
form is the stored value itself.

A ``Side`` reads the rows of one side of a table, as ``Database.dump`` yields them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from commands.copy import postgresql_values, sqlite_values
from commands.copy.canonical import canonical
from commands.copy.converting import nullifying
from commands.copy.plan import ColumnPlan, TablePlan
from commands.copy.unfit import Unfit
from journal.effect import Row
from journal.values import DatabaseKind

Neutral = Any
One = Callable[[Any], Any]
MODULUS = 1 << 256
NULL = "null where the column takes none"


class BadValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a row that does not convert; ``reason`` never shows it."""

    column: str
    reason: str


class Side:
    """One side of a table: reads its rows into the neutral form.

    ``given`` are the names of the columns of the rows, as ``Database.dump`` tells them; those
    that the plan does not have are left out.
    """

    def __init__(
        self, table: TablePlan, kind: DatabaseKind, given: Sequence[str], *, target: bool = False
    ) -> None:
        self.columns = table.columns
        names = [column.target if target else column.source for column in table.columns]
        self._names = tuple(names)
        self._places = tuple(given.index(name) for name in names)
        self._plain = self._places == tuple(range(len(given)))
        self._parsers = tuple(parser(column, kind, target=target) for column in table.columns)
        self._canonical = tuple(canonical(column.logical) for column in table.columns)
        self._odd = tuple((n, one) for n, one in enumerate(self._canonical) if one is not None)
        self._active = tuple((n, one) for n, one in enumerate(self._parsers) if one is not None)
        self._never_null = tuple(
            n for n, column in enumerate(table.columns) if column.never_null and not target
        )
        targets = [column.target for column in table.columns]
        self._key = tuple(targets.index(name) for name in table.key)

    def neutral(self, row: Row) -> list[Neutral]:
        """Return a row in the neutral form, in the order of the plan's columns.

        Raises:
            Unfit: a value does not convert; ``problems`` tells of all of them.
        """
        found = list(row) if self._plain else [row[place] for place in self._places]
        for n, parse in self._active:
            value = found[n]
            if value is not None:
                found[n] = parse(value)
        for n in self._never_null:
            if found[n] is None:
                raise Unfit(NULL)
        return found

    def problems(self, row: Row) -> tuple[BadValue, ...]:
        """Tell what is wrong with each value that does not convert."""
        return tuple(
            BadValue(column=name, reason=reason)
            for n, name in enumerate(self._names)
            if (reason := self._wrong(n, row[self._places[n]]))
        )

    def _wrong(self, n: int, value: Any) -> str:
        parse = self._parsers[n]
        try:
            if value is not None and parse is not None:
                value = parse(value)
        except Unfit as error:
            return error.reason
        return NULL if value is None and n in self._never_null else ""

    def digest(self, neutral: list[Neutral]) -> int:
        """Return the digest of a row in the neutral form."""
        return int.from_bytes(sha256(self.canonical(neutral)).digest(), "big")

    def canonical(self, neutral: list[Neutral]) -> bytes:
        """Return bytes that are equal for equal rows, and for no others."""
        texts = neutral
        if self._odd:
            texts = neutral.copy()
            for n, one in self._odd:
                if texts[n] is not None:
                    texts[n] = one(texts[n])
        return _joined(texts)

    def key(self, neutral: list[Neutral]) -> bytes:
        """Return the canonical bytes of the key; those of the whole row where there is none."""
        if not self._key:
            return self.canonical(neutral)
        found = []
        for n in self._key:
            value, one = neutral[n], self._canonical[n]
            found.append(value if value is None or one is None else one(value))
        return _joined(found)


class TableDigest:
    """A digest over rows in any order: the sum of theirs, and their count."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, digest: int) -> None:
        """Count one row."""
        self.rows += 1
        self._sum += digest

    def remove(self, digest: int) -> None:
        """Count one row no longer."""
        self.rows -= 1
        self._sum -= digest

    @property
    def text(self) -> str:
        """The digest in hexadecimal."""
        return f"{self._sum % MODULUS:064x}"


def parser(column: ColumnPlan, kind: DatabaseKind, *, target: bool = False) -> One | None:
    """Return what makes a value of a column neutral; ``None`` where it is so already."""
    if column.logical == "stored":
        return nullifying(column.conversion.null) if not target else None
    if kind == "sqlite":
        return sqlite_values.parser(column, target=target)
    return postgresql_values.parser(column, target=target)


def rendering(table: TablePlan, kind: DatabaseKind) -> Callable[[list[Neutral]], list[Any]]:
    """Return what makes a neutral row one that ``Database.insert`` takes, in ``target`` columns.

    It raises ``Unfit`` where the target cannot hold a value.
    """
    if kind == "postgresql":
        return lambda row: row
    renderers = [
        (n, one)
        for n, column in enumerate(table.columns)
        if (one := sqlite_values.renderer(column)) is not None
    ]

    def render(row: list[Neutral]) -> list[Any]:
        found = row.copy()
        for n, one in renderers:
            if found[n] is not None:
                found[n] = one(found[n])
        return found

    return render


def _joined(texts: Sequence[str | None]) -> bytes:
    """No canonical text holds NUL, so a row of so many columns is told by what stands between."""
    if None in texts:
        nulls = [str(n) for n, text in enumerate(texts) if text is None]
        texts = [text or "" for text in texts] + [",".join(nulls)]
    return "\0".join(texts).encode()  # type: ignore[arg-type]
