"""Which images of a table tell how its rows were at first, whatever shape they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import msgspec

from journal.values import TableRows


class Told(msgspec.Struct, frozen=True):
    """Images of whole rows, and those of their columns that no DDL had changed before.

    ``erased`` tells that not all of these images tell of all columns any more.
    """

    rows: TableRows
    columns: tuple[int, ...]
    erased: bool = False


def told(
    rows: Iterable[TableRows],
    columns: AbstractSet[int],
    key: AbstractSet[int],
    *,
    dropped: bool = False,
) -> Iterator[Told]:
    """Yield images of one table, the oldest first, as far as they tell of ``columns``.

    A table that was ``dropped`` meanwhile, and made again, tells nothing more from there on.

    DDL between them gives columns other values or other types, which its images name: later
    images do not tell how these columns were at first. Images of DDL that name no key are of
    one that gave the key itself other values: rows cannot be found any more.
    """
    changed: set[int] = set()
    for one in rows:
        imaged = set(one.columns)
        whole = one.cause == "written" or (one.cause == "destroyed" and columns <= imaged)
        if not key <= imaged:
            return
        if dropped and one.cause == "made":
            return
        if whole:
            yield Told(one, tuple(c for c in one.columns if c in columns - changed))
        if one.cause == "written":
            continue
        if dropped and whole:
            return
        if key and not one.key:
            return
        changed |= imaged - key
