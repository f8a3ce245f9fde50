"""What stands in the columns of a source, counted by the database itself.

A declared type of SQLite is only a name, so what is stored decides. Columns whose name leaves
their type open are read from end to end; of all others some rows are looked at, for hints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from commands.copy.mapping import named, open_type
from commands.copy.moments import EARLIEST, LATEST
from commands.quoting import quoted
from journal.effect import Ask
from journal.values import Column, DatabaseKind, SchemaObject

SOME = 1000
"""Rows that are looked at for a hint."""
_WIDTH = 40
"""Columns counted by one query."""


class Found(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values of one column of SQLite, by storage class and by what they look like.

    ``values`` counts those that are not null. ``flags`` are the whole numbers 0 and 1,
    ``epochs`` numbers that can be a time from 1990 to 2100. Of texts: ``words`` say true or
    false, ``days`` are dates, ``zoned`` and ``unzoned`` times, ``objects`` JSON objects and
    lists, ``uuids`` look like one; the longest has ``longest`` characters. ``every`` tells that
    all rows were read, and not some.
    """

    values: int = 0
    integers: int = 0
    reals: int = 0
    texts: int = 0
    blobs: int = 0
    flags: int = 0
    epochs: int = 0
    words: int = 0
    days: int = 0
    zoned: int = 0
    unzoned: int = 0
    objects: int = 0
    uuids: int = 0
    empty: int = 0
    longest: int = 0
    every: bool = False

    @property
    def text(self) -> str:
        """What was found, in words."""
        kinds = {
            "whole numbers": self.integers,
            "reals": self.reals,
            "texts": self.texts,
            "bytes": self.blobs,
        }
        said = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items() if n)
        return said or "nothing"

    @property
    def looks(self) -> str:
        """What was found, and what it looks like."""
        looks = {
            "0 or 1": self.flags,
            "true or false": self.words,
            "days": self.days,
            "times with a zone": self.zoned,
            "times without a zone": self.unzoned,
            "JSON": self.objects,
            "UUIDs": self.uuids,
            "empty": self.empty,
            "perhaps times since 1970": self.epochs,
        }
        said = ", ".join(f"{n:,} {what}" for what, n in looks.items() if n)
        among = "" if self.every else " among the first rows"
        return f"{self.text}{among}{f' ({said})' if said else ''}"

    @property
    def resembles(self) -> dict[str, int]:
        """How many values look as if a rule was meant."""
        return {
            "json()": self.objects,
            "times()": self.zoned + self.unzoned + self.epochs,
            "boolean()": self.words,
        }


def look(
    ask: Ask, tables: Iterable[SchemaObject], kind: DatabaseKind
) -> dict[tuple[str, str], Found]:
    """Count what the columns of tables hold, by table and column; nothing on PostgreSQL.

    There the declared type says it all.
    """
    found: dict[tuple[str, str], Found] = {}
    if kind != "sqlite":
        return found
    for table in tables:
        stored = [column for column in table.columns if "generated" not in column.definition]
        open_ones = [c for c in stored if open_type(str(c.definition.get("type", "")))]
        others = [column for column in stored if column not in open_ones]
        for columns, every in ((open_ones, True), (others, False)):
            for first in range(0, len(columns), _WIDTH):
                some = columns[first : first + _WIDTH]
                found |= _counted(ask, table.path[0], some, every=every)
    return found


def _counted(
    ask: Ask, table: str, columns: Sequence[Column], *, every: bool
) -> dict[tuple[str, str], Found]:
    names = [column.name for column in columns]
    listed = ", ".join(part for column in columns for part in _wanted(column, every=every))
    source = f"main.{quoted(table)}"
    if not every:
        source = f"(SELECT {', '.join(map(quoted, names))} FROM {source} LIMIT {SOME})"
    row = [int(value or 0) for value in ask(f"SELECT {listed} FROM {source}")[0]]
    fields = [one for one in Found.__struct_fields__ if one != "every"]
    return {
        (table, name): Found(
            **dict(zip(fields, row[n * len(fields) : (n + 1) * len(fields)], strict=True)),
            every=every,
        )
        for n, name in enumerate(names)
    }


def _wanted(column: Column, *, every: bool) -> list[str]:
    """Of a text of so many characters only its length matters; that is quick to count."""
    x = quoted(column.name)
    counts = _counts(x)
    if every and named(str(column.definition.get("type", ""))) == "text":
        return [counts[0], *["0"] * (len(counts) - 2), counts[-1]]
    return counts


def _counts(x: str) -> list[str]:
    """Expressions for the fields of ``Found``, in their order."""
    day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    moment = f"typeof({x}) = 'text' AND {x} GLOB '{day}[ T][0-9][0-9]:[0-9][0-9]*'"
    zoned = f"({x} GLOB '*[Zz]' OR substr({x}, 17) GLOB '*[+-][0-9][0-9]*')"
    number = f"typeof({x}) IN ('integer', 'real')"
    ranges = " OR ".join(
        f"{x} BETWEEN {EARLIEST * unit} AND {LATEST * unit - 1}" for unit in (1, 1000, 1_000_000)
    )
    opened = f"typeof({x}) = 'text' AND substr(ltrim({x}), 1, 1) IN ('{{', '[')"
    return [
        f"count({x})",
        f"sum(typeof({x}) = 'integer')",
        f"sum(typeof({x}) = 'real')",
        f"sum(typeof({x}) = 'text')",
        f"sum(typeof({x}) = 'blob')",
        f"sum(typeof({x}) = 'integer' AND {x} IN (0, 1))",
        f"sum({number} AND ({ranges}))",
        f"sum(typeof({x}) = 'text' AND lower({x}) IN ('true', 'false', 't', 'f', 'yes', 'no'))",
        f"sum(typeof({x}) = 'text' AND {x} GLOB '{day}')",
        f"sum({moment} AND {zoned})",
        f"sum({moment} AND NOT {zoned})",
        f"sum(CASE WHEN {opened} THEN json_valid({x}) ELSE 0 END)",
        f"sum(typeof({x}) = 'text' AND length({x}) = 36 AND {x} GLOB"
        " '[0-9a-fA-F]*-[0-9a-fA-F]*-[0-9a-fA-F]*-[0-9a-fA-F]*-[0-9a-fA-F]*')",
        f"sum(typeof({x}) = 'text' AND trim({x}) = '')",
        f"max(CASE WHEN typeof({x}) = 'text' THEN length({x}) END)",
    ]
