"""Batches of a copy: rows, what they brought, and the events that tell of them, together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256

import msgspec

from commands.copy.before import Before
from commands.copy.examined import Examined, table_in
from commands.copy.manifests import GONE, SIZE, Mark, mark, packed
from commands.copy.neutral import TableDigest
from commands.copy.reading import Aside, Values
from commands.failure import public_message
from commands.visible import encode
from journal.errors import StatementFailed
from journal.events import RecordRejected, RowsTransformed
from journal.recording import Recording
from journal.values import SchemaObject
from projections.schema import dotted

NewTransaction = Callable[[], AbstractContextManager[Recording]]
"""Begins what is committed as a whole, rows with their events."""

_ROW = ("22", "23", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH")
"""What the database says of a row, and not of itself."""
REFUSED = "refused by the target"


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all batches of a copy have in common."""

    transaction: NewTransaction
    copied: str
    migration: str
    before: Before


class Batch(msgspec.Struct, kw_only=True):
    """What one transaction brings to a table; ``known`` stands there already, and is only noted.

    ``deleted`` are keys. ``later``: rows that were counted before get what was left null in them.
    """

    inserted: list[Values] = msgspec.field(default_factory=list)
    updated: list[Values] = msgspec.field(default_factory=list)
    deleted: list[Values] = msgspec.field(default_factory=list)
    known: list[Values] = msgspec.field(default_factory=list)
    aside: list[Aside] = msgspec.field(default_factory=list)
    later: bool = False

    def clear(self) -> None:
        """Begin anew."""
        for rows in (self.inserted, self.updated, self.deleted, self.known):
            rows.clear()
        self.aside.clear()

    @property
    def size(self) -> int:
        """How many rows it holds."""
        rows = len(self.inserted) + len(self.updated) + len(self.deleted)
        return rows + len(self.known) + len(self.aside)


class Wrote(msgspec.Struct, kw_only=True):
    """What became of the rows of a table so far; ``refused`` counts by reason."""

    batches: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)


