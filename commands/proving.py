"""Saved folds held against the journal: each is derived anew from the first entry on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.folding import opened, vouched_for
from commands.saving import SAVED
from journal.saved import SavedFold
from journal.store import Journal
from projections.fold import SavableFold

_KINDS = {kind.saving.name: kind for kind in SAVED}


def altered(journal: Journal) -> Iterator[SavedFold]:
    """Yield saved folds that are not what the entries fold to, by position.

    Those of another layout are passed over, as who reads them does: nothing rests on them.
    """
    folds = {name: kind() for name, kind in _KINDS.items()}
    seen, digest = 0, b""
    for one, checked in journal.database.every_saved():
        kind = _KINDS.get(one.name)
        if kind is None or one.layout != kind.saving.layout:
            continue
        for entry in journal.read(after=seen, last=one.position):
            for fold in folds.values():
                if fold.saving.hears(entry):
                    fold.take(entry)
            seen, digest = entry.position, bytes.fromhex(entry.digest)
        whole = one.digest == digest and one.position == seen and one.sum == checked
        if not (whole and vouched_for(journal, one) and _same(folds[one.name], one)):
            yield one


def _same(fold: SavableFold[Any], one: SavedFold) -> bool:
    found = opened(type(fold), one)
    return found is not None and found.state() == fold.state()
