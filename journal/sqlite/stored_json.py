r"""JSON as the journal stores it, in bytes, made fit for SQLite's functions, and back.

A name that no SQL text can hold is written as in JSON: a NUL as ``\u0000``. ``\"`` and ``\\`` are
respelled while keys are looked for, since a path of SQLite's cannot name them.
"""

from __future__ import annotations


def text(bytes_: str) -> str:
    """JSON that can be taken apart: no NUL, and no quote or backslash after a backslash."""
    plain = rf"replace(replace(CAST({bytes_} AS TEXT), '\\', '\u005c'), '\"', '\u0022')"
    return rf"replace({plain}, '\u0000', '\u005Cu0000')"


def back(json: str) -> str:
    """JSON as it stood before ``text``."""
    plain = rf"replace(replace({json}, '\u005Cu0000', '\u0000'), '\u0022', '\"')"
    return rf"replace({plain}, '\u005c', '\\')"
