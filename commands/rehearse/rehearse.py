"""Rehearse: run what is pending on a scratch copy, take it back, prove it, end in go or no-go."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from commands.folding import folded
from commands.history import MigrationsFold
from commands.interrupted import close_interrupted
from commands.opening import Asker, Target
from commands.pending import compare as compare_files
from commands.pending import up_to
from commands.rehearse import verdict
from commands.rehearse.answer import Item, Rehearsal, RehearsedMigration, ScratchCopy
from commands.rehearse.gate import refusals, stays_within
from commands.rehearse.stage import Stage
from commands.rehearse.there_and_back import Tried, there_and_back
from commands.rehearse.verdict import Bounds
from commands.running import Progress
from commands.sources import MigrationFile, read_sources
from commands.status import status
from commands.unaccepted import told, unaccepted
from journal.copying import leftovers, scratch_copy
from journal.errors import ClewError
from journal.footprint import Footprint, compare
from journal.scratch import Copied, Wanted

WEAKER = (
    "times, locks and bytes are those of the sample; rows that were left out may still break a "
    "constraint, fail a check, disagree or be rejected"
)
"""Which proofs a sample weakens; that what was tried comes back exactly is none of them."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be rehearsed, as ``apply`` would be asked for it."""

    paths: Sequence[Path] = ()
    to: str = ""
    allow_late: bool = False
    allowed: frozenset[str] = frozenset()
    max_rejects: int | None = None


def rehearse(
    target: Target,
    asked: Asked,
    *,
    asker: Asker,
    wanted: Wanted,
    bounds: Bounds,
    progress: Progress = lambda *_: None,
) -> Rehearsal:
    """Copy the database, try all that is pending on the copy, and tell what came of it.

    The database itself is only read. What a migration does wrong is an answer, no error.

    Raises:
        NotFound: there is no journal, or no such directory.
        Refused, Unreachable, Busy, StatementFailed, Usage: no copy could be made.
    """
    left = leftovers(target.url)
    began = time.perf_counter()
    progress("copy", 0, 0)
    with scratch_copy(target.url, wanted) as copied:
        stage = Stage(
            msgspec.structs.replace(target, url=copied.url),
            asker=asker,
            allowed=frozenset(filter(stays_within, asked.allowed)),
            max_rejects=asked.max_rejects,
            programs=wanted.programs,
            progress=progress,
        )
        copy = ScratchCopy(
            url=stage.target.shown,
            how=copied.how,
            sample=wanted.sample,
            bytes=copied.size,
            seconds=round(time.perf_counter() - began, 3),
            kept=wanted.kept,
        )
        answer = _Rehearsing(target, stage, asked, copy, copied, bounds).run()
    items = (*answer.items, *_space(target, answer), *_left(left))
    go = all(item.verdict != "no-go" for item in items)
    return msgspec.structs.replace(answer, go=go, items=items, leftovers=left)


