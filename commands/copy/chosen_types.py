"""The type that a column gets where its table is made, from its name and what is stored."""

from __future__ import annotations

import re

from commands.copy.found import Found
from commands.copy.mapping import TO_SQLITE, full, logical_of, named
from commands.copy.plan import Logical, Problem
from commands.copy.spec import Conversion, Form
from journal.values import DatabaseKind

TYPE_OF: dict[Form, str] = {
    "boolean": "boolean",
    "seconds": "timestamp with time zone",
    "milliseconds": "timestamp with time zone",
    "microseconds": "timestamp with time zone",
    "iso": "timestamp with time zone",
    "json": "jsonb",
    "text": "text",
    "integer": "bigint",
    "number": "numeric",
    "bytes": "bytea",
    "uuid": "uuid",
}
"""The type that values of a declared form get where the table is created."""
TIMES = frozenset({"date", "timestamp", "timestamptz"})
_MOMENTS: tuple[Form, ...] = ("seconds", "milliseconds", "microseconds", "iso")
FORMS: dict[Logical, tuple[Form, ...]] = {
    "boolean": ("boolean",),
    "integer": ("integer",),
    "numeric": ("number", "integer"),
    "single": ("number", "integer"),
    "float": ("number", "integer"),
    "text": ("text",),
    "bytes": ("bytes",),
    "date": _MOMENTS,
    "time": ("iso",),
    "timestamp": _MOMENTS,
    "timestamptz": _MOMENTS,
    "uuid": ("uuid",),
    "json": ("json",),
    "jsonb": ("json",),
}
"""The forms that a rule may give to the values of a type."""
_SIZE = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


class Undecided(Exception):
    """No type can be chosen without guessing."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def chosen(name: str, declared: str, rule: Conversion, found: Found, target: DatabaseKind) -> str:
    """Choose a type of the target for a column of another kind of database.

    Raises:
        Undecided: what is stored is of several kinds, and neither name nor rule says more.
    """
    if rule.type:
        return full(rule.type) if target == "postgresql" else rule.type
    if target == "sqlite":
        return TO_SQLITE[logical_of(declared)]
    if rule.forms:
        return TYPE_OF[rule.forms[0]]
    kind = named(declared)
    match kind:
        case None:
            return _by_content(name, declared, found)
        case "timestamp with time zone":
            return _time_type(declared, found)
        case "uuid":
            return "uuid" if found.uuids == found.values else "text"
        case "numeric":
            return f"numeric{_sized(declared)}"
        case "text":
            return _text_type(declared, found)
        case _:
            return kind


def _by_content(name: str, declared: str, found: Found) -> str:
    """A name that says nothing leaves it to what is stored."""
    stored = {
        "bigint": found.integers,
        "double precision": found.reals,
        "text": found.texts,
        "bytea": found.blobs,
    }
    kinds = {kind for kind, values in stored.items() if values}
    if kinds == {"bigint", "double precision"}:
        return "double precision"
    if len(kinds) > 1:
        raise Undecided(
            Problem(
                text=f"{name} ({declared or 'no type'}) holds {found.text}",
                hint="Say what it is, as with text(), number() or octets().",
            )
        )
    return kinds.pop() if kinds else "text"


def _time_type(declared: str, found: Found) -> str:
    """A zone that is named somewhere, or a number, makes all of them moments."""
    if found.values and found.days == found.values:
        return "date"
    zoned = "zone" in declared.lower() or declared.lower().endswith("tz")
    if found.unzoned and not (found.zoned or found.epochs or zoned):
        return "timestamp without time zone"
    return "timestamp with time zone"


def _text_type(declared: str, found: Found) -> str:
    size = _SIZE.search(declared)
    limit = int(size[1]) if size else 0
    return f"character varying({limit})" if 0 < limit >= found.longest and found.every else "text"


def _sized(declared: str) -> str:
    size = _SIZE.search(declared)
    if not size:
        return ""
    return f"({size[1]},{size[2] or 0})"
