"""The journal as Delta tables, each row in them exactly once, several journals side by side.

Each commit bears the journal's id and the last position in it as an application transaction
(github.com/delta-io/delta, PROTOCOL.md): a call that was killed goes on behind what was
committed, and of two at once one fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from commands.export.parquet import proven
from commands.export.ranges import one_at_a_time
from commands.places import position_of
from commands.proof.proven import HINT, Progress, silent
from journal.chain import GENESIS
from journal.envelope import Head
from journal.errors import ClewError, Refused, Tampered
from journal.store import Journal

RANGE = 20_000
"""Entries in one commit, at most; they are held at a time."""
WHOLE = "entries"
"""The table that is committed last: its position is that of all."""


class InDelta(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries were added under which label, and how many rows to each table."""

    directory: str
    journal: str
    first: int
    last: int
    added: Mapping[str, int]


def export_delta(
    journal: Journal,
    directory: Path,
    *,
    label: str = "",
    at: str = "head",
    progress: Progress = silent,
) -> InDelta:
    """Add the entries up to ``at`` to Delta tables, in the partition ``label`` (else its id).

    Raises:
        Refused: deltalake is not installed, the directory holds something else, or another
            call is at work on it.
        Tampered: an entry does not prove itself, or the journal is not the one that was
            exported any more; what was committed before stays.
        ClewError: a table cannot be read or written.
    """
    tables = _Tables(directory, journal.identity.id, label or journal.identity.id)
    last = position_of(journal, at)
    added: dict[str, int] = {}
    tables.refuse_strange()
    before = tables.end(journal)
    start = before.position + 1
    for first in range(start, last + 1, RANGE):
        final = min(first + RANGE - 1, last)
        for name, count in tables.add(journal, before, final, progress).items():
            added[name] = added.get(name, 0) + count
        before = tables.end(journal)
    return InDelta(
        directory=str(directory), journal=tables.label, first=start, last=before.position,
        added=added,
    )  # fmt: skip


class _Tables:
    """The Delta tables of a directory, as one journal adds to them."""

    def __init__(self, directory: Path, journal: str, label: str) -> None:
        try:
            self._delta: Any = import_module("deltalake")
            self._arrow: Any = import_module("pyarrow")
        except ModuleNotFoundError as error:
            raise Refused(
                f"Delta tables need {error.name}, which is not installed",
                hint="Install the extra: pip install 'clew[delta]'.",
            ) from None
        self.directory = directory
        self.journal = journal
        self.label = label

    def refuse_strange(self) -> None:
        """Refuse a directory that holds something else than our tables."""
        from commands.export.shapes import TABLES  # noqa: PLC0415 - needs pyarrow

        if not self.directory.exists():
            return
        if not self.directory.is_dir():
            raise Refused(f"{self.directory} is no directory", hint="Name another one.")
        strange = [one.name for one in self.directory.iterdir() if one.name not in TABLES]
        if strange:
            raise Refused(
                f"{self.directory} holds something else than Delta tables: {min(strange)}",
                hint="Name another directory for them.",
            )

    def end(self, journal: Journal) -> Head:
        """Return where the tables end for this journal, if it still goes through there."""
        table = self._table(WHOLE)
        position = self._reached(table)
        if not position:
            return GENESIS
        stored = list(journal.stored(after=position - 1, last=position))
        if not stored or stored[0].digest != self._digest(table, position):
            raise Tampered(
                f"the journal is not the one that was exported: entry {position} is "
                + ("another" if stored else "gone"),
                hint=HINT,
            )
        return Head(position=position, digest=stored[0].digest)

    def add(self, journal: Journal, before: Head, last: int, progress: Progress) -> dict[str, int]:
        """Commit the entries after ``before`` to each table that does not hold them yet."""
        from commands.export.shapes import TABLES, batch  # noqa: PLC0415 - needs pyarrow
        from commands.export.telling import Teller  # noqa: PLC0415

        teller = Teller(journal, last)
        batches: dict[str, list[Any]] = {name: [] for name in TABLES}
        reached = {name: self._reached(self._table(name)) for name in TABLES}
        for page in proven(journal, before, last, progress):
            for name, rows in teller.rows(page).items():
                fresh = [row for row in rows if row[0] > reached[name]]
                batches[name].append(batch(fresh, TABLES[name]))
        counts = {}
        for name in (*(one for one in TABLES if one != WHOLE), WHOLE):
            rows = self._arrow.Table.from_batches(batches[name], schema=TABLES[name])
            self._commit(name, rows, after=reached[name], last=last)
            counts[name] = rows.num_rows
        return counts

    def _commit(self, name: str, rows: Any, *, after: int, last: int) -> None:
        """Add rows, unless another call has gone beyond ``after`` meanwhile."""
        label = self._arrow.array([self.label] * rows.num_rows, self._arrow.string())
        identity = self._arrow.array([self.journal] * rows.num_rows, self._arrow.string())
        whole = rows.add_column(0, "journal", label).add_column(1, "journal_id", identity)
        done = self._delta.Transaction(self.journal, last)
        with one_at_a_time(self.directory), self._said(name):
            table = self._table(name) or self._created(name, whole.schema)
            if self._reached(table) != after:
                raise Refused(
                    f"another export of this journal is writing to {self.directory}",
                    hint="Wait until it is done.",
                )
            if rows.num_rows:
                self._delta.write_deltalake(
                    table,
                    whole,
                    mode="append",
                    commit_properties=self._delta.CommitProperties(app_transactions=[done]),
                )

    def _created(self, name: str, schema: Any) -> Any:
        return self._delta.DeltaTable.create(
            self.directory / name, schema, partition_by=["journal"]
        )

    def _table(self, name: str) -> Any:
        place = self.directory / name
        if not (place / "_delta_log").is_dir():
            return None
        with self._said(name):
            return self._delta.DeltaTable(place)

    def _reached(self, table: Any) -> int:
        return int(table.transaction_version(self.journal) or 0) if table is not None else 0

    def _digest(self, table: Any, position: int) -> bytes | None:
        """Return the digest that the table holds of an entry."""
        data = table.to_pyarrow_dataset()
        field = import_module("pyarrow.dataset").field
        here = (field("journal_id") == self.journal) & (field("position") == position)
        found = data.to_table(columns=["digest"], filter=here)["digest"].to_pylist()
        return found[0] if len(found) == 1 else None

    def _said(self, name: str) -> _Said:
        return _Said(f"{self.directory / name}")


class _Said:
    """Says errors of Delta in one line."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing is to be made."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        known = ("deltalake", "_internal", "builtins")
        if isinstance(error, Exception) and type(error).__module__.partition(".")[0] in known:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise ClewError(
                f"the Delta table {self._place}: {first}",
                hint="What was committed stays; the next call goes on behind it.",
            ) from error
