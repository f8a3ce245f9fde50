"""Bringing the rows of the tables of a plan over, in the order of their foreign keys.

Rows first, in order; where references go in a circle their columns stay null until all rows
that they can mean are there. What the source no longer has goes last, in the opposite order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from commands.copy.batch import Batch, Shared, Writer
from commands.copy.cascades import Cascades
from commands.copy.changes import Kind
from commands.copy.examined import Examined
from commands.copy.examining import Examination, Progress
from commands.copy.marking import ROWS, Marked, marked
from commands.copy.reading import Aside
from commands.copy.staging import Staging
from journal import spans
from journal.effect import Row
from journal.values import IfChanged

_NONE: tuple[int, Kind, bool] = (-1, "already", False)


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a copy is made: rows of one transaction, and what others wrote in the target since."""

    batch: int
    if_changed: IfChanged


class Copying:
    """One copy, examined, on its way."""

    def __init__(
        self,
        examination: Examination,
        shared: Shared,
        room: Staging,
        *,
        manner: Manner,
        progress: Progress,
    ) -> None:
        self._examination = examination
        self._before = shared.before
        self._room = room
        self._manner = manner
        self._progress = progress
        going = {one.plan.target: one.going(manner.if_changed) for one in examination.tables}
        cascades = Cascades(going)
        self.writers = [Writer(one, shared, cascades) for one in examination.tables]

    def run(self) -> None:
        """Bring everything over, batch by batch; what stands stands.

        Raises:
            StatementFailed: the target refused a change, or was lost.
            Refused: a deletion would take along what no copy brought.
        """
        for writer in self.writers:
            self._room.make(f"later_{writer.one.number}", "n INTEGER PRIMARY KEY, updated INTEGER")
            one = writer.one
            if one.brings(self._manner.if_changed) or one.found.held:
                self._write(writer, self._again(writer) if one.changes else self._fresh(one))
        for writer in self.writers:
            if writer.one.later:
                self._write(writer, self._later(writer, updated=False))
                self._write(writer, self._later(writer, updated=True))
        for writer in reversed(self.writers):
            if writer.one.changes is not None:
                self._write(writer, self._gone(writer.one))

    def _write(self, writer: Writer, batches: Iterable[Batch]) -> None:
        done, name = 0, writer.one.name
        for batch in batches:
            with spans.table("copy batch", (writer.one.name,)):
                writer.write(batch)
            done += batch.size
            self._progress(f"copying {name}", done, writer.one.rows)

    def _fresh(self, one: Examined) -> Iterator[Batch]:
        """All rows of a table that had none, as they were kept when they were looked at."""
        assert one.spool is not None
        batch, size = Batch(), self._manner.batch
        orphans = (n for n, _ in self._examination.references.orphans(one.number))
        orphan = next(orphans, -1)
        for page, asides in one.spool.pages():
            batch.aside += [aside for aside in asides if not self._before.knows(aside)]
            rows = []
            for row in page:
                if row[0] == orphan:
                    orphan = next(orphans, -1)
                else:
                    rows.append(row)
            rows = self._first(one, rows)
            while rows or batch.size >= size:
                take = max(size - batch.size, 0)
                batch.inserted += rows[:take]
                rows = rows[take:]
                if batch.size >= size or len(page) < ROWS:  # long rows make short pages
                    yield batch
                    batch.clear()
        if batch.size:
            yield batch

    def _again(self, writer: Writer) -> Iterator[Batch]:
        """What is new or changed since, among the rows of a table."""
        one = writer.one
        assert one.changes is not None
        batch = Batch()
        kinds = one.changes.of_source()
        orphans = self._examination.references.orphans(one.number)
        overwrites = self._manner.if_changed == "overwrite"
        rows = _only(one.reading.rows(), one.changes.wanted())
        place, kind, there = next(kinds, _NONE)
        found = one.reading.found(self._news(batch), orphans, rows)
        for row in marked(one.reading.side, found, keyed=bool(one.plan.key)):
            if row[0] != place:
                continue
            if kind == "already":
                batch.known.append(row)
            elif kind == "written" and not overwrites:
                one.digest.remove(int.from_bytes(row[2], "big"))
            elif there and one.waits(row[1]):
                self._room.add(f"later_{one.number}", 2, [(row[0], True)])
            elif there:
                batch.updated.append(row)
            else:
                batch.inserted += self._first(one, [row])
            place, kind, there = next(kinds, _NONE)
            if batch.size >= self._manner.batch:
                yield batch
                batch.clear()
        if batch.size:
            yield batch

    def _later(self, writer: Writer, *, updated: bool) -> Iterator[Batch]:
        """Give rows the references that had to wait; or ``updated`` ones all that changed."""
        one, batch = writer.one, Batch(later=not updated)
        sql = f"SELECT n FROM later_{one.number} WHERE updated = ? ORDER BY n"
        places = (n for (n,) in self._room.rows(sql, (updated,)))
        found = one.reading.found(lambda _: None, (), _only(one.reading.rows(), places))
        for row in marked(one.reading.side, found, keyed=True):
            if row[3] not in writer.refused:
                batch.updated.append(row)
            if batch.size >= self._manner.batch:
                yield batch
                batch.clear()
        if batch.size:
            yield batch

    def _gone(self, one: Examined) -> Iterator[Batch]:
        """Delete what the source no longer has."""
        keys = one.gone(self._room, self._manner.if_changed)
        while some := list(islice(keys, self._manner.batch)):
            yield Batch(deleted=some)

    def _first(self, one: Examined, rows: list[Marked]) -> list[Marked]:
        """Return rows as they are inserted, and remember those that wait for others."""
        if not one.later:
            return rows
        waiting = [row for row in rows if one.waits(row[1])]
        self._room.add(f"later_{one.number}", 2, ((row[0], False) for row in waiting))
        nulled = ((row[0], one.without_later(row[1])) for row in waiting)
        found = {row[0]: row for row in marked(one.reading.side, nulled, keyed=True)}
        return [found.get(row[0], row) for row in rows]

    def _news(self, batch: Batch) -> Callable[[Aside], None]:
        """Take rows that stay behind into a batch, unless they are on record."""

        def aside(one: Aside) -> None:
            if not self._before.knows(one):
                batch.aside.append(one)

        return aside


def _only(rows: Iterator[tuple[int, Row]], places: Iterator[int]) -> Iterator[tuple[int, Row]]:
    """Yield the rows at these places, which come in order."""
    place = next(places, -1)
    if place < 0:
        return
    for n, row in rows:
        if n == place:
            yield n, row
            place = next(places, -1)
            if place < 0:
                return
