"""Days and times of PostgreSQL's that Python does not know: infinite, before Christ, very late."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import time

from commands.copy.plan import Logical

_DAY = r"(?P<year>\d{4,7})-(?P<month>\d\d)-(?P<day>\d\d)"
_CLOCK = r" (?P<clock>\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?)"
_FORMS = {
    "date": re.compile(rf"{_DAY}(?P<bc> BC)?", re.ASCII),
    "timestamp": re.compile(rf"{_DAY}{_CLOCK}(?P<bc> BC)?", re.ASCII),
    "timestamptz": re.compile(rf"{_DAY}{_CLOCK}\+00(?P<bc> BC)?", re.ASCII),
}
_LAST = {"date": 5_874_897, "timestamp": 294_276, "timestamptz": 294_276}
_FIRST = (-4713, 11, 24)
"""The day on which PostgreSQL's calendar begins, in years without a gap at 1 BC."""
_INFINITE = frozenset({"infinity", "-infinity"})
_PLAIN_YEAR = 9999
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_far(text: str, logical: Logical) -> bool:
    """Tell whether text is such a value, written as PostgreSQL writes it."""
    if logical == "time":
        return text == "24:00:00"
    if text in _INFINITE:
        return True
    found = _FORMS[logical].fullmatch(text)
    if not found or (found["year"][0] == "0" and len(found["year"]) > 4):
        return False
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if not found["bc"]:
        return _PLAIN_YEAR < year <= _LAST[logical] and _is_day(year, month, day) and _ticks(found)
    year = 1 - year  # 1 BC is the year 0
    late = year <= 0 and (year, month, day) >= _FIRST
    return late and _is_day(year, month, day) and _ticks(found)


def _is_day(year: int, month: int, day: int) -> bool:
    if not 1 <= month <= 12:
        return False
    longest = _LENGTHS[month - 1] + (month == 2 and isleap(year))
    return 1 <= day <= longest


def _ticks(found: re.Match[str]) -> bool:
    clock = found.groupdict().get("clock")
    if not clock:
        return True
    whole, _, fraction = clock.partition(".")
    try:
        time.fromisoformat(f"{whole}.{fraction:0<6}" if fraction else whole)
    except ValueError:
        return False
    return True
