"""Prove the record: chain, head, content and images, each hashed again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from commands.archiving.listing import HeldArchive
from commands.archiving.proving import Sealed
from commands.erasing.proving import Erasures
from commands.proof.checkpoint import origin_of
from commands.proof.held import Held, Holding, problem_of
from commands.proof.saved import Saved
from commands.proving import altered
from journal.chain import GENESIS, ChainProblem, check_chain
from journal.codec import open_entry
from journal.envelope import Head, StoredEntry
from journal.errors import ClewError
from journal.events import JournalOpened, RowsChanged
from journal.store import Journal
from journal.values import TableRows
from projections.named import named_content

BATCH = 1000
"""Entries between two reports of progress, and image ranges checked in one go."""

_FIRST = -(2**63)
"""A forged entry may stand before position 1."""

Progress = Callable[[int], None]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``verify``: problems in order of position, the first bad one first.

    Kinds besides those of the chain: ``head-moved`` (the head row is not the last entry),
    ``unreadable``, ``content-missing``, ``content-altered``, ``images-missing``,
    ``images-altered``, ``identity`` (the journal bears another id or name than it was opened
    with), ``table-missing``, ``truncated``, ``rewritten`` and ``another-journal`` (held against a
    checkpoint: ``commands.proof.held``), ``saved-fold-altered`` (answers do not rest on it, or
    rest on an entry that lies: ``commands.proving``); what left for archives has kinds of its own
    (``commands.archiving.proving``); and at the very end ``content-unnamed`` and
    ``images-unnamed``, which no entry speaks of. What was erased has kinds of its own
    (``Erasures``). ``unguarded`` names the append-only triggers that are gone: the record proves
    itself without them, and the next forger has an easier time. ``archives`` are those that were
    held against the journal: without them what left is proved by nothing but their seals.
    """

    ok: bool
    entries: int
    head: str
    problems: tuple[ChainProblem, ...]
    unguarded: tuple[str, ...] = ()
    checkpoints: tuple[Held, ...] = ()
    archives: tuple[HeldArchive, ...] = ()


def verify(
    journal: Journal, *, checkpoints: Sequence[Saved] = (), progress: Progress = lambda _: None
) -> Verification:
    """Hash the whole record again and name each place where it does not prove itself.

    ``checkpoints`` were kept elsewhere: the journal must extend each of them.
    """
    gone = journal.database.missing()
    if gone:
        lost = (ChainProblem(position=1, kind="table-missing", found=name) for name in gone)
        return Verification(ok=False, entries=0, head="", problems=tuple(lost))
    erasures, sealed = Erasures(journal), Sealed(journal)
    stored_content = journal.database.content_digests()
    contents = {name: name if found == name else found for name, found in stored_content}
    holding = Holding(checkpoints, origin_of(journal.identity))
    chunks = journal.database.image_chunks()
    sweep = _Sweep(journal, contents, holding, erasures, sealed, progress)
    problems = list(check_chain(sweep.entries()))
    head = sweep.head
    at = head.position if isinstance(head.position, int) else 0  # SQLite holds what was written
    if sweep.last != head:
        place = min(sweep.last.position, at) + 1
        problems.append(ChainProblem(position=place, kind="head-moved"))
    problems += sweep.problems
    problems += sweep.erasures.problems(contents)
    problems += sealed.problems(contents)
    unnamed = contents.keys() - sweep.named - sweep.erasures.markers() - sealed.markers()
    end = max(sweep.last.position, at)
    problems += [
        ChainProblem(position=end, kind="content-unnamed", found=digest)
        for digest in sorted(unnamed, key=str)
    ]
    if chunks > sweep.chunks:
        found = str(chunks - sweep.chunks)
        problems.append(ChainProblem(position=end, kind="images-unnamed", found=found))
    held = tuple(holding.verdicts())
    problems += [problem for one in held if (problem := problem_of(one))]
    if not problems:  # a journal that does not prove itself proves no fold of it
        problems += _saved(journal)
    problems.sort(key=lambda problem: problem.position)
    if problems and (
        erasures.went_on() or sealed.went_on()
    ):  # what was read then is not what stands now
        return verify(journal, checkpoints=checkpoints, progress=progress)
    return Verification(
        ok=not problems,
        entries=sweep.count,
        head=sweep.last.digest.hex(),
        problems=tuple(problems),
        unguarded=journal.database.unguarded(),
        checkpoints=held,
    )


