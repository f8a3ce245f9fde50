"""The query, asked at one position: its answer, or why it could not run there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from commands.bisect.answer import Result
from commands.visible import encode, plain
from journal.database import Database
from journal.effect import Row
from journal.errors import Refused, StatementFailed

LISTED = 20
"""How many rows of an answer are shown."""
_ORDERED = re.compile(r"\border\b", re.IGNORECASE)
_WRITES = ("25006", "SQLITE_READONLY")


class Question:
    """A query and, where one is given, the value that it is expected to answer."""

    def __init__(self, query: str, expect: str | None = None) -> None:
        self.query = query
        self.expect = expect
        self.asked = 0
        self._ordered = bool(_ORDERED.search(query))

    def ask(self, database: Database) -> Result:
        """Ask within the open transaction.

        Raises:
            Refused: it would write.
        """
        self.asked += 1
        try:
            with database.ask(self.query) as found:
                return self._result(found.columns, found.rows)
        except StatementFailed as error:
            if error.sqlstate in _WRITES:
                raise Refused(
                    f"the query would write: {error.message}", hint="Ask what only reads."
                ) from error
            return Result(error=error.message)

    def same(self, one: Result, other: Result) -> bool:
        """Tell whether two answers are the same, or both or neither what is expected."""
        if self.expect is not None:
            return self.expected(one) == self.expected(other)
        return (one.columns, one.digest, one.error) == (other.columns, other.digest, other.error)

    def expected(self, one: Result) -> bool:
        """Tell whether an answer is one value, and that is the one expected."""
        if one.error or one.count != 1 or len(one.columns) != 1:
            return False
        return _is(one.rows[0][0], str(self.expect))

    def _result(self, columns: tuple[str, ...], rows: Iterator[Row]) -> Result:
        written: Iterator[tuple[bytes, Row]] = ((encode(row), row) for row in map(tuple, rows))
        if not self._ordered:
            written = iter(sorted(written, key=lambda each: each[0]))
        return self._read(columns, written)

    @staticmethod
    def _read(columns: tuple[str, ...], rows: Iterator[tuple[bytes, Row]]) -> Result:
        digest, count, listed = hashlib.sha256(), 0, []
        for text, row in rows:
            digest.update(text + b"\n")
            count += 1
            if count <= LISTED:
                listed.append(tuple(map(plain, row)))
        return Result(columns=columns, rows=tuple(listed), count=count, digest=digest.hexdigest())


def _is(value: Any, expected: str) -> bool:
    """Numbers are compared as numbers, null is written so, all else is compared as text."""
    if value is None:
        return expected.casefold() == "null"
    if isinstance(value, bool):
        return expected.casefold() == str(value).casefold()
    if isinstance(value, int | float | Decimal):
        try:
            return Decimal(str(value)) == Decimal(expected)
        except InvalidOperation:
            return False
    return str(value) == expected
