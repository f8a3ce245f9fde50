"""Answers about a long journal from a short part of it: folds that go on where they stopped.

A saved fold is taken only where an entry of the journal names its very bytes. What rests on it
then rests on the journal, as docs/decisions/0010-saved-folds-are-vouched-for.md says.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
import zstandard

from journal.chain import leaf_digest
from journal.codec import open_entry
from journal.errors import ClewError
from journal.events import CheckRun
from journal.saved import VOUCHING, SavedFold
from journal.store import Journal
from projections.fold import SavableFold

END = 2**62
"""Beyond every position."""

_COMPRESSION = 3
_LARGEST = 1 << 30
"""Bytes of a state; more is no state of ours."""

A = TypeVar("A")
F = TypeVar("F", bound=SavableFold[Any])


def folded(journal: Journal, kind: type[SavableFold[A]], *, last: int | None = None) -> A:
    """Answer as of position ``last``, from what is saved and the entries after it."""
    return caught_up(journal, kind, last=last).answer()


def caught_up(journal: Journal, kind: type[F], *, last: int | None = None) -> F:
    """Return a fold that has seen every entry up to ``last`` that it listens to."""
    fold, after = resumed(journal, kind, last=last)
    for entry in journal.read(after=after, last=last, types=kind.saving.types):
        fold.take(entry)
    return fold


def resumed(journal: Journal, kind: type[F], *, last: int | None = None) -> tuple[F, int]:
    """Return a fold as it was saved at or before ``last``, and the position it has seen."""
    saving = kind.saving
    found = journal.database.saved(
        saving.name, layout=saving.layout, last=END if last is None else last
    )
    if found is not None and vouched_for(journal, found):
        fold = opened(kind, found)
        if fold is not None:
            return fold, found.position
    return kind(), 0


def vouched_for(journal: Journal, found: SavedFold) -> bool:
    """Tell whether an entry of the journal names this very state."""
    try:
        for stored in journal.stored(after=found.vouched - 1, last=found.vouched):
            event = open_entry(stored).event
            if leaf_digest(stored.previous, stored.body) != stored.digest:
                return False
            if isinstance(event, CheckRun) and event.name == VOUCHING and not stored.run:
                lines = journal.database.content(event.output)
                if not isinstance(lines, bytes):
                    return False
                same = hashlib.sha256(lines).hexdigest() == event.output
                return same and found.line.encode() in lines.split(b"\n")
    except (ClewError, TypeError):  # what stands there is no entry; verify says so
        pass
    return False


def opened(kind: type[F], found: SavedFold) -> F | None:
    """Return a fold as it was saved; ``None`` where the bytes are no state of it."""
    fold = kind()
    try:
        if not 0 <= zstandard.frame_content_size(found.state) <= _LARGEST:
            return None
        content = zstandard.decompress(found.state)
        fold.restore(msgspec.msgpack.decode(content, type=kind.saving.state))
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError, LookupError, RecursionError):
        return None
    return fold


def closed(fold: SavableFold[Any], *, position: int, digest: bytes) -> SavedFold:
    """Return a fold as it is saved once it has seen the entry at ``position``."""
    content = msgspec.msgpack.encode(fold.state())
    return SavedFold(
        name=fold.saving.name,
        layout=fold.saving.layout,
        position=position,
        digest=digest,
        state=zstandard.compress(content, _COMPRESSION),
    )
