"""Which type of one database stands for which of the other, and what both mean."""

from __future__ import annotations

import re

from commands.copy.plan import Logical

LOGICAL: dict[str, Logical] = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "numeric",
    "real": "single",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "bytea": "bytes",
    "date": "date",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "jsonb",
}
"""What the types of PostgreSQL mean; all others are ``verbatim``."""

ALIASES = {
    "bool": "boolean",
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}
"""Other names of types, as people write them."""

TO_SQLITE: dict[Logical, str] = {
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "numeric": "TEXT",
    "single": "REAL",
    "float": "REAL",
    "text": "TEXT",
    "bytes": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "DATETIME",
    "timestamptz": "DATETIME",
    "uuid": "TEXT",
    "json": "TEXT",
    "jsonb": "TEXT",
    "verbatim": "TEXT",
    "stored": "",
}
"""The declared type on SQLite, chosen so that its affinity keeps each value as it is."""

HELD_AS: dict[Logical, str] = {
    "boolean": "0 or 1",
    "numeric": "its digits, as text: compared and sorted as text",
    "date": "ISO 8601 text",
    "time": "ISO 8601 text",
    "timestamp": "ISO 8601 text",
    "timestamptz": "ISO 8601 text in UTC, with +00:00",
    "uuid": "text",
    "json": "text",
    "jsonb": "text",
    "verbatim": "the text that PostgreSQL writes",
}
"""How SQLite holds what it has no type for."""

_TYPE = re.compile(r"(?P<name>[^(]+?)\s*(?P<size>\([^)]*\))?(?P<rest> with(out)? time zone)?")


def logical_of(declared: str) -> Logical:
    """Return what the values of a type of PostgreSQL are."""
    name, _ = _taken_apart(declared)
    return LOGICAL.get(name, "verbatim")


def full(declared: str) -> str:
    """Return a type as PostgreSQL's catalog names it: ``varchar(9)``, ``character varying(9)``."""
    name, size = _taken_apart(declared)
    if name == "character" and not size:
        size = "(1)"
    size = re.sub(r"\s", "", size)
    for zone in (" with time zone", " without time zone"):
        if name.endswith(zone) and size:
            return f"{name.removesuffix(zone)}{size}{zone}"
    return f"{name}{size}"


def _taken_apart(declared: str) -> tuple[str, str]:
    """Return the name without a size, and the size."""
    found = _TYPE.fullmatch(declared.strip())
    if not found or declared.endswith("[]"):
        return declared, ""
    plain = re.sub(r"\s+", " ", found["name"].lower())
    name = f"{plain}{found['rest'] or ''}"
    return ALIASES.get(name, name), found["size"] or ""


_OPEN = re.compile(r"date.*|time.*|uuid|guid|.*char.*\(.*", re.IGNORECASE)


def open_type(declared: str) -> bool:
    """Tell whether what is stored decides which type a declared type of SQLite becomes."""
    kind = named(declared)
    return kind is None or _OPEN.fullmatch(declared.strip()) is not None


def named(declared: str) -> str | None:
    """Return the type of PostgreSQL that a declared type of SQLite names, without its size.

    ``None`` where it names none: nothing is declared, or a word that both do not share.
    """
    name = re.sub(r"\s*\(.*", "", declared.strip().lower())
    if name in _BY_NAME:
        return _BY_NAME[name]
    if "int" in name:
        return "bigint"
    if any(word in name for word in ("char", "clob", "text")):
        return "text"
    if "blob" in name:
        return "bytea"
    if any(word in name for word in ("real", "floa", "doub")):
        return "double precision"
    return None


_BY_NAME = {
    "bool": "boolean",
    "boolean": "boolean",
    "json": "jsonb",
    "jsonb": "jsonb",
    "date": "date",
    "time": "time without time zone",
    "datetime": "timestamp with time zone",
    "timestamp": "timestamp with time zone",
    "timestamptz": "timestamp with time zone",
    "timestamp with time zone": "timestamp with time zone",
    "timestamp without time zone": "timestamp without time zone",
    "numeric": "numeric",
    "decimal": "numeric",
    "number": "numeric",
    "uuid": "uuid",
    "guid": "uuid",
}
"""Declared types that SQLite knows nothing of, and what people mean by them."""
