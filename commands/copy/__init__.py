"""What a copy from one database into another is declared with."""

from commands.copy.rules import (
    boolean,
    integer,
    isolated,
    json,
    nulls,
    number,
    octets,
    omit,
    refers,
    text,
    times,
    uuid,
)
from commands.copy.spec import Conversion, Copy, Isolation, Reference

__all__ = [
    "Conversion",
    "Copy",
    "Isolation",
    "Reference",
    "boolean",
    "integer",
    "isolated",
    "json",
    "nulls",
    "number",
    "octets",
    "omit",
    "refers",
    "text",
    "times",
    "uuid",
]
