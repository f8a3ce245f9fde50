"""One text for each value: equal values have equal canonical texts, and no others have."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from commands.copy import json_values
from commands.copy.plan import Logical

One = Callable[[Any], Any]


def canonical(logical: Logical) -> One | None:
    """Return what makes the neutral form of a value canonical; ``None`` where it is."""
    match logical:
        case "numeric":
            return _numeric
        case "float":
            return _float
        case "single":
            return _single
        case "jsonb":
            return json_values.canonical
        case "stored":
            return _stored
        case _:
            return None


def _numeric(text: str) -> str:
    """1.0 and 1.00 are one number."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _float(text: str) -> str:
    return repr(float(text))


def _single(text: str) -> str:
    """Text may tell more digits than four bytes keep."""
    value = float(text)
    return repr(struct.unpack("f", struct.pack("f", value))[0])


def _stored(value: Any) -> str:
    """What SQLite stores, its class included; a length tells where text that holds NUL ends."""
    match value:
        case str():
            return f"t{len(value)}:{value}"
        case int():
            return f"i{value}"
        case float():
            return f"r{value!r}"
        case _:  # text that is no UTF-8 comes as a kind of bytes
            word = "b" if type(value) is bytes else "u"
            return f"{word}{value.hex()}"
