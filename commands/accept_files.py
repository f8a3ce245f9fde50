"""Accept migration files that are not as they were applied, with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from commands.folding import folded
from commands.history import MigrationsFold
from commands.opening import Asker, Target
from commands.pending import Comparison, compare
from commands.sources import read_sources
from journal.errors import AnswerIsNo, NotFound, Usage
from journal.events import Stamped


class AcceptedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Migrations whose files were accepted as they are now, and the last entry that says so."""

    position: int
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def accept_files(
    target: Target, paths: Sequence[Path] = (), *, asker: Asker, names: Sequence[str] = ()
) -> AcceptedFiles:
    """Stamp changed, renamed and missing files as they are now; ``names`` chooses some.

    Raises:
        Usage: no reason is given.
        AnswerIsNo: every file is as it was applied.
        NotFound: a name is not among those that differ.
        Busy: another run holds the journal.
    """
    if not asker.reason:
        raise Usage(
            "accepting files needs a reason", hint="Say who changed them and why: --reason."
        )
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        sources = read_sources(paths, journal.database.kind)
        found = _chosen(compare(sources, folded(journal, MigrationsFold)), names)
        digests = {file.name: file.digest for file in sources.files}
        stamps = tuple(_stamps(found, digests, asker))
        if not stamps:
            raise AnswerIsNo("every file is as it was applied")
        entries = journal.append(*stamps, actor=asker.actor, evidence="stamped")
        return AcceptedFiles(
            position=entries[-1].position,
            changed=found.changed,
            renamed=found.renamed,
            missing=found.missing,
        )


def _chosen(found: Comparison, names: Sequence[str]) -> Comparison:
    if not names:
        return found
    known = {*found.changed, *found.missing, *(name for pair in found.renamed for name in pair)}
    for name in names:
        if name not in known:
            raise NotFound(f"{name} is neither changed, renamed nor missing")
    return Comparison(
        changed=tuple(name for name in found.changed if name in names),
        renamed=tuple(pair for pair in found.renamed if set(pair) & set(names)),
        missing=tuple(name for name in found.missing if name in names),
    )


def _stamps(found: Comparison, digests: dict[str, str], asker: Asker) -> Iterator[Stamped]:
    for name in found.changed:
        yield _accepted(name, digests[name], asker)
    for old, new in found.renamed:
        yield _accepted(old, digests[new], asker, done=False)
        yield _accepted(new, digests[new], asker)
    for name in found.missing:
        yield _accepted(name, "", asker)


def _accepted(name: str, digest: str, asker: Asker, *, done: bool = True) -> Stamped:
    return Stamped(
        migration=name, digest=digest, done=done, reason=asker.reason, ref=asker.ref, file=True
    )
