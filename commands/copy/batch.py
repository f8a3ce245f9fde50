"""Batches of a copy: rows, what they brought, and the events that tell of them, together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256

import msgspec

from commands.copy.before import Before
from commands.copy.cascades import Cascades
from commands.copy.compared import hold_compared
from commands.copy.examined import Examined, table_in
from commands.copy.manifests import GONE, SIZE, Mark, mark, packed
from commands.copy.marking import Marked
from commands.copy.reading import Aside, Values
from commands.failure import public_message
from commands.visible import encode
from journal.errors import StatementFailed
from journal.events import RecordRejected, RowsTransformed
from journal.recording import Recording
from journal.values import SchemaObject, TableRows
from projections.schema import dotted

NewTransaction = Callable[[], AbstractContextManager[Recording]]
"""Begins what is committed as a whole, rows with their events."""

_ROW = ("22", "23", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH")
"""What the database says of a row, and not of itself."""
REFUSED = "refused by the target"


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all batches of a copy have in common; it ``overwrites`` what others wrote there."""

    transaction: NewTransaction
    copied: str
    migration: str
    before: Before
    overwrites: bool = False


class Batch(msgspec.Struct, kw_only=True):
    """What one transaction brings to a table; ``known`` stands there already, and is only noted.

    ``deleted`` are keys. ``later``: rows that were counted before get what was left null in them.
    """

    inserted: list[Marked] = msgspec.field(default_factory=list)
    updated: list[Marked] = msgspec.field(default_factory=list)
    known: list[Marked] = msgspec.field(default_factory=list)
    deleted: list[Values] = msgspec.field(default_factory=list)
    aside: list[Aside] = msgspec.field(default_factory=list)
    later: bool = False

    def clear(self) -> None:
        """Begin anew."""
        for rows in (self.inserted, self.updated, self.known):
            rows.clear()
        self.deleted.clear()
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

    ``refused`` are marks of the keys of rows that it did not take.
    """

    def __init__(self, one: Examined, shared: Shared, cascades: Cascades) -> None:
        self.one = one
        self._cascades = cascades
        self.wrote = Wrote()
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
            ChangedSince: somebody wrote a row after it had been compared.
            Refused: a deletion would take along what no copy brought.
        """
        with self._shared.transaction() as recording:
            table = table_in(recording.known.objects, self.one.plan)
            taken, refused = self._insert(recording, table, batch.inserted)
            changed = self._update(recording, table, batch.updated)
            changed += self._delete(recording, table, batch.deleted)
            if self.one.changes and not (batch.later or self._shared.overwrites):
                hold_compared(self.one, self.one.changes, recording, changed)
            rows = (*taken, *batch.updated, *batch.known)
            marks = [(key, digest[:SIZE]) for _, _, digest, key in rows]
            marks += [(mark(self._reading.key_canonical(key)), GONE) for key in batch.deleted]
            keys = [*map(self._key_of, rows[:1]), *batch.deleted, *map(self._key_of, rows[-1:])]
            manifest = self._keep(recording, keys, marks)
            rejects = self._rejects(recording, batch.aside, refused)
            told = self._told(batch, len(taken), len(refused), manifest)
            mended = self._mended(rows)
            recording.note(*rejects, msgspec.structs.replace(told, retried=mended))
        self.wrote.batches += 1
        self.wrote.inserted += len(taken)
        self.wrote.updated += 0 if batch.later else len(batch.updated)
        self.wrote.deleted += len(batch.deleted)
        self._count(refused)

    # --- rows ---------------------------------------------------------------------------

    def _insert(
        self, recording: Recording, table: SchemaObject, rows: Sequence[Marked]
    ) -> tuple[Sequence[Marked], list[tuple[Marked, str]]]:
        """Insert rows; return those that were taken, and those that the database refuses."""
        if not rows:
            return [], []
        try:
            rendered = [self._render(row[1]) for row in rows]
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

    def _update(
        self, recording: Recording, table: SchemaObject, rows: Sequence[Marked]
    ) -> tuple[TableRows, ...]:
        if not rows or not self._rest:
            return ()
        targets, key, rest = self._reading.targets, self._reading.key, self._rest
        order = (*key, *rest)
        effect = recording.update(
            table,
            tuple(targets[n] for n in key),
            tuple(targets[n] for n in rest),
            [[values[n] for n in order] for values in (self._render(row[1]) for row in rows)],
            number=recording.number + 1,
        )
        return tuple(one for one in effect.rows if one.table == table.id)

    def _delete(
        self, recording: Recording, table: SchemaObject, keys: Sequence[Values]
    ) -> tuple[TableRows, ...]:
        if not keys:
            return ()
        match = tuple(self._reading.targets[n] for n in self._reading.key)
        rendered = [self._reading.render_key(key) for key in keys]
        found = recording.database.find(table, match, rendered, match[:1])
        rendered = [rendered[n] for n, _ in found]  # others went along with an earlier batch
        if not rendered:
            return ()
        effect = recording.delete(table, match, rendered, number=recording.number + 1)
        self._cascades.hold(effect, table, recording.known.objects, recording.database.kind)
        return tuple(one for one in effect.rows if one.table == table.id)

    # --- what is told of them -------------------------------------------------------------

    def _count(self, refused: Sequence[tuple[Marked, str]]) -> None:
        for (_, _, digest, key), reason in refused:
            self.wrote.refused[reason] += 1
            self.refused.add(key)
            self.one.digest.remove(int.from_bytes(digest, "big"))

    def _rejects(
        self,
        recording: Recording,
        aside: Iterable[Aside],
        refused: Iterable[tuple[Marked, str]],
    ) -> Iterator[RecordRejected]:
        for one in aside:
            key = None if one.key is None else mark(self._reading.key_canonical(one.key))
            yield self._rejected(recording, encode(one.row), one.reason, key)
        for (_, values, _, key), reason in refused:
            row = encode(dict(zip(self._reading.targets, values, strict=True)))
            if (sha256(row).hexdigest(), reason) not in self._shared.before.aside:
                yield self._rejected(recording, row, reason, key)

    def _rejected(
        self, recording: Recording, content: bytes, reason: str, key: bytes | None
    ) -> RecordRejected:
        """A row goes by what stands for its key, so that it is known again once it is mended."""
        digest = sha256(content).hexdigest()
        recording.database.put_content(digest, content)
        return RecordRejected(
            step=self.one.step,
            subject=digest[:SIZE] if key is None else _subject(key),
            record=self.one.name,
            error=reason,
            content=digest,
        )

    def _mended(self, rows: Iterable[Marked]) -> tuple[str, ...]:
        """Name the rows that an earlier copy set aside."""
        known = self._shared.before.subjects
        if not known:
            return ()
        subjects = (_subject(key) for _, _, _, key in rows)
        return tuple(one for one in subjects if (self.one.step, one) in known)

    def _key_of(self, row: Marked) -> Values:
        return [row[1][n] for n in self._reading.key]

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


def _subject(key: bytes) -> str:
    return key.hex()[:SIZE]
