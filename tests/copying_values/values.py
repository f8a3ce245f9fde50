"""Values of every kind: as SQLite may store them, and as only PostgreSQL knows them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
FLOATS = st.floats(allow_nan=False)
WHOLE = st.integers(-(2**63), 2**63 - 1)
ZONES = st.sampled_from(["Z", "z", "+00:00", "+07:00", "-03:30", "+0545", " +02"])
DAYS = st.dates().map(lambda day: day.isoformat())
CLOCKS = st.times().map(lambda clock: clock.isoformat())
LOCAL = st.builds(
    lambda moment, sep: moment.isoformat(sep=sep), st.datetimes(), st.sampled_from("T ")
)
MOMENTS = st.builds("{}{}".format, LOCAL, ZONES)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | FLOATS.filter(lambda n: abs(n) < 1e300) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = JSON.map(json.dumps) | JSON.map(lambda one: json.dumps(one, ensure_ascii=False))
DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, max_value=10**8 - 1, min_value=-(10**8) + 1
)

STORED: dict[str, st.SearchStrategy[Any]] = {
    "truth": st.sampled_from([0, 1, "true", "F", "No", "on"]),
    "small": st.integers(-(2**15), 2**15 - 1),
    "whole": WHOLE | WHOLE.map(str) | st.integers(-(2**53) + 1, 2**53 - 1).map(float),
    "digits": WHOLE | FLOATS | st.decimals(allow_nan=False, allow_infinity=False).map(str),
    "money_like": DECIMALS.map(str) | st.integers(-(10**8) + 1, 10**8 - 1),
    "real_one": st.floats(width=16, allow_nan=False) | st.integers(-1000, 1000),
    "double_one": FLOATS | st.integers(-(2**53), 2**53),
    "words": TEXT,
    "short": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    "octets": st.binary(max_size=20),
    "day": DAYS,
    "clock": CLOCKS,
    "local": LOCAL,
    "moment": MOMENTS
    | st.integers(631_152_000, 4_102_444_799)
    | st.integers(631_152_000_000, 4_102_444_799_999),
    "ident": st.uuids().map(str)
    | st.uuids().map(lambda one: str(one).upper())
    | st.uuids().map(lambda one: one.bytes),
    "doc": DOCUMENTS,
    "docb": DOCUMENTS,
}
"""What a column of SQLite may hold that converts to the type."""

ODD = st.sampled_from(
    [
        "",
        " ",
        "1 ",
        " 1",
        "+1",
        "1.",
        ".5",
        "-.5e3",
        "1_000",
        "0x10",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "-infinity",
        "infinity",
        "now",
        "today",
        "epoch",
        "2024-01-01 ",
        "2024-01-01 24:00:00",
        "2024-01-01T23:59:60",
        "2024-12-31 23:59:59,5",
        "10:00:00+07",
        "24:00:00",
        "24:00:00.1",
        "2024-01-01 10:00:00-00:00",
        "9999-12-31 23:59:59.999999-15:59",
        "4714-11-24 BC",
        "4714-11-23 BC",
        "10000-01-01",
        "99999999-01-01",
        "0044-03-15 BC",
        "0045-02-29 BC",
        "0044-02-29 BC",
        "100000-13-01",
        "123456-01-01 25:00:00+00",
        "123456-01-01 20:00:00+00",
        "0000-01-01 BC",
        "012345-01-01",
        "5874897-12-31",
        "5874898-01-01",
        '"\\ude00"',
        "[1E5,-0.0]",
        '"\\ud83d\\ude00"',
        '{"":1}',
        " [1] ",
        "\ufeff[1]",
        "1e16383",
        "[1e-16383]",
        "[1e131071]",
        "TRUE",
        "ON",
        "\u0661",
        "\ufb01",
        "\xa01",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
    ]
)
"""Texts that PostgreSQL reads in ways of its own, or not at all."""
DAY_LIKE = st.from_regex(
    r"\A\d{1,7}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,7})?)?(\+00|Z)?( BC)?\Z", fullmatch=True
)
ANYTHING = (
    ODD
    | DAY_LIKE
    | WHOLE
    | st.integers(-10, 10)
    | FLOATS
    | st.text(st.characters(codec="utf-8"), max_size=10)
    | st.binary(max_size=16)
    | st.one_of(*STORED.values())
)

ONLY_POSTGRESQL: dict[str, list[str]] = {
    "digits": ["NaN", "Infinity", "-Infinity", "1.50", "1.5", "0.00", "1" + "0" * 200, "-0.000100"],
    "money_like": ["NaN", "1.0000", "-99999999.9999"],
    "real_one": ["Infinity", "0.1", "3.4028235e+38", "1e-45"],
    "double_one": ["Infinity", "-Infinity", "1e+300", "5e-324", "0.1", "1"],
    "day": ["infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "10000-01-01"],
    "clock": ["24:00:00", "00:00:00.000001"],
    "local": ["infinity", "0044-03-15 10:00:00.5 BC", "294276-12-31 23:59:59.999999"],
    "moment": [
        "infinity",
        "-infinity",
        "0044-03-15 10:00:00+00 BC",
        "294276-12-31 23:59:59.999999+00",
    ],
    "doc": ['{"a": 1, "a": 2}', " [1.00, 1e2] "],
    "docb": ['{"b": 1.00, "a": [1e2, 123456789012345678901234567890]}', '"\\u00e9"', "1e400"],
    "list": ["{}", '{a,NULL,"NULL","b,c","\\"q\\"","\\\\"}', "{{a,b},{c,d}}"],
    "span": ["empty", "[1,5)", "(,10]", "(,)"],
    "pause": ["1 year 2 mons -3 days 04:05:06.789", "00:00:00", "-00:00:01"],
    "address": ["10.0.0.1", "::1", "192.168.0.0/16"],
}
"""Values in PostgreSQL's own words that nothing of SQLite becomes."""
