"""What was erased, held against what stands: the part of ``verify`` that knows of erasures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256

from msgspec.structs import replace

from journal.chain import ChainProblem
from journal.codec import open_entry
from journal.envelope import StoredEntry
from journal.erased import marker, name_of
from journal.errors import ClewError
from journal.events import ContentErased
from journal.store import Journal
from journal.values import TableRows

_FIRST = -(2**63)

Range = tuple[int, str, int]
"""A range of images: table, run, and number of the first chunk."""


class Erasures:
    """What the entries say was erased, and so what is to stand in its place.

    Kinds of problems: ``erasure-missing`` and ``erasure-altered`` (nothing, or something else,
    stands in the place of what was erased), ``erasure-undone`` (it still stands, or again),
    ``erasure-unfounded`` (no entry ever named what is said to be erased, or it had another
    digest by then).
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last = _FIRST
        self._content: dict[str, tuple[int, str]] = {}
        self._images: dict[Range, list[tuple[int, ContentErased]]] = {}
        self._named: dict[str, int] = {}
        self._marked: dict[str, set[int]] = {}
        self._first: dict[int, int] = {}
        self._problems: list[ChainProblem] = []
        first: dict[str, int] = {}
        for stored in self._entries():
            self._last = stored.position
            with suppress(ClewError):  # an entry that cannot be read is found in the sweep
                event = open_entry(stored).event
                if isinstance(event, ContentErased):
                    self._first[stored.position] = first.setdefault(stored.run, stored.position)
                    self._take(stored.position, event)

    def went_on(self) -> bool:
        """Tell whether something was erased since: what was read is not what stands then."""
        return any(True for _ in self._entries())

    def _entries(self) -> Iterator[StoredEntry]:
        return self._journal.database.entries(after=self._last, types=("ContentErased",))

    def _take(self, position: int, event: ContentErased) -> None:
        if event.images is None:
            self._content[event.before] = (position, event.after)
        else:
            place = (event.images.table, event.images.run, event.images.first)
            self._images.setdefault(place, []).append((position, event))

    def rows(self, rows: TableRows) -> TableRows:
        """Return rows with the digest that their images are to have now."""
        if rows.images is None:
            return rows
        images = rows.images
        for position, event in self._images.pop((rows.table, rows.run, images.first), ()):
            if event.before != images.digest:
                self._report(position, "unfounded", rows.images.digest)
            images = replace(images, digest=event.after)
            self._marked.setdefault(rows.images.digest, set()).add(self._first[position])
        return replace(rows, images=images)

    def names(self, digest: str, position: int) -> bool:
        """Hear that an entry names content; tell whether it was erased after it."""
        if digest not in self._content:
            return False
        self._named[digest] = position
        return position < self._content[digest][0]

    def problems(self, contents: Mapping[str, str]) -> Iterator[ChainProblem]:
        """Yield what is not as the erasures left it, when all entries were heard.

        ``contents`` are the digests of what is stored, by name.
        """
        for digest, (position, after) in self._content.items():
            self._hold(digest, {after}, position, contents)
            named = self._named.get(digest)
            if named is None:
                self._report(position, "unfounded", digest)
            elif named < position and digest in contents:
                self._report(position, "undone", digest)
        for digest, positions in self._marked.items():
            marks = {sha256(marker(position)).hexdigest() for position in positions}
            self._hold(digest, marks, max(positions), contents)
        for events in self._images.values():
            for position, event in events:
                self._report(position, "unfounded", event.before)
        yield from self._problems

    def markers(self) -> frozenset[str]:
        """Return the names of what stands in the place of what was erased."""
        return frozenset(map(name_of, (*self._content, *self._marked)))

    def _hold(
        self, digest: str, expected: set[str], position: int, contents: Mapping[str, str]
    ) -> None:
        found = contents.get(name_of(digest))
        if found is None:
            self._report(position, "missing", digest)
        elif found not in expected:
            self._report(position, "altered", digest)

    def _report(self, position: int, what: str, found: str) -> None:
        self._problems.append(ChainProblem(position=position, kind=f"erasure-{what}", found=found))
