"""Types of columns: which can refer to which, and which are merely narrower."""

from __future__ import annotations

import re
from typing import Literal

from journal.values import DatabaseKind

Fit = Literal["same", "narrower", "wider", "apart"]
"""How a referring column's type stands to the referred one's."""

_SIZE = re.compile(r"\([^)]*\)")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
LIMITS = {"smallint": 32_767, "integer": 2_147_483_647}
"""The largest number that a type holds."""
_FAMILY = {"numeric": 1, "real": 2, "double precision": 2}
"""Whole numbers become numeric by themselves, and those floating; never the other way."""
_TEXTS = frozenset({"text", "character varying", "character", '"char"', "name", "citext"})
_TIMES = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})


def fit(column: str, key: str, kind: DatabaseKind) -> Fit:
    """Compare the type of a column with that of the key it refers to, or would.

    "apart" cannot be compared, so that a foreign key between them is refused (PostgreSQL,
    42804) or never finds anything (SQLite). "narrower" cannot hold every value of the key.
    """
    if kind == "sqlite":
        return _affine(column, key)
    one, other = base(column), base(key)
    if one == other or {one, other} <= _TEXTS:
        return "same"
    if one in _NUMBERS and other in _NUMBERS:
        if _FAMILY.get(one, 0) > _FAMILY.get(other, 0):
            return "apart"
        return "narrower" if _NUMBERS.index(one) < _NUMBERS.index(other) else "wider"
    return "wider" if {one, other} <= _TIMES else "apart"


def is_text(type_: str, kind: DatabaseKind) -> bool:
    """Tell whether a column of a type holds text."""
    return affinity(type_) == "text" if kind == "sqlite" else base(type_) in _TEXTS


def base(type_: str) -> str:
    """Return a type without its size; ``character varying(20)`` is ``character varying``."""
    return _SIZE.sub("", type_).strip().removeprefix("pg_catalog.")


def affinity(declared: str) -> str:
    """Return what SQLite makes of a declared type (datatype3.html, section 3.1)."""
    upper = declared.upper()
    if "INT" in upper:
        return "integer"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if "BLOB" in upper or not upper:
        return "blob"
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return "real"
    return "numeric"


def _affine(column: str, key: str) -> Fit:
    """Numbers compare with numbers; a declared name that is the same is meant to be the same."""
    if _SIZE.sub("", column).strip().lower() == _SIZE.sub("", key).strip().lower():
        return "same"
    one, other = affinity(column), affinity(key)
    if one == other or "blob" in {one, other}:
        return "same"
    numbers = {"integer", "real", "numeric"}
    if {one, other} <= numbers and not _spelled_out(column) and not _spelled_out(key):
        return "same"
    return "apart"


def _spelled_out(declared: str) -> bool:
    """Tell of names such as UUID, which SQLite takes for numbers and people do not."""
    return affinity(declared) == "numeric" and not re.match(
        r"(?i)\s*(num|dec|bool|date|time|money)", declared
    )
