"""Inputs made of real ones: bytes cut, doubled and exchanged, JSON changed where it is a value."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

WORDS = (
    b"'", b'"', b"$$", b"$a$", b"/*", b"*/", b"--", b"\n", b";", b"\\.", b"\0", b"{", b"[", b"(", b"}",
    b"begin", b"end", b"case", b"create trigger", b"copy t from stdin;\n", b"-- migrate:up\n", b"0" * 5000,
    b"9" * 5000, b"1e999999", b"-1", b"18446744073709551616", b"\xff\xfe", "—".encode(), "٣".encode(),
    "²".encode(), b"\xed\xa0\x80", b"[" * 3000, b'{"a":' * 3000, b"NaN", b"null", b"head~", b"before:", b"@",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**53, 2**63, 2**64 - 1, 1e308, "", "\0", "x" * 10_000, "\u202e", [], {}, [[]], {"type": "x"},
)  # fmt: skip


def mutated(data: bytes, random: Random, *, others: list[bytes]) -> bytes:
    """Return another input: one to four changes of one that is real."""
    for _ in range(random.randint(1, 4)):
        data = random.choice(_WAYS)(data, random, others)
    return data[:200_000]


def _json(data: bytes, random: Random, _: list[bytes]) -> bytes:
    """Change a value within JSON, or a name; what stands before and after it stays."""
    starts = [place for place in (data.find(b"{"), data.find(b"[")) if place >= 0]
    if not starts:
        return data
    start = min(starts)
    try:
        found = msgspec.json.decode(data[start:])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return data
    try:
        return data[:start] + msgspec.json.encode(_changed(found, random))
    except (ValueError, TypeError, RecursionError):
        return data


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        match random.randrange(8):
            case 0:
                return {key: one for key, one in value.items() if key != name}
            case 1:
                return value | {name + "x": value[name]}
            case _:
                return value | {name: _changed(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        if random.random() < 0.2:
            return value * 2
        return [*value[:place], _changed(value[place], random), *value[place + 1 :]]
    return random.choice(VALUES)


def _insert(data: bytes, random: Random, _: list[bytes]) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.choice(WORDS) * random.choice((1, 1, 1, 2, 50)) + data[place:]


def _cut(data: bytes, random: Random, _: list[bytes]) -> bytes:
    first, last = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    return data[:first] + data[last:] if last - first < len(data) // 2 else data[first:last]


def _flip(data: bytes, random: Random, _: list[bytes]) -> bytes:
    if not data:
        return data
    place = random.randrange(len(data))
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def _double(data: bytes, random: Random, _: list[bytes]) -> bytes:
    first, last = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    return data[:last] + data[first:last] * random.choice((1, 2, 30)) + data[last:]


def _splice(data: bytes, random: Random, others: list[bytes]) -> bytes:
    other = random.choice(others)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


_WAYS = (_json, _json, _json, _insert, _insert, _cut, _flip, _flip, _double, _splice)