class _Rehearsing:
    def __init__(
        self,
        original: Target,
        stage: Stage,
        asked: Asked,
        copy: ScratchCopy,
        copied: Copied,
        bounds: Bounds,
    ) -> None:
        self.original = original
        self.stage = stage
        self.asked = asked
        self.copy = copy
        self.bounds = bounds
        self.items: list[Item] = list(_of_copy(copy, copied))
        self.migrations: list[RehearsedMigration] = []
        self.refused: set[str] = set()

    def run(self) -> Rehearsal:
        position = self.stage.head()
        self._stands()
        blocked = any(item.verdict == "no-go" for item in self.items)
        pending, waiting = self._pending()
        first = self.stage.look()
        if not blocked:
            self._all(pending, waiting, first)
        else:
            self._untried([file.name for file in (*waiting, *pending)])
        return Rehearsal(
            go=False,
            position=position,
            copy=self.copy,
            compared_by=first.by,
            migrations=tuple(self.migrations),
            items=tuple(self.items),
        )

    def _stands(self) -> None:
        """Judge what stands before anything runs."""
        found = status(self.stage.target, self.asked.paths)
        if found.drift:
            self.items += self._unlike(found.drift)
        self.items += verdict.standing(found, allow_late=self.asked.allow_late)

    def _unlike(self, drift: Sequence[str]) -> Sequence[Item]:
        """Tell a copy that is not like the original from an original that has drifted."""
        with self.original.journal() as journal:
            known = set(told(unaccepted(journal)))
        unlike = [text for text in drift if text not in known]
        return [verdict.unlike(unlike)] if unlike else []

    def _pending(self) -> tuple[tuple[MigrationFile, ...], tuple[MigrationFile, ...]]:
        """Hold what is pending against the gate; tell that, and what has subjects that wait."""
        target, asked = self.stage.target, self.asked
        with target.journal() as journal:
            journal.database.hold(target.holder, wait=target.lock_timeout)
            close_interrupted(journal, asker=self.stage.asker)
            sources = read_sources(asked.paths, journal.database.kind)
            past = folded(journal, MigrationsFold)
            pending = up_to(compare_files(sources, past).pending, asked.to)
            for file in pending:
                found = list(refusals(file, journal.database, self.stage.allowed))
                self.items += verdict.refused(file.name, found, asked.allowed)
                if found:
                    self.refused.add(file.name)
        names = {one.name for one in past.applied.values() if one.rejected}
        return pending, tuple(file for file in sources.files if file.name in names)

    def _all(
        self,
        pending: tuple[MigrationFile, ...],
        waiting: tuple[MigrationFile, ...],
        first: Footprint,
    ) -> None:
        if not pending and not waiting:
            self.items.append(Item(what="pending", verdict="note", evidence="nothing is pending"))
            return
        now, every, origin = first, (*waiting, *pending), self.stage.head()
        for number, file in enumerate(every):
            if file.name in self.refused:
                self._untried([one.name for one in every[number:]])
                return
            tried = there_and_back(self.stage, file, now, waiting=number < len(waiting))
            self._take(tried)
            now = tried.after
            if not tried.goes_on:
                self._untried([one.name for one in every[number + 1 :]])
                return
        self._whole_way(first, origin)

    def _take(self, tried: Tried) -> None:
        self.migrations.append(tried.answer)
        self.items += verdict.rehearsed(tried, self.bounds)

    def _untried(self, names: Sequence[str]) -> None:
        for name in names:
            self.migrations.append(RehearsedMigration(migration=name, applied=False))
            said = "not tried, since what comes before it is not in order"
            self.items.append(Item(what="applies", verdict="no-go", evidence=said, migration=name))

    def _whole_way(self, first: Footprint, origin: int) -> None:
        """Take all back at once; where one cannot be taken back, that is said already."""
        if any(one.returned == "refused" for one in self.migrations):
            return
        try:
            self.stage.back(origin)
        except ClewError as error:
            self.items.append(verdict.whole_way(len(self.migrations), error.message))
            return
        found = compare(first, self.stage.look())
        self.items.append(verdict.whole_way(len(self.migrations), found))


def _of_copy(copy: ScratchCopy, copied: Copied) -> Sequence[Item]:
    said = f"{copy.how}; {copy.bytes:,} bytes, {copy.seconds:.3f} s"
    items = [Item(what="copy", verdict="note" if copy.sample else "go", evidence=said)]
    if copy.sample:
        items.append(Item(what="sample", verdict="note", evidence=WEAKER))
    return items + [Item(what="copy", verdict="note", evidence=note) for note in copied.notes]


def _space(target: Target, answer: Rehearsal) -> Sequence[Item]:
    """Only the space beside a SQLite file is known from here."""
    if not answer.migrations:
        return ()
    free = None
    if target.url.get_backend_name() == "sqlite":
        free = shutil.disk_usage(Path(str(target.url.database)).resolve().parent).free
    return (verdict.space(sum(one.journal_bytes for one in answer.migrations), free),)


def _left(names: Sequence[str]) -> Sequence[Item]:
    return [
        Item(what="leftover", verdict="note", evidence=f"an earlier rehearsal's copy: {name}")
        for name in names
    ]
