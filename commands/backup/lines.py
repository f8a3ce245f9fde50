"""Rows as lines of JSON, exactly.

PostgreSQL: each value is null or text, in the text form of its type. SQLite: null, whole
numbers, reals (always with a fraction or an exponent) and text are JSON's; what JSON cannot
hold is an object of one key: ``{"blob": "00ff"}``, ``{"real": "Infinity"}``, and
``{"text": "ff80"}`` for text that is not UTF-8, its bytes in hexadecimal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from journal.effect import RawText, Row
from journal.values import DatabaseKind

BATCH = 100
"""Rows of one block: few, since each may hold megabytes."""
_JSON = frozenset((type(None), int, str))
_encode = msgspec.json.Encoder().encode
_texts = msgspec.json.Decoder(dict[str, str | None]).decode
_values = msgspec.json.Decoder(dict[str, int | float | str | dict[str, str] | None]).decode


def blocks(names: Sequence[str], rows: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of lines, each with the number of its rows."""
    rows = iter(rows)
    while some := list(islice(rows, BATCH)):
        lines = [_encode(dict(zip(names, map(_value, row), strict=True))) for row in some]
        yield len(some), b"\n".join(lines) + b"\n"


def row(line: bytes, names: tuple[str, ...], kind: DatabaseKind) -> Row:
    """Return the values of a line, as ``Database.dump`` yields them.

    Raises:
        ValueError: it is no row with these names.
    """
    try:
        found: dict[str, Any] = _texts(line) if kind == "postgresql" else _values(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
    if tuple(found) != names:
        raise ValueError("other columns")
    return tuple(found.values()) if kind == "postgresql" else tuple(map(_plain, found.values()))


def fits(line: bytes, names: tuple[str, ...], kind: DatabaseKind) -> bool:
    """Tell whether a line is a row with these names."""
    try:
        row(line, names, kind)
    except ValueError:
        return False
    return True


def _plain(value: Any) -> Any:
    if type(value) is not dict:
        return value
    match tuple(value.items()):
        case (("blob", text),):
            return bytes.fromhex(text)
        case (("text", text),):
            return RawText(bytes.fromhex(text))
        case (("real", text),):
            return float(text)
    raise ValueError("an object that is no value")


def _value(value: Any) -> Any:
    if type(value) in _JSON:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"real": _no_number(value)}
    # A database hands out text that is no UTF-8 as a kind of bytes.
    return {"blob" if type(value) is bytes else "text": bytes(value).hex()}


def _no_number(value: float) -> str:
    return "Infinity" if value > 0 else "-Infinity"
