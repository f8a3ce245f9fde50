"""Whether all content that entries name is in an export: none is missing, and none is too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.export.lines import CONTENT
from commands.export.manifest import Manifest
from journal.archived import set_digest, unlisted
from journal.codec import event_of
from journal.errors import ClewError
from journal.events import ArchiveSealed, ContentErased
from projections.named import named_content


class Completeness:
    """Hears the entries of an export, and judges the names of its contents by them.

    An archive holds what left, and no more: its manifest, which an entry of the journal names,
    tells what that is.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._holds = any(file.path == CONTENT for file in manifest.files)
        self._whole = self._holds and manifest.images is None
        self._unread = ""
        self._named: set[str] = set()
        self._erased: set[str] = set()
        self._left: dict[str, str] = {}

    def take(self, position: int, body: bytes) -> None:
        """Go on by one entry."""
        if not self._whole or self._unread:
            return
        try:
            event = event_of(position, body)
        except ClewError as error:
            self._unread = error.message
            return
        named = {digest for digest in named_content(event) if digest}
        self._named |= named
        self._erased -= named
        if isinstance(event, ContentErased) and event.images is None:
            self._erased.add(event.before)
        if isinstance(event, ArchiveSealed):
            if event.restored:
                self._left.pop(event.manifest, None)
            else:
                self._left[event.manifest] = event.left

    @property
    def lists(self) -> frozenset[str]:
        """The digests of the contents that list what left for archives."""
        return frozenset(self._left.values())

    def flaws(self, names: Sequence[str], lists: dict[str, bytes]) -> Iterator[str]:
        """Yield what is wrong with the contents of these names; ``lists`` are those of ``lists``."""
        if self._holds and (said := self._manifest.contents) is not None:
            found = (len(names), set_digest(names))
            if found != (said.count, said.digest):
                yield f"holds {len(names):,} other pieces, the manifest says {said.count:,}"
        if not self._whole:
            return
        if self._unread:
            yield f"whether any is missing cannot be told: {self._unread}"
            return
        left = frozenset[str]().union(*map(unlisted, lists.values()))
        for digest in sorted(self._named - set(names) - self._erased - left):
            yield f"lacks {digest}, which an entry names"
