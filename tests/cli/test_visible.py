"""Values on a terminal and in JSON."""

import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.visible import encode, plain, shown, visible
from tests.cli.typing_in import Typist


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("a\0b", "a\\0b"),
        ("\u202edlrow", "\\u202edlrow"),
        ("\ud800", "\\ud800"),
        ("ไทย 👩‍👩‍👧", "ไทย 👩‍👩‍👧"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, seen: str) -> None:
    """Control characters, marks of direction and surrogates are escaped; letters are not."""
    assert visible(text) == seen


@given(st.text(st.characters()))
def test_nothing_hidden_reaches_the_terminal(text: str) -> None:
    """Whatever the text, what is shown can be encoded and holds no control character."""
    seen = visible(text)
    seen.encode()
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in seen)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (b"\x00\xff", {"hex": "00ff"}),
        (math.nan, {"number": "NaN"}),
        (-math.inf, {"number": "-Infinity"}),
        ("\ud800", {"utf8": "eda080"}),
        (2**63 - 1, 2**63 - 1),
        (2**64, 2**64),
        (1e300, 1e300),
        (-0.0, -0.0),
        ("a\0b", "a\0b"),
        (None, None),
        ({"a": [b"\x01"]}, {"a": [{"hex": "01"}]}),
    ],
)
def test_json_loses_no_value(value: object, held: object) -> None:
    """What JSON cannot hold stands as an object that says what it is."""
    assert plain(value) == held
    assert json.loads(encode(value)) == held


def test_zero_keeps_its_sign() -> None:
    """Minus zero stays minus zero."""
    assert math.copysign(1, json.loads(encode(-0.0))) == -1


def test_cells() -> None:
    """Null, truth and bytes have their own look in a cell."""
    assert [shown(one) for one in (None, True, b"\xff", "a\nb", 1.5, ["ä"])] == [
        "null",
        "true",
        "x'ff'",
        "a\\nb",
        "1.5",
        '["ä"]',
    ]


def test_json_is_utf8_whatever_the_terminal_speaks(typist: Typist) -> None:
    """A program reads the letters it should, under an ASCII locale too; text is escaped there."""
    typist.type("init", "--name", "größe")
    main = "from commands.cli.main import main; main()"
    for words, found in ((["--format", "json"], "größe".encode()), ([], b"gr\\xf6\\xdfe")):
        done = subprocess.run(
            [sys.executable, "-c", main, "--db", typist.url, "status", *words],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            check=True,
        )
        assert found in done.stdout
