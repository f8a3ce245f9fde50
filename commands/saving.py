"""Saving folds at the end of a run, so that the next answer begins there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from commands.folding import END, closed, opened, resumed
from commands.history import MigrationsFold
from journal.envelope import Entry
from journal.errors import ClewError, NotExact
from journal.events import CheckRun
from journal.saved import VOUCHING, SavedFold
from journal.store import Journal, append_within, put_text
from projections.backups import BackupsFold
from projections.fold import SavableFold
from projections.moments import MomentsFold
from projections.naming import NamingFold
from projections.positions import PlacesFold
from projections.schema import SchemaFold
from projections.undecided import UndecidedFold
from projections.ways import WaysFold

SAVED: tuple[type[SavableFold[Any]], ...] = (
    SchemaFold,
    MigrationsFold,
    PlacesFold,
    UndecidedFold,
    BackupsFold,
    WaysFold,
    NamingFold,
    MomentsFold,
)
"""Every fold that is saved."""

BEHIND = 5_000
"""Entries after which a run that ends saves the folds anew."""

APART = 16_000
"""Positions between two that are saved of a fold whose past is asked for."""


def keep_folds(journal: Journal, *, behind: int = BEHIND, actor: str) -> None:
    """Save the folds anew where the head is far beyond the last ones; never in the way of a run.

    A journal without the table, a role that may not write it, somebody who saves at the same
    time: then nothing is saved, and answers take longer.
    """
    with suppress(ClewError, OverflowError):
        database = journal.database
        head = journal.head().position
        saving = MomentsFold.saving
        newest = database.saved(saving.name, layout=saving.layout, last=END)
        if head - (newest.position if newest else 0) < behind or not database.keeps_saved():
            return
        save_folds(journal, list(fold_on(journal, SAVED, last=head)), actor=actor)


def save_anew(journal: Journal, *, actor: str, behind: int = BEHIND) -> int:
    """Fold all entries from the first one on, and save that; return how many are saved.

    A journal of fewer entries than ``behind`` is read as quickly without.

    Raises:
        NotExact: a fold that was saved does not answer as the fold of all entries does.
    """
    head = journal.head().position
    if head < behind:
        return 0
    found = list(fold_on(journal, SAVED, last=head, anew=True))
    save_folds(journal, found, actor=actor)
    return len(found)


def save_folds(journal: Journal, found: Sequence[SavedFold], *, actor: str) -> None:
    """Store folds, and append the entry that vouches for them, in one transaction."""
    database = journal.database
    database.begin()
    try:
        lines = "".join(f"{one.line}\n" for one in found)
        event = CheckRun(name=VOUCHING, passed=True, output=put_text(database, lines))
        (entry,) = append_within(
            database, [event], run="", actor=actor, evidence="captured", clock=journal.clock
        )
        kept = {kind.saving.name: kind.saving.kept for kind in SAVED}
        for one in found:
            vouched = msgspec.structs.replace(one, vouched=entry.position)
            database.save(vouched, kept=kept[one.name])
        database.commit()
    except BaseException:
        database.abort()
        raise


def fold_on(
    journal: Journal, kinds: Sequence[type[SavableFold[Any]]], *, last: int, anew: bool = False
) -> Iterator[SavedFold]:
    """Yield what is to be saved up to ``last``.

    Entries are read once for all folds, from where the one that is furthest behind stopped.
    """
    folds = [(kind(), 0) if anew else resumed(journal, kind, last=last) for kind in kinds]
    entry: Entry | None = None
    for entry in journal.read(after=min(seen for _, seen in folds), last=last):
        for fold, seen in folds:
            if entry.position > seen:
                if fold.saving.hears(entry):
                    fold.take(entry)
                if fold.saving.kept > 2 and not entry.position % APART:
                    yield _closed(fold, entry)
    if entry is not None:
        for fold, _ in folds:
            yield _closed(fold, entry)


def _closed(fold: SavableFold[Any], entry: Entry) -> SavedFold:
    one = closed(fold, position=entry.position, digest=bytes.fromhex(entry.digest))
    again = opened(type(fold), one)
    if again is None or again.answer() != fold.answer():
        raise NotExact(f"the fold {one.name} cannot be saved at position {entry.position}")
    return one
