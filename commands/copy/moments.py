"""Dates and times as PostgreSQL writes them, from ISO 8601 text and from numbers.

Numbers are read as what they are declared to be. Where that is open, a number counts as
seconds, milliseconds or microseconds since 1970 if that reading, and no other, lies between
1990 and 2100; the three ranges do not touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

from commands.copy.spec import Form
from commands.copy.unfit import Unfit
from journal.errors import Refused

EARLIEST = 631_152_000
"""1990-01-01, in seconds since 1970."""
LATEST = 4_102_444_800
"""2100-01-01, in seconds since 1970."""
UNITS: dict[Form, int] = {"seconds": 1, "milliseconds": 1000, "microseconds": 1_000_000}
_UTC = frozenset(("Z", "z", "+00:00", "+00"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MICROSECONDS = 6
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = r"\d\d:\d\d(?::\d\d(?:[.,](?P<fraction>\d+))?)?"
_TIME = re.compile(_CLOCK, re.ASCII)
_MOMENT = re.compile(
    rf"(?P<day>\d{{4}}-\d\d-\d\d)[ T](?P<clock>{_CLOCK})(?: ?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII,
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?", re.ASCII)
Number = int | float | Decimal


def zone_of(name: str) -> tzinfo | None:
    """Return the zone that a rule names; ``None`` where it names none.

    Raises:
        Refused: neither UTC nor an offset.
    """
    if not name:
        return None
    if name.upper() in {"UTC", "Z"}:
        return UTC
    found = _OFFSET.fullmatch(name)
    if not found:
        raise Refused(
            f"{name} is no zone that a copy knows",
            hint="Say UTC or an offset such as +07:00; zones with summer time are a guess.",
        )
    return _offset(found)


def day(text: str) -> str:
    """Return a date. Raises ``Unfit``."""
    if not _DATE.fullmatch(text):
        raise Unfit(_not_a("date", text))
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Unfit("no day of the calendar") from None
    return text


def clock(text: str) -> str:
    """Return a time of day. Raises ``Unfit``."""
    found = _TIME.fullmatch(text)
    if not found:
        raise Unfit(_not_a("time of day", text))
    try:
        fraction = found["fraction"]
        return _told(time.fromisoformat(_fine(text, fraction) if fraction else text))
    except ValueError:
        raise Unfit("no time of a day") from None


def local(text: str) -> str:
    """Return a time without a zone. Raises ``Unfit``."""
    moment, zone = _parsed(text)
    if zone:
        raise Unfit("a time zone where the column has none")
    return _told(moment)


def moment(text: str, zone: tzinfo | None) -> str:
    """Return a time in UTC; ``zone`` is that of text that names none. Raises ``Unfit``."""
    found, named = _parsed(text)
    if named in _UTC or (not named and zone is UTC):
        return f"{_told(found)}+00"
    if named:
        where = _named(named)
    elif zone is None:
        raise Unfit("no time zone known")
    else:
        where = zone
    try:
        return f"{_told(found.replace(tzinfo=where).astimezone(UTC).replace(tzinfo=None))}+00"
    except OverflowError:
        raise Unfit("no day of the calendar") from None


def counted(forms: tuple[Form, ...]) -> Callable[[Number], str]:
    """Return what reads numbers since 1970, in the units among ``forms``, as a time in UTC."""
    units = tuple(UNITS[form] for form in forms if form in UNITS)
    if len(units) == 1:
        return lambda value: _since(value, units[0])

    def plausible(value: Number) -> str:
        for unit in units:
            if EARLIEST * unit <= value < LATEST * unit:
                return _since(value, unit)
        raise Unfit("a number that is no time from 1990 to 2100 in any unit")

    return plausible


def _since(value: Number, unit: int) -> str:
    if isinstance(value, int):
        microseconds = value * (1_000_000 // unit)
    else:
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        if not exact.is_finite():
            raise Unfit("an infinite number where a time is wanted")
        exact *= 1_000_000 // unit
        microseconds = int(exact)
        if microseconds != exact:
            raise Unfit("finer than a microsecond")
    try:
        found = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise Unfit("no day of the calendar") from None
    return f"{_told(found)}+00"


def _parsed(text: str) -> tuple[datetime, str | None]:
    found = _MOMENT.fullmatch(text)
    if not found:
        if _DATE.fullmatch(text):
            raise Unfit("a day without a time")
        raise Unfit(_not_a("time", text))
    day, clock, fraction, zone = found.group("day", "clock", "fraction", "zone")
    plain = f"{day} {clock}"
    try:
        return datetime.fromisoformat(_fine(plain, fraction) if fraction else plain), zone
    except ValueError:
        raise Unfit("no time of the calendar") from None


def _fine(text: str, fraction: str) -> str:
    """Python reads three or six digits of a second; more than six would be cut."""
    if fraction[_MICROSECONDS:].strip("0"):
        raise Unfit("finer than a microsecond")
    return f"{text[: -len(fraction) - 1]}.{fraction[:_MICROSECONDS]:0<6}"


def _named(zone: str) -> tzinfo:
    found = _OFFSET.fullmatch(zone)
    assert found
    return _offset(found)


def _offset(found: re.Match[str]) -> tzinfo:
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if hours > 15 or minutes > 59:
        raise Unfit("no time zone there is")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if found["sign"] == "-" else offset)


def _told(found: datetime | time) -> str:
    """PostgreSQL writes no more digits of a second than there are."""
    text = found.isoformat(" ") if isinstance(found, datetime) else found.isoformat()
    return text.rstrip("0") if found.microsecond else text


def _not_a(wanted: str, text: str) -> str:
    if not text.strip():
        return f"empty text in a {wanted}"
    if wanted == "date" and _MOMENT.fullmatch(text):
        return "a time of day in a date"
    return f"not a {wanted} in ISO 8601"
