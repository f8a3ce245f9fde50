"""Stamp: a migration was done, or undone, elsewhere, and that is accepted with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec

from commands.adopt.matching import AppliedElsewhere
from commands.folding import folded
from commands.history import History, MigrationsFold
from commands.opening import Asker, Target
from commands.sources import DIRECTORY, MigrationFile, Sources, read_sources
from journal.errors import NotFound, Refused, Usage
from journal.events import Stamped
from journal.values import DatabaseKind
from projections.stamped import Stamp

NEAR = 3
"""How many names are offered for one that is not known."""


class StampedMigration(msgspec.Struct, frozen=True, kw_only=True):
    """One migration that was stamped, or would be.

    ``file`` and ``digest`` are empty where it has no file. ``ran`` is the position at which a
    run completed it, ``imported`` where another tool's bookkeeping says that it did: both stay
    on record as they are.
    """

    name: str
    file: str = ""
    digest: str = ""
    ran: int | None = None
    imported: bool = False


class StampAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was stamped as ``done`` or undone; ``position`` is the last entry that says so.

    Without a position nothing was written: it was only asked what would be.
    """

    done: bool
    migrations: tuple[StampedMigration, ...]
    position: int | None = None


def stamp(
    target: Target,
    names: Sequence[str],
    paths: Sequence[Path] = (),
    *,
    asker: Asker,
    undone: bool = False,
    without_file: bool = False,
    dry_run: bool = False,
) -> StampAnswer:
    """Stamp migrations as done, or ``undone``, elsewhere; all of ``names`` or none.

    A name is that of a file of ``paths`` (the usual directory where none is given), or the
    beginning of it where that is enough. What has no file is stamped as done only where that
    is said to be meant; as undone where it counts as applied.

    Raises:
        Usage: no name or no reason is given, or a name fits several files.
        NotFound: no file, and nothing applied, bears a name.
        Refused: it counts as that already.
        Busy: another run holds the journal.
    """
    if not names:
        raise Usage("expected the name of a migration", hint="Write: clew stamp NAME --reason WHY.")
    if not asker.reason and not dry_run:
        raise Usage("a stamp needs a reason", hint="Say who did it, where and why: --reason.")
    with target.journal() as journal:
        if not dry_run:
            journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        known = _Known(
            _sources(paths, journal.database.kind),
            folded(journal, MigrationsFold),
        )
        chosen = [known.find(name, without_file=without_file) for name in dict.fromkeys(names)]
        for one in chosen:
            known.check(one, done=not undone)
        answer = StampAnswer(done=not undone, migrations=tuple(dict.fromkeys(chosen)))
        if dry_run:
            return answer
        events = [_event(one, asker, done=not undone) for one in answer.migrations]
        entries = journal.append(*events, actor=asker.actor, evidence="stamped")
        return msgspec.structs.replace(answer, position=entries[-1].position)


def _event(one: StampedMigration, asker: Asker, *, done: bool) -> Stamped:
    return Stamped(
        migration=one.name,
        digest=one.digest if done else "",
        done=done,
        reason=asker.reason,
        ref=asker.ref,
    )


def _sources(paths: Sequence[Path], kind: DatabaseKind) -> Sources:
    if not paths and not DIRECTORY.is_dir():
        return Sources(directory=DIRECTORY, files=())
    return read_sources(paths, kind)


class _Known:
    """The migrations that there are: as files, as applied here, and by other tools."""

    def __init__(self, sources: Sources, past: History) -> None:
        self._files = {file.name: file for file in sources.files}
        self._other_database = sources.elsewhere
        self._applied = past.applied
        self._stamps: dict[str, Stamp] = {one.name: one for one in past.runs.stamps}
        self._elsewhere = AppliedElsewhere(past.runs.imported)
        self._imported = {name for one in past.runs.imported for name in one.migrations}

    def find(self, text: str, *, without_file: bool) -> StampedMigration:
        """Return the migration that is meant. Raises as ``stamp`` does."""
        name = text.removesuffix(".sql").removesuffix(".py")
        file = self._files.get(name)
        if file is None and name not in self._applied:
            file = self._beginning(name)
        if file is not None:
            return self._told(file.name, file)
        for known in (name, text):
            if known in self._applied or known in self._imported:
                return self._told(known)
        if without_file and text.strip():
            return self._told(text)
        raise NotFound(f"no migration named {text!r}", hint=self._hint(name))

    def check(self, one: StampedMigration, *, done: bool) -> None:
        """Refuse what says nothing new."""
        held = self._stamps.get(one.name)
        if held is not None and held.done == done:
            raise Refused(
                f"{one.name} is stamped as {'done' if done else 'undone'} already, by"
                f" {held.actor} at position {held.position}"
            )
        if done and one.ran is not None:
            raise Refused(
                f"{one.name} was applied here, by the run that ended at position {one.ran}",
                hint="Take a changed file in with: clew accept --files --reason WHY.",
            )
        if done and one.imported and held is None:
            raise Refused(f"{one.name} counts as applied by another tool already")
        counts = one.name in self._applied or (one.imported and held is None)
        if not done and not counts:
            raise Refused(f"{one.name} does not count as applied")

    def _told(self, name: str, file: MigrationFile | None = None) -> StampedMigration:
        known = self._applied.get(name)
        return StampedMigration(
            name=name,
            file=file.path if file else "",
            digest=file.digest if file else "",
            ran=known.position if known is not None and known.how == "run" else None,
            imported=name in self._imported or (file is not None and self._elsewhere.has(file)),
        )

    def _beginning(self, name: str) -> MigrationFile | None:
        found = [one for key, one in self._files.items() if name and key.startswith(name)]
        if len(found) > 1:
            listed = ", ".join(one.name for one in found[:5])
            raise Usage(f"{name!r} fits several migrations: {listed}")
        return found[0] if found else None

    def _hint(self, name: str) -> str:
        if name in self._other_database:
            return "Its file is for another database."
        near = get_close_matches(name, self._names(), n=NEAR, cutoff=0.5)
        if near:
            return f"Did you mean {', '.join(near)}?"
        return "Name the directory with --directory, or stamp it all the same with --without-file."

    def _names(self) -> Iterable[str]:
        return dict.fromkeys((*self._files, *self._applied, *self._imported))