class Writer:
    """Writes the batches of one table of the target.

    ``digest`` is over all rows that the target is to hold; ``refused`` are keys that it did not
    take.
    """

    def __init__(self, one: Examined, shared: Shared) -> None:
        self.one = one
        self.wrote = Wrote()
        self.digest = one.digest if one.changes else TableDigest()
        self.refused: set[bytes] = set()
        self._shared = shared
        self._reading = one.reading
        self._render = one.reading.render
        places = range(len(self._reading.targets))
        self._rest = tuple(n for n in places if n not in self._reading.key)

    def write(self, batch: Batch) -> None:
        """Write a batch in a transaction.

        Raises:
            StatementFailed: the database refused what is not a row's fault, or a change.
        """
        with self._shared.transaction() as recording:
            table = table_in(recording.known.objects, self.one.plan)
            taken, refused = self._insert(recording, table, batch.inserted)
            self._update(recording, table, batch.updated)
            self._delete(recording, table, batch.deleted)
            rows = (*taken, *batch.updated, *batch.known)
            marks = [*self._marks(rows, later=batch.later)]
            marks += [(mark(self._reading.key_canonical(key)), GONE) for key in batch.deleted]
            keys = [*map(self._key_of, rows[:1]), *batch.deleted, *map(self._key_of, rows[-1:])]
            manifest = self._keep(recording, keys, marks)
            rejects = self._rejects(recording, batch.aside, refused)
            recording.note(*rejects, self._told(batch, len(taken), len(refused), manifest))
        self.wrote.batches += 1
        self.wrote.inserted += len(taken)
        self.wrote.updated += 0 if batch.later else len(batch.updated)
        self.wrote.deleted += len(batch.deleted)
        self._count(refused)

    # --- rows ---------------------------------------------------------------------------

    def _insert(
        self, recording: Recording, table: SchemaObject, rows: Sequence[Values]
    ) -> tuple[Sequence[Values], list[tuple[Values, str]]]:
        """Insert rows; return those that were taken, and those that the database refuses."""
        if not rows:
            return [], []
        try:
            rendered = map(self._render, rows)
            recording.insert(table, self._reading.targets, rendered, number=recording.number + 1)
        except StatementFailed as error:
            if not error.sqlstate.startswith(_ROW):
                raise
            if len(rows) == 1:
                return [], [(rows[0], f"{REFUSED}: {public_message(error)}")]
        else:
            return rows, []
        half = len(rows) // 2
        first, no = self._insert(recording, table, rows[:half])
        second, nor = self._insert(recording, table, rows[half:])
        return [*first, *second], no + nor

    def _update(self, recording: Recording, table: SchemaObject, rows: Sequence[Values]) -> None:
        if not rows or not self._rest:
            return
        targets, key, rest = self._reading.targets, self._reading.key, self._rest
        order = (*key, *rest)
        recording.update(
            table,
            tuple(targets[n] for n in key),
            tuple(targets[n] for n in rest),
            [[row[n] for n in order] for row in map(self._render, rows)],
            number=recording.number + 1,
        )

    def _delete(self, recording: Recording, table: SchemaObject, keys: Sequence[Values]) -> None:
        if not keys:
            return
        match = tuple(self._reading.targets[n] for n in self._reading.key)
        rendered = [self._reading.render_key(key) for key in keys]
        recording.delete(table, match, rendered, number=recording.number + 1)

    # --- what is told of them -------------------------------------------------------------

    def _marks(self, rows: Iterable[Values], *, later: bool) -> Iterator[Mark]:
        """Yield what stands for rows, and count them into the digest."""
        side, keyed = self._reading.side, bool(self._reading.key)
        count = self.digest if self.one.changes is None else None
        for values in rows:
            digest = sha256(side.canonical(values)).digest()
            if count is not None:
                count.add(int.from_bytes(digest, "big"))
                if later:
                    count.remove(side.digest(self.one.without_later(values)))
            row = digest[:SIZE]
            yield (mark(side.key(values)) if keyed else row, row)

    def _count(self, refused: Sequence[tuple[Values, str]]) -> None:
        side = self._reading.side
        for values, reason in refused:
            self.wrote.refused[reason] += 1
            self.refused.add(side.key(values))
            if self.one.changes is not None:
                self.digest.remove(side.digest(values))

    def _rejects(
        self,
        recording: Recording,
        aside: Iterable[Aside],
        refused: Iterable[tuple[Values, str]],
    ) -> Iterator[RecordRejected]:
        for one in aside:
            yield self._rejected(recording, encode(one.row), one.reason)
        for values, reason in refused:
            row = encode(dict(zip(self._reading.targets, values, strict=True)))
            yield self._rejected(recording, row, reason)

    def _rejected(self, recording: Recording, content: bytes, reason: str) -> RecordRejected:
        digest = sha256(content).hexdigest()
        recording.database.put_content(digest, content)
        return RecordRejected(
            step=self.one.step,
            subject=digest[:16],
            record=self.one.name,
            error=reason,
            content=digest,
        )

    def _key_of(self, values: Values) -> Values:
        return [values[n] for n in self._reading.key]

    def _keep(self, recording: Recording, keys: Sequence[Values], marks: Sequence[Mark]) -> str:
        if not marks:
            return ""
        content = packed(keys[0], keys[-1], marks)
        digest = sha256(content).hexdigest()
        recording.database.put_content(digest, content)
        return digest

    def _told(self, batch: Batch, taken: int, refused: int, manifest: str) -> RowsTransformed:
        orphans = sum(one.orphan for one in batch.aside)
        rejected = len(batch.aside) - orphans + refused
        came = 0 if batch.later else taken + len(batch.updated) + len(batch.known)
        fates = {"mapped": came, "rejected": rejected, "quarantined": orphans}
        written = taken + len(batch.updated) + len(batch.deleted)
        return RowsTransformed(
            migration=self._shared.migration,
            step=self.one.step,
            batch=self.wrote.batches + 1,
            subjects=came + rejected + orphans,
            values=came + rejected + orphans,
            fates={fate: n for fate, n in fates.items() if n},
            targets={dotted(self.one.plan.target): written} if written else {},
            rejected=rejected + orphans,
            copied=self._shared.copied,
            table=self.one.name,
            manifest=manifest,
        )
