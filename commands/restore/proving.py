"""Rows on their way from a backup into tables, and the proof that they are there.

The rows of a table as it is read afterwards have the digest that the manifest names. Where a
key orders them otherwise now, or not at all, digests of the single rows are summed up on both
sides. Where a column is left out, the rows of both sides are told without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from commands.backup.reading import Progress
from commands.backup.stored import StoredBackup
from commands.restore.planning import TablePlan
from journal.database import Database
from journal.effect import Row
from journal.errors import NotExact
from journal.lines import LineDigest, line
from journal.replacing import Content

_STEP = 1000


class Proving:
    """The rows of one restore."""

    def __init__(
        self,
        stored: StoredBackup,
        database: Database,
        plans: Sequence[TablePlan],
        progress: Progress,
    ) -> None:
        self._stored = stored
        self._database = database
        self._plans = plans
        self._progress = progress

    def contents(self) -> tuple[Content, ...]:
        """Return what each table is to hold."""
        return tuple(self._content(plan) for plan in self._plans)

    def prove(self) -> None:
        """Hold every table against the backup. Raises ``NotExact``."""
        for plan in self._plans:
            if not (self._equal(plan) or self._sum_live(plan) == self._sum_backed(plan)):
                raise NotExact(f"{plan.name} did not come back as the backup has it")

    def _content(self, plan: TablePlan) -> Content:
        return Content(
            table=plan.live,
            columns=tuple(live for _, live in plan.columns),
            rows=lambda: self._counted(plan),
            rowid=bool(plan.backed.rowid),
            retyped=plan.retyped,
            names=plan.backed.keys,
            lines=None if plan.left_out or plan.backed.rowid else lambda: self._blocks(plan),
        )

    def _blocks(self, plan: TablePlan) -> Iterator[bytes]:
        number = 0
        for block in self._stored.blocks(plan.backed):
            number += block.count(b"\n")
            self._progress(f"{plan.name}, rows read", number, plan.backed.rows)
            yield block

    def _counted(self, plan: TablePlan) -> Iterator[Row]:
        names = [*(backed for backed, _ in plan.columns), *filter(None, [plan.backed.rowid])]
        rows = _chosen(plan.backed.keys, names, self._stored.rows(plan.backed))
        for number, row in enumerate(rows):
            if number % _STEP == 0:
                self._progress(f"{plan.name}, rows read", number, plan.backed.rows)
            yield row

    def _equal(self, plan: TablePlan) -> bool:
        """Compare digests; blocks are read as a backup reads them, and not row by row."""
        found = self._database.dump_lines(plan.live)
        backed = {live: name for name, live in plan.columns}
        names = tuple(backed.get(name, name) for name in found.columns)
        if names != plan.backed.keys or found.columns != names or plan.left_out:
            return False
        digest = LineDigest()
        for block in found.blocks:
            digest.take(block)
            self._progress(f"{plan.name}, rows proved", digest.rows, plan.backed.rows)
        return digest.hex() == plan.backed.digest

    def _sum_live(self, plan: TablePlan) -> int:
        return _sum(*self._live(plan))

    def _sum_backed(self, plan: TablePlan) -> int:
        names, _ = self._live(plan)
        return _sum(names, _chosen(plan.backed.keys, names, self._stored.rows(plan.backed)))

    def _live(self, plan: TablePlan) -> tuple[tuple[str, ...], Iterable[Row]]:
        """Read a table under the backup's names, and in its order."""
        found = self._database.dump(plan.live)
        backed = {live: name for name, live in plan.columns}
        rowid = len(found.columns) > len([c for c in found.columns if _stored(plan, c)])
        names = tuple(name for name, _ in plan.columns)
        here = [backed.get(name, "") for name in found.columns]
        if rowid and plan.backed.rowid:
            here[-1] = plan.backed.rowid
            names = (*names, plan.backed.rowid)
        return names, _chosen(here, names, found.rows)


def _stored(plan: TablePlan, name: str) -> bool:
    return any(column.name == name for column in plan.live.columns)


def _chosen(names: Sequence[str], wanted: Sequence[str], rows: Iterable[Row]) -> Iterable[Row]:
    """Yield the values of rows that are wanted, in that order."""
    if tuple(names) == tuple(wanted):
        return rows
    places = [names.index(name) for name in wanted]
    return (tuple(row[place] for place in places) for row in rows)


def _sum(names: Sequence[str], rows: Iterable[Row]) -> int:
    """Return a digest in which the order of rows does not count, and how many are alike does."""
    total = 0
    for one in rows:
        total += int.from_bytes(hashlib.sha256(line(names, one)).digest())
    return total % (1 << 256)
