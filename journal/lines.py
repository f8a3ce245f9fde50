"""Rows as lines of JSON, exactly.

A line is an object, its names those of the columns, in order. PostgreSQL: each value is null or
text, in the text form of its type. SQLite: null, whole numbers, reals (always with a fraction or
an exponent) and text are JSON's; what JSON cannot hold is an object of one key:
``{"blob": "00ff"}``, ``{"real": "Infinity"}``, and ``{"text": "ff80"}`` for text that is not
UTF-8, its bytes in hexadecimal.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from journal.effect import RawText, Row
from journal.values import DatabaseKind

PLAIN = frozenset((type(None), int, str))
"""Types of values that JSON holds as they are; ``float`` too, where it is finite."""

_encode = msgspec.json.Encoder().encode
_texts = msgspec.json.Decoder(dict[str, str | None]).decode
_values = msgspec.json.Decoder(dict[str, int | float | str | dict[str, str] | None]).decode


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a table as lines: the names that each bears, and blocks of whole lines."""

    columns: tuple[str, ...]
    blocks: Iterator[bytes]


class LineDigest:
    """The digest of a table's lines, taken block by block, with their number and size."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.rows = self.size = 0

    def take(self, block: bytes) -> None:
        """Take more lines, or a part of one."""
        self._digest.update(block)
        self.rows += block.count(b"\n")
        self.size += len(block)

    def hex(self) -> str:
        """Return the SHA-256 of what was taken."""
        return self._digest.hexdigest()


def line(names: Sequence[str], values: Row) -> bytes:
    """Return a row as a line, its end included."""
    return _encode(dict(zip(names, map(_written, values), strict=True))) + b"\n"


def row(text: bytes, names: tuple[str, ...], kind: DatabaseKind) -> Row:
    """Return the values of a line, as ``Database.dump`` yields them.

    Raises:
        ValueError: it is no row with these names.
    """
    try:
        found: dict[str, Any] = _texts(text) if kind == "postgresql" else _values(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if tuple(found) != names:
        raise ValueError("other columns")
    return values_of(found.values(), kind)


def values_of(found: Iterable[Any], kind: DatabaseKind) -> Row:
    """Return what the values of a line stand for. Raises ``ValueError`` where one is none."""
    return tuple(found) if kind == "postgresql" else tuple(map(_read, found))


def fits(text: bytes, names: tuple[str, ...], kind: DatabaseKind) -> bool:
    """Tell whether a line is a row with these names."""
    try:
        row(text, names, kind)
    except ValueError:
        return False
    return True


def _written(value: Any) -> Any:
    if type(value) in PLAIN:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"real": _no_number(value)}
    return {"text" if type(value) is RawText else "blob": bytes(value).hex()}


def _no_number(value: float) -> str:
    return "Infinity" if value > 0 else "-Infinity"


def _read(value: Any) -> Any:
    if type(value) is not dict:
        return value
    match tuple(value.items()):
        case (("blob", text),):
            return bytes.fromhex(text)
        case (("text", text),):
            return RawText(bytes.fromhex(text))
        case (("real", "Infinity" | "-Infinity" as text),):
            return float(text)
    raise ValueError("an object that is no value")
