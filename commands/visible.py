"""Values made fit to be shown: on a terminal, and in JSON. Nothing of them is lost."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from journal.erased import Archived, Erased

# Categories that move the cursor, change how text is read, or cannot be encoded.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_NONE = object()
# Joiners belong to words and emoji of many languages, and do no harm.
_KEPT = "\u200c\u200d"
_LARGEST = 2**63 - 1
_encode = msgspec.json.Encoder(decimal_format="number").encode


def visible(text: str) -> str:
    """Return text in which control characters, marks of direction and the like are escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_letter, text))


def shown(value: Any) -> str:
    """Return a value of a row as a cell of a table."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Erased):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return visible(_escaped(value)) if _is_text(value) else f"x'{bytes(value).hex()}'"
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping | list | tuple):
        return visible(encode(value).decode())
    return visible(str(value))


def plain(value: Any) -> Any:
    """Return a value of what JSON can hold.

    What JSON cannot hold becomes an object of one key: bytes ``{"hex": "00ff"}``, a number
    that is none ``{"number": "NaN"}`` (or Infinity, -Infinity), text that is not UTF-8
    ``{"utf8": "eda080"}``, its bytes in hexadecimal; what was erased ``{"erased": 57}``, what left
    for an archive ``{"archived": 57}``, the position of the entry that tells of it.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):  # past 64 bits only decimals are written
        return value if -_LARGEST <= value <= _LARGEST else Decimal(value)
    if isinstance(value, str):
        return value if _encodable(value) else {"utf8": _bytes_of(value).hex()}
    if isinstance(value, Decimal):  # as a float 1e400 would be infinite
        return value if value.is_finite() else {"number": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"number": _no_number(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"utf8" if _is_text(value) else "hex": bytes(value).hex()}
    if isinstance(value, Erased):
        return {"archived" if isinstance(value, Archived) else "erased": value.position}
    if isinstance(value, msgspec.Struct):
        return _struct(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def encode(value: Any, *, indent: bool = False) -> bytes:
    """Return a value as JSON, readable with ``indent``."""
    line = _encode(plain(value))
    return msgspec.json.format(line, indent=2) if indent else line


def _struct(value: msgspec.Struct) -> dict[str, Any]:
    """Return a struct as its class says it is written: with its tag, and without defaults."""
    config = value.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    defaults = _defaults(type(value)) if config.omit_defaults else {}
    fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    return tag | {
        name: plain(found)
        for name, field in fields
        if (found := getattr(value, field)) != defaults.get(field, _NONE)
    }


@cache
def _defaults(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def _letter(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN or letter in _KEPT:
        return letter
    short = _SHORT.get(letter)
    if short:
        return short
    number = ord(letter)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _key(key: Any) -> str:
    text = str(key)
    return text if _encodable(text) else visible(text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_text(value: object) -> bool:
    """Tell text that is no UTF-8 from bytes: a database hands it out as a kind of bytes."""
    return isinstance(value, bytes) and type(value) is not bytes


def _escaped(value: bytes | bytearray | memoryview) -> str:
    return bytes(value).decode("utf-8", "backslashreplace")


def _bytes_of(text: str) -> bytes:
    """Return the bytes of text: those that were no UTF-8 stand as escapes in it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _no_number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
