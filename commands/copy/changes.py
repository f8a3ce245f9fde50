"""What differs between a table of the source, of the target, and what was copied before.

All three are compared by the marks of their keys and rows, sorted on disk: collations of the
databases play no part, and memory stays flat. A table without a key is a multiset: equal rows
are told apart by counting them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from commands.copy.answer import SAMPLES, RowChanges
from commands.copy.manifests import GONE, Mark
from commands.copy.staging import Staging

Kind = Literal["new", "changed", "deleted", "already", "written"]
KINDS: tuple[Kind, ...] = ("new", "changed", "deleted", "already", "written")
Side = Literal["source", "before", "target"]
Compared = tuple[bytes, bytes, int, str | None]
"""Marks of a key and of its row, the row's place, and the key as it is shown."""
_COLUMNS = "k BLOB, d BLOB, n INTEGER, shown TEXT"
_BEHIND = "x''"
"""Stands for a row of the source that stays behind."""

_MERGED = """
CREATE TABLE merged_{number} AS
SELECT k, s, sn, b, t, tn, shown, CASE
    WHEN s IS t THEN 'already'
    WHEN t IS b THEN iif(s IS NULL, 'deleted', iif(t IS NULL, 'new', 'changed'))
    ELSE 'written' END AS kind
FROM (
    SELECT k, max(iif(side = 0, d, NULL)) AS s, max(iif(side = 0, n, NULL)) AS sn,
           nullif(max(iif(side = 1, d, NULL)), x'{gone}') AS b,
           max(iif(side = 2, d, NULL)) AS t, max(iif(side = 2, n, NULL)) AS tn,
           max(shown) AS shown
    FROM ({rows}) GROUP BY k, o
) WHERE (s IS NOT t OR s IS NOT b) AND s IS NOT {behind}
"""
_SOURCE = """
SELECT 0 AS side, s.k, iif(a.n IS NULL, s.d, {behind}) AS d, s.n, s.shown
FROM source_{number} s LEFT JOIN aside a ON a.t = {number} AND a.n = s.n
"""
_KEYED = """
SELECT side, k, d, n, shown, 1 AS o FROM ({source})
UNION ALL SELECT 1, k, d, max(n), NULL, 1 FROM before_{number} GROUP BY k
UNION ALL SELECT 2, k, d, n, shown, 1 FROM target_{number}
"""
_KEYLESS = """
SELECT side, k, d, n, shown, row_number() OVER (PARTITION BY side, k ORDER BY n) AS o FROM (
    SELECT * FROM ({source}) WHERE d IS NOT {behind}
    UNION ALL SELECT 1, k, d, n, NULL FROM before_{number}
    UNION ALL SELECT 2, k, d, n, shown FROM target_{number}
)
"""


class Changes:
    """The comparison of one table, which has a number; the three sides are added first."""

    def __init__(self, room: Staging, number: int, *, keyed: bool) -> None:
        self._room = room
        self._number = number
        self._keyed = keyed
        self._tables = tuple(f"{side}_{number}" for side in ("source", "before", "target"))
        for name in self._tables:
            room.make(name, _COLUMNS)

    def add(self, side: Side, rows: Iterable[Compared]) -> None:
        """Add rows of one side."""
        self._room.add(f"{side}_{self._number}", 4, rows)

    def add_before(self, marks: Iterable[Mark], first: int) -> int:
        """Add what an earlier batch brought; later ones have later places."""
        found = [(key, row, place, None) for place, (key, row) in enumerate(marks, start=first)]
        self.add("before", found)
        return first + len(found)

    def refuse_twins(self, reason: str) -> None:
        """Set rows of the source aside that have one key once they are converted."""
        self._room.run(
            f"INSERT OR IGNORE INTO aside SELECT {self._number}, n, 1, ? FROM source_{self._number}"
            f" WHERE k IN (SELECT k FROM source_{self._number} GROUP BY k HAVING count(*) > 1)",
            (reason,),
        )

    def merge(self) -> RowChanges:
        """Compare, once all sides are there and it is known which rows stay behind."""
        number = self._number
        source = _SOURCE.format(number=number, behind=_BEHIND)
        rows = (_KEYED if self._keyed else _KEYLESS).format(
            number=number, source=source, behind=_BEHIND
        )
        self._room.drop(f"merged_{number}")
        self._room.run(_MERGED.format(number=number, rows=rows, behind=_BEHIND, gone=GONE.hex()))
        self._room.run(f"CREATE INDEX merged_{number}_k ON merged_{number} (k)")
        self._room.drop(*self._tables)
        counted: dict[str, int] = dict(
            self._room.rows(f"SELECT kind, count(*) FROM merged_{number} GROUP BY 1")
        )
        held = self._room.value(
            f"SELECT count(*) FROM merged_{number} WHERE kind = 'written' AND s IS NOT NULL"
        )
        keys = {kind: self._shown(kind) for kind in counted}
        return RowChanges(**counted, held=held, keys=keys)

    def wanted(self) -> Iterator[int]:
        """Yield the places of rows of the source that are to be read again, in order."""
        found = self._room.rows(
            f"SELECT sn FROM merged_{self._number} WHERE sn IS NOT NULL"
            f" UNION SELECT n FROM aside WHERE t = {self._number} ORDER BY 1"
        )
        return (place for (place,) in found)

    def of_source(self) -> Iterator[tuple[int, Kind, bool]]:
        """Yield the places of rows that differ in order, how, and whether the target has them."""
        return self._room.rows(
            f"SELECT sn, kind, tn IS NOT NULL FROM merged_{self._number}"
            " WHERE sn IS NOT NULL ORDER BY 1"
        )

    def of_target(self) -> Iterator[tuple[int, Kind]]:
        """Yield the places of rows that the source does not have, in order, and how they differ."""
        return self._room.rows(
            f"SELECT tn, kind FROM merged_{self._number}"
            " WHERE tn IS NOT NULL AND sn IS NULL ORDER BY 1"
        )

    def written(self) -> frozenset[bytes]:
        """Return the marks of keys that somebody wrote in the target."""
        found = self._room.rows(f"SELECT k FROM merged_{self._number} WHERE kind = 'written'")
        return frozenset(k for (k,) in found)

    def stood(self, key: bytes) -> bytes | None:
        """Return the mark of the row that the target had under a key, if it is one that differs."""
        found = self._room.value(f"SELECT t FROM merged_{self._number} WHERE k = ?", (key,))
        return None if found is None else bytes(found)

    def _shown(self, kind: str) -> tuple[str, ...]:
        found = self._room.rows(
            f"SELECT shown FROM merged_{self._number} WHERE kind = ? AND shown IS NOT NULL"
            " ORDER BY shown LIMIT ?",
            (kind, SAMPLES),
        )
        return tuple(one for (one,) in found)