def _saved(journal: Journal) -> Iterator[ChainProblem]:
    """Name saved folds that are not what the entries fold to."""
    for one in altered(journal):
        yield ChainProblem(position=one.position, kind="saved-fold-altered", found=one.name)


class _Sweep:
    """One pass over the entries that checks, beside the chain, all that each entry names.

    Others may write meanwhile: what was counted before the pass is all named by entries of it, and
    the head is that of the moment at which no entry was left to read.
    """

    def __init__(
        self,
        journal: Journal,
        contents: dict[str, str],
        holding: Holding,
        erasures: Erasures,
        sealed: Sealed,
        progress: Progress,
    ) -> None:
        self.journal = journal
        self.holding = holding
        self.contents = contents
        self.progress = progress
        self.problems: list[ChainProblem] = []
        self.named: set[str] = set()
        self.last: Head = GENESIS
        self.head: Head = GENESIS
        self.count = 0
        self.chunks = 0
        self.erasures = erasures
        self.sealed = sealed
        self._images: list[tuple[int, TableRows]] = []

    def entries(self) -> Iterator[StoredEntry]:
        yield from self._entries(after=_FIRST)
        self.head = self.journal.head()
        while self._behind():
            read = self.count
            yield from self._entries(after=self.last.position)
            if self.count == read:
                break
            self.head = self.journal.head()
        self._check_images()
        self.progress(self.count)

    def _behind(self) -> bool:
        """Tell whether the head is beyond what was read; SQLite holds whatever was written."""
        return isinstance(self.head.position, int) and self.head.position > self.last.position

    def _entries(self, *, after: int) -> Iterator[StoredEntry]:
        for stored in self.journal.stored(after=after):
            digest = stored.digest if isinstance(stored.digest, bytes) else b""
            self.last = Head(position=stored.position, digest=digest)
            self.count += 1
            self.holding.take(stored)
            self._look_into(stored)
            if self.count % BATCH == 0:
                self.progress(self.count)
            yield stored

    def _look_into(self, stored: StoredEntry) -> None:
        try:
            event = open_entry(stored).event
        except ClewError as error:
            self._report(stored.position, "unreadable", error.message)
            return
        for digest in named_content(event):
            self._check_content(stored.position, digest)
        if isinstance(event, JournalOpened):
            self._check_identity(stored.position, event)
        self.sealed.look_at(stored)
        if isinstance(event, RowsChanged) and event.rows.images is not None:
            rows = self.erasures.rows(event.rows)
            if self.sealed.has_images(stored.position):
                self._images.append((stored.position, rows))
            if len(self._images) == BATCH:
                self._check_images()

    def _check_identity(self, position: int, opened: JournalOpened) -> None:
        one = self.journal.identity
        same = (opened.journal, opened.name, opened.database) == (one.id, one.name, one.database)
        if not same or one.format < 1:
            self._report(position, "identity", f"{one.name} {one.id}")

    def _check_content(self, position: int, digest: str) -> None:
        if not digest or self.erasures.names(digest, position) or digest in self.named:
            return
        if self.sealed.took(digest, position, self.contents):
            return
        found = self.contents.get(digest) or self._written_since(digest)
        self.named.add(digest if found != digest else found)  # one string of the two is enough
        if found is None:
            self._report(position, "content-missing", digest)
        elif found != digest:
            self._report(position, "content-altered", digest)

    def _written_since(self, digest: str) -> str | None:
        content = self.journal.database.content(digest)
        return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else None

    def _check_images(self) -> None:
        batch, self._images = self._images, []
        for found in self.journal.database.check_images([rows for _, rows in batch]):
            self.chunks += found.chunks
            if found.problem:
                self._report(batch[found.index][0], f"images-{found.problem}", "")

    def _report(self, position: int, kind: str, found: str) -> None:
        self.problems.append(ChainProblem(position=position, kind=kind, found=found))
