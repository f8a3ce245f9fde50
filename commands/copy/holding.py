"""What a type of PostgreSQL can hold, for values in the neutral form."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from commands.copy.plan import Logical
from commands.copy.unfit import Unfit

Holds = Callable[[str], str]
_TYPE = re.compile(r"(?P<name>[^(]+?)\s*(\((?P<size>\d+)(\s*,\s*(?P<scale>-?\d+))?\))?( with.*)?")
_BITS = {"smallint": 15, "int2": 15, "integer": 31, "int4": 31, "int": 31}
_SHORT = range(1, 10)
"""Digits that tell floats of four bytes from each other."""
_FRACTION = re.compile(r"\.(\d+)", re.ASCII)


def holding(logical: Logical, declared: str) -> Holds | None:
    """Return what holds a value against a type; ``None`` where all such values fit."""
    found = _TYPE.fullmatch(declared.lower())
    if not found:
        return None
    name, size, scale = found.group("name", "size", "scale")
    match logical:
        case "integer":
            return _within(_BITS.get(name, 63))
        case "numeric" if size:
            return _precise(int(size), int(scale or 0))
        case "single":
            return _single
        case "text" if size and name in {"character varying", "varchar"}:
            return _up_to(int(size))
        case "text" if name in {"character", "char", "bpchar"}:
            return _just(int(size or 1))
        case "time" | "timestamp" | "timestamptz" if size:
            return _coarse(int(size))
        case _:
            return None


def _within(bits: int) -> Holds:
    low, high = -(1 << bits), (1 << bits) - 1

    def holds(text: str) -> str:
        if not low <= int(text) <= high:
            raise Unfit(f"past 2^{bits}")
        return text

    return holds


def _precise(size: int, scale: int) -> Holds:
    def holds(text: str) -> str:
        if text in {"NaN", "Infinity", "-Infinity"}:
            if text != "NaN":
                raise Unfit("an infinite number")
            return text
        whole, _, fraction = text.lstrip("+-").partition(".")
        if len(fraction.rstrip("0")) > max(scale, 0):
            raise Unfit(f"more than {max(scale, 0)} decimals")
        if len(whole.lstrip("0")) > size - scale:
            raise Unfit(f"more than {size - scale} digits before the point")
        return text

    return holds


def _single(text: str) -> str:
    """Four bytes keep a number exactly, or in as few digits as it was written with."""
    value = float(text)
    if value - value != 0:  # infinite, or no number
        return text
    try:
        kept = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        raise Unfit("past what real holds") from None
    shown = (float(f"{kept:.{digits}g}") for digits in _SHORT)
    shortest = next(one for one in shown if struct.unpack("<f", struct.pack("<f", one))[0] == kept)
    if value not in {kept, shortest}:
        raise Unfit("more digits than real holds")
    return text


def _up_to(size: int) -> Holds:
    def holds(text: str) -> str:
        if len(text) > size:
            raise Unfit(f"longer than {size} characters")
        return text

    return holds


def _just(size: int) -> Holds:
    def holds(text: str) -> str:
        if len(text) != size:
            raise Unfit(f"not {size} characters, as the column pads or cuts to")
        return text

    return holds


def _coarse(digits: int) -> Holds:
    def holds(text: str) -> str:
        found = _FRACTION.search(text)
        if found and len(found[1]) > digits:
            raise Unfit(f"more than {digits} digits of a second")
        return text

    return holds
