"""What does not convert exactly is told with a reason, which shows nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.copy import boolean, integer, nulls, number, octets, text, times, uuid
from commands.copy.neutral import Side
from commands.copy.spec import Conversion
from commands.copy.unfit import Unfit
from journal.errors import Refused
from journal.sqlite.connection import RawText
from journal.values import SchemaObject
from tests.copying_values.crossing import TYPES, plan
from tests.copying_values.values import ANYTHING

TABLE = SchemaObject(id=1, kind="table", path=("t",))
UNKNOWN = "a number that is no time from 1990 to 2100 in any unit"

REFUSED: list[tuple[str, Any, str]] = [
    ("truth", 2, "neither true nor false"),
    ("truth", 1.0, "neither true nor false"),
    ("truth", "maybe", "neither true nor false"),
    ("truth", "", "empty text where true or false is wanted"),
    ("truth", b"\x01", "neither true nor false"),
    ("small", 40000, "past 2^15"),
    ("whole", "abc", "not a whole number"),
    ("whole", "", "empty text where a whole number is wanted"),
    ("whole", "007", "not a whole number"),
    ("whole", 2.5, "not a whole number"),
    ("whole", 9.3e18, "past 2^63"),
    ("whole", 2.0**60, "a real past 2^53, which may have been rounded"),
    ("whole", str(2**63), "past 2^63"),
    ("whole", "9" * 5000, "past 2^63"),
    ("whole", "\u0661\u0662", "not a whole number"),
    ("whole", b"1", "bytes where a whole number is wanted"),
    ("digits", "1,5", "not a number"),
    ("digits", "1e200000", "past what numeric holds"),
    ("money_like", 0.00001, "more than 4 decimals"),
    ("money_like", 10**8, "more than 8 digits before the point"),
    ("money_like", float("inf"), "an infinite number"),
    ("real_one", 0.123456789, "more digits than real holds"),
    ("real_one", 1e300, "past what real holds"),
    ("double_one", 2**53 + 1, "a whole number past 2^53, which would be rounded"),
    ("double_one", "0.1000000000000000000001", "more digits than a float holds"),
    ("double_one", "1e999", "more digits than a float holds"),
    ("words", "a\0b", "NUL in text"),
    ("words", RawText(b"\xff"), "text that is not UTF-8 where text is wanted"),
    ("words", 7, "a number where text is wanted"),
    ("words", b"x", "bytes where text is wanted"),
    ("short", "abcdef", "longer than 5 characters"),
    ("octets", "x", "text where bytes are wanted"),
    ("octets", RawText(b"\xff"), "text that is not UTF-8 where bytes are wanted"),
    ("day", "", "empty text in a date"),
    ("day", "2024-02-30", "no day of the calendar"),
    ("day", "20240229", "a number that counts from 1970, and no time zone known"),
    ("day", "2024-W09-4", "not a date in ISO 8601"),
    ("day", "29.02.2024", "not a date in ISO 8601"),
    ("day", "2024-02-29 10:00:00", "a time of day in a date"),
    ("day", "now", "not a date in ISO 8601"),
    ("clock", "25:00", "no time of a day"),
    ("clock", "infinity", "not a time of day in ISO 8601"),
    ("day", "0044-02-30 BC", "not a date in ISO 8601"),
    ("day", "5874898-01-01", "not a date in ISO 8601"),
    ("local", "10000-01-01", "not a time in ISO 8601"),
    ("clock", "10am", "not a time of day in ISO 8601"),
    ("local", "2024-02-29T10:00:00Z", "a time zone where the column has none"),
    ("local", 1_700_000_000, "a number that counts from 1970, and no time zone known"),
    ("moment", "2024-02-29T10:00:00", "no time zone known"),
    ("moment", "2024-02-29", "a day without a time"),
    ("moment", "2024-02-29T10:00:60Z", "no time of the calendar"),
    ("moment", "2024-02-29T10:00:00.1234567Z", "finer than a microsecond"),
    ("moment", "2024-02-29T10:00:00+25:00", "no time zone there is"),
    ("moment", "0001-01-01T00:00:00+10:00", "no day of the calendar"),
    ("moment", "yesterday", "not a time in ISO 8601"),
    ("moment", 12345, UNKNOWN),
    ("moment", "20240229", UNKNOWN),
    ("moment", 20240229101500, UNKNOWN),
    ("moment", 2460370.5, UNKNOWN),
    ("moment", 1_700_000_000.1234567, "finer than a microsecond"),
    ("ident", "1234", "not a UUID"),
    ("docb", "{'a': 1}", "not JSON"),
    ("docb", "", "empty text, which is no JSON"),
    ("docb", "[NaN]", "NaN or an infinity in JSON"),
    ("docb", '{"a":1,"a":1}', "a key stands twice in a JSON object"),
    ("docb", '["\\u0000"]', "NUL in a string of JSON"),
    ("docb", '{"\\u0000": 1}', "NUL in a string of JSON"),
    ("docb", '["\\ud800"]', "half a surrogate pair in a string of JSON"),
    ("docb", "[1e200000]", "a number in JSON that jsonb does not hold"),
    ("docb", "[" * 100_000, "JSON nested too deeply"),
    ("docb", "[" * 500 + "]" * 500, "JSON nested too deeply"),
    ("docb", "[1e9999999999999999999]", "a number in JSON that jsonb does not hold"),
    ("docb", "[0e200000]", "a number in JSON that jsonb does not hold"),
    ("digits", "1e-9999999999999999999", "past what numeric holds"),
    ("double_one", "1e-9999999999999999999", "more digits than a float holds"),
    ("moment", "1e999999999", "not a time in ISO 8601"),
    ("docb", float("inf"), "an infinite number in JSON"),
    ("docb", b"{}", "bytes where JSON is wanted"),
]

TAKEN: list[tuple[str, Any, Conversion, str | None]] = [
    ("truth", "ja", boolean(true=("ja",), false=("nein",)), "true"),
    ("truth", "nein", boolean(true=("ja",), false=("nein",)), "false"),
    ("day", "", nulls(""), None),
    ("whole", 0, nulls("0"), "0"),
    ("whole", "0", nulls("0"), None),
    ("moment", 12345, times("seconds"), "1970-01-01 03:25:45+00"),
    ("moment", -1, times("milliseconds"), "1969-12-31 23:59:59.999+00"),
    ("moment", "2024-02-29 10:00", times("iso", zone="+07:00"), "2024-02-29 03:00:00+00"),
    ("moment", "2024-02-29 10:00", times("iso", zone="UTC"), "2024-02-29 10:00:00+00"),
    ("local", 1_700_000_000, times("seconds", zone="UTC"), "2023-11-14 22:13:20"),
    ("day", 1_699_920_000_000, times("milliseconds", zone="UTC"), "2023-11-14"),
    ("words", 7, text(), "7"),
    ("words", 0.5, text(), "0.5"),
    ("octets", "é", octets(), "\\xc3a9"),
    ("octets", RawText(b"\xff"), octets(), "\\xff"),
    ("whole", "12", integer(), "12"),
    ("digits", "1.50", number(), "1.50"),
    ("digits", 1e-7, number(), "0.0000001"),
    ("ident", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", uuid(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
]


def _neutral(name: str, value: Any, rule: Conversion | None = None) -> Any:
    side = Side(plan(TABLE, name, onto="postgresql", rule=rule), "sqlite", ("v",))
    return side.neutral((value,))[0]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED)
def test_refused(name: str, value: Any, reason: str) -> None:
    """A value that does not convert exactly is refused for just this reason."""
    with pytest.raises(Unfit) as error:
        _neutral(name, value)
    assert error.value.reason == reason


@pytest.mark.parametrize(("name", "value", "rule", "taken"), TAKEN)
def test_taken_by_rule(name: str, value: Any, rule: Conversion, taken: str | None) -> None:
    """A rule says what would otherwise be a guess."""
    assert _neutral(name, value, rule) == taken


def test_epochs_do_not_touch() -> None:
    """A number between 1990 and 2100 in one unit is no such time in another."""
    for seconds in (631_152_000, 1_700_000_000, 4_102_444_799):
        told = {_neutral("moment", seconds * unit) for unit in (1, 1000, 1_000_000)}
        assert len(told) == 1


def test_odd_zone() -> None:
    """A zone with summer time is refused, since an hour of it comes twice."""
    with pytest.raises(Refused, match="Asia/Bangkok is no zone"):
        _neutral("moment", "2024-02-29 10:00", times("iso", zone="Asia/Bangkok"))


def test_every_problem_is_told() -> None:
    """All that is wrong with a row is told at once."""
    table = plan(TABLE, "whole", onto="postgresql")
    side = Side(table, "sqlite", ("v", "rowid"))
    assert [(one.column, one.reason) for one in side.problems(("abc", 1))] == [
        ("v", "not a whole number")
    ]
    assert side.problems((5, 1)) == ()


@pytest.mark.parametrize("name", TYPES)
@given(value=st.none() | ANYTHING | st.text() | st.binary().map(RawText))
def test_anything(name: str, value: Any) -> None:
    """Whatever SQLite may store converts or is refused, and no reason shows a long value."""
    try:
        found = _neutral(name, value)
    except Unfit as error:
        found = error.reason
        shown = isinstance(value, str) and len(value) > 8 and value in found
    else:
        shown = False
    assert not shown
    assert found is None or isinstance(found, str)
