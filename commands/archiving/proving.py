"""What left for archives, held against what stands: the part of ``verify`` that knows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256

from journal.archived import TYPES, Seal, seals, unlisted
from journal.chain import ChainProblem
from journal.envelope import StoredEntry
from journal.erased import archive_marker, archived_name
from journal.errors import ClewError
from journal.store import Journal


class Sealed:
    """What the entries say left, and so what may be missing.

    Kinds of problems: ``archive-missing`` (what left is neither there nor told of),
    ``archive-altered`` (something else stands in its place, or the list of what left is not
    what the entry names), ``archive-unfounded`` (the entry names another last entry than the
    journal has).
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seals: tuple[Seal, ...] = ()
        with suppress(ClewError):  # an entry that cannot be read is found in the sweep
            self._seals = seals(journal.database.entries(types=TYPES))
        self._newest = max((one.position for one in self._all()), default=0)
        self._left = {one.position: self._list(one) for one in self._seals}
        self._away: dict[str, int] = {}
        for one in self._seals:
            self._away |= dict.fromkeys(self._left[one.position], one.position)
        self._problems: list[ChainProblem] = []

    def went_on(self) -> bool:
        """Tell whether something left or came back since: what was read is not what stands."""
        return any(one.position > self._newest for one in self._all())

    def _all(self) -> Iterator[StoredEntry]:
        return self._journal.database.entries(types=TYPES)

    def _list(self, seal: Seal) -> frozenset[str]:
        content = self._journal.database.content(seal.event.left)
        if not isinstance(content, bytes) or sha256(content).hexdigest() != seal.event.left:
            return frozenset()  # the sweep says so: the entry names it
        return unlisted(content)

    def has_images(self, position: int) -> bool:
        """Tell whether the row images of an entry are to be there."""
        return not self._seals or position > self._seals[-1].last

    def took(self, digest: str, position: int, contents: Mapping[str, str]) -> bool:
        """Tell whether content that the entry at ``position`` names left, and is told of."""
        if digest in contents or digest not in self._away:
            return False
        return position <= self._seals[-1].last

    def look_at(self, stored: StoredEntry) -> None:
        """Hold an entry against the seals that name it as the last of an archive."""
        for one in self._seals:
            if one.last == stored.position and one.event.digest != stored.digest.hex():
                self._report(one.position, "unfounded", one.event.location)

    def problems(self, contents: Mapping[str, str]) -> Iterator[ChainProblem]:
        """Yield what is not as the archives left it; ``contents`` are digests by name."""
        for digest, position in self._away.items():
            found = contents.get(archived_name(digest))
            marks = {
                sha256(archive_marker(one)).hexdigest(): one
                for one, names in self._left.items()
                if digest in names
            }
            if found is None and digest not in contents:
                self._report(position, "missing", digest)
            elif found is not None and found not in marks:
                self._report(position, "altered", digest)
        yield from self._problems

    def markers(self) -> frozenset[str]:
        """Return the names of what stands in the place of what left."""
        return frozenset(map(archived_name, self._away))

    def _report(self, position: int, what: str, found: str) -> None:
        self._problems.append(ChainProblem(position=position, kind=f"archive-{what}", found=found))
