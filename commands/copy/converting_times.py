"""Dates and times into the neutral form: what is text, and what is a number since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any

from commands.copy import moments
from commands.copy.far_times import is_far
from commands.copy.plan import ColumnPlan
from commands.copy.spec import Form
from commands.copy.unfit import Unfit

One = Callable[[Any], str]
INFERRED_TIMES: tuple[Form, ...] = ("seconds", "milliseconds", "microseconds", "iso")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def times(column: ColumnPlan) -> One:
    """Return what makes the values of a column of times neutral; it raises ``Unfit``.

    Raises:
        Refused: the zone of the column's rule is none.
    """
    logical, rule = column.logical, column.conversion
    zone = moments.zone_of(rule.zone)
    forms = rule.forms or INFERRED_TIMES
    numbers = moments.counted(forms) if any(form in moments.UNITS for form in forms) else None
    texts: One = {
        "date": moments.day,
        "time": moments.clock,
        "timestamp": moments.local,
        "timestamptz": lambda text: moments.moment(text, zone),
    }[logical]

    def counted(value: Any) -> str:
        if numbers is None or logical == "time":
            raise Unfit(f"a number where a {'time' if logical != 'date' else 'date'} is wanted")
        if logical != "timestamptz" and (zone != UTC or not rule.forms):
            raise Unfit("a number that counts from 1970, and no time zone known")
        return numbers(value) if logical == "timestamptz" else _in_utc(numbers(value), logical)

    def _text_time(value: str) -> str:
        try:
            return texts(value)
        except Unfit:
            if is_far(value, logical):
                return value
            raise

    def time(value: Any) -> str:
        if isinstance(value, str):
            if numbers is not None and NUMBER.fullmatch(value):
                return counted(_reasonable(value))
            if "iso" not in forms:
                raise Unfit("text where a number is wanted")
            return _text_time(value)
        if isinstance(value, int | float):
            return counted(value)
        raise Unfit("bytes where a time is wanted")

    return time


def _reasonable(text: str) -> Decimal:
    """No time is so large or so fine that its digits would fill the memory."""
    if len(text) > 40 or "e" in text.lower():
        raise Unfit("not a time in ISO 8601")
    return Decimal(text)


def _in_utc(moment: str, logical: str) -> str:
    """A moment of UTC as a column without a zone takes it."""
    found = moment.removesuffix("+00")
    if logical == "timestamp":
        return found
    day, _, clock = found.partition(" ")
    if clock != "00:00:00":
        raise Unfit("a time of day in a date")
    return day
