"""What the journal of the target says of earlier copies from the same source."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from commands.copy.manifests import Mark, unpacked
from commands.copy.reading import Aside
from commands.visible import encode
from journal.errors import Refused
from journal.events import RecordRejected
from journal.store import Journal
from projections.copies import TYPES, Copies, CopyFact
from projections.fold import replay
from projections.standing import Standing


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of earlier copies: batches by table, and rows that were set aside.

    ``aside`` holds, for each such row, the digest of its content with the reason; ``subjects``
    the step and the name by which it goes.
    """

    fact: CopyFact | None = None
    aside: frozenset[tuple[str, str]] = frozenset()
    subjects: frozenset[tuple[str, str]] = frozenset()

    @property
    def cut(self) -> bool:
        """The last copy did not reach its end."""
        return self.fact is not None and not self.fact.complete

    def knows(self, one: Aside) -> bool:
        """Tell whether a row was set aside by an earlier copy, for the same reason."""
        if not self.aside:
            return False
        return (sha256(encode(one.row)).hexdigest(), one.reason) in self.aside

    def has(self, table: str) -> bool:
        """Tell whether rows of a table stand."""
        return self.fact is not None and any(one.table == table for one in self.fact.batches)

    def marks(self, journal: Journal, table: str) -> Iterator[Iterator[Mark]]:
        """Yield what stands for the rows of each batch of a table, in order."""
        for one in self.fact.batches if self.fact else ():
            if one.table == table and one.manifest:
                yield unpacked(journal.needed_content(one.manifest))


def before(journal: Journal, copied: str, place: str, of_journal: str) -> Before:
    """Read what stands of copies from a source, known by its journal or by its place.

    Raises:
        Refused: a database with another journal stood at this place.
    """
    copies = replay(Copies, journal.read(types=TYPES))
    for one in copies.copies:
        known = one.source.get("journal", "")
        if one.source.get("place") == place and known and of_journal and known != of_journal:
            raise Refused(
                f"rows were copied from {place} when another journal stood there"
                f" ({one.source.get('name', known)})",
                hint="Copy from the database that was copied before, or roll that copy back.",
            )
    fact = copies.find(copied) or next(
        (one for one in copies.copies if one.source.get("place") == place), None
    )
    if fact is None:
        return Before()
    found = tuple(_aside(journal, set(fact.runs)))
    return Before(
        fact=fact,
        aside=frozenset((one.content, one.error) for one in found),
        subjects=frozenset((one.step, one.subject) for one in found),
    )


def _aside(journal: Journal, runs: set[str]) -> Iterator[RecordRejected]:
    standing = Standing()
    found: list[tuple[int, RecordRejected]] = []
    types = ("RunStarted", "RunCompleted", "RecordRejected")
    for entry in journal.read(types=types):
        standing.take(entry)
        if isinstance(entry.event, RecordRejected) and entry.run in runs:
            found.append((entry.position, entry.event))
    return (event for at, event in found if standing.stands(at))
