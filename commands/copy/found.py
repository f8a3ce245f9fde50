"""What stands in the columns of a source, counted by the database itself."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from journal.effect import Ask
from journal.values import DatabaseKind, SchemaObject


class Found(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values of one column of SQLite, by storage class and by what they look like.

    ``flags`` are the whole numbers 0 and 1, ``epochs`` the numbers that can be a time from 1990
    to 2100. Of texts: ``words`` say true or false, ``days`` are dates, ``zoned`` and ``unzoned``
    times, ``objects`` JSON objects and lists, ``longest`` characters the longest has.
    """

    rows: int = 0
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
    empty: int = 0
    longest: int = 0


def look(
    ask: Ask, tables: Iterable[SchemaObject], kind: DatabaseKind
) -> dict[tuple[str, str], Found]:
    """Count what each column holds, one reading of each table; nothing on PostgreSQL.

    There the declared type says it all.
    """
    raise NotImplementedError
