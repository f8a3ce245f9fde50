"""A program's query over a SELECT of the user's: rows in order, all or those of some keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

Words = Callable[[Any], str]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A SELECT whose rows come by their ``key``, and those of one key in the stated ``order``.

    ``order`` is SQL over the columns that the SELECT returns.
    """

    sql: str
    key: str
    order: str = ""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys are meant: all, or those within bounds, or those listed.

    ``after`` and ``before`` are not included, ``first`` and ``last`` are. Null is within no bounds; it is
    listed as ``None``.
    """

    after: Any = msgspec.UNSET
    before: Any = msgspec.UNSET
    first: Any = msgspec.UNSET
    last: Any = msgspec.UNSET
    among: tuple[Any, ...] | None = None


ALL = Keys()


class Dialect(msgspec.Struct, frozen=True):
    """How a database writes a name and a value, and what tells apart keys it holds equal."""

    quote: Callable[[str], str]
    literal: Words
    form: Callable[[str], str]


def rows_of(source: Source, keys: Keys, dialect: Dialect) -> str:
    """Return the query of the rows; keys that are equal and not the same stay together."""
    key = dialect.quote(source.key)
    order = ", ".join(part for part in (key, dialect.form(key), source.order.strip()) if part)
    return f"SELECT * FROM ({_bare(source)}) AS source{_where(key, keys, dialect)} ORDER BY {order}"


def keys_of(source: Source, keys: Keys, dialect: Dialect) -> str:
    """Return the query of the keys in order, each once, null left out."""
    key = dialect.quote(source.key)
    where = _where(key, keys, dialect) or f" WHERE {key} IS NOT NULL"
    return f"SELECT {key} FROM ({_bare(source)}) AS source{where} GROUP BY {key} ORDER BY {key}"


def _bare(source: Source) -> str:
    """A comment may end the text, so a line ends it."""
    return source.sql.rstrip().rstrip(";") + "\n"


def _where(key: str, keys: Keys, dialect: Dialect) -> str:
    bounds = [
        f"{key} {sign} {dialect.literal(bound)}"
        for sign, bound in (
            (">", keys.after),
            ("<", keys.before),
            (">=", keys.first),
            ("<=", keys.last),
        )
        if bound is not msgspec.UNSET
    ]
    if keys.among is not None:
        listed = ", ".join(dialect.literal(one) for one in keys.among if one is not None)
        either = [f"{key} IN ({listed})"] if listed else []
        either += [f"{key} IS NULL"] if None in keys.among else []
        bounds.append(f"({' OR '.join(either) or 'false'})")
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""
