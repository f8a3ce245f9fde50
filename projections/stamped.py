"""Stamps: what was said of migrations and their files without running anything."""

from __future__ import annotations

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.applied import Applied, AppliedSet


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """Who said that a migration was done, or undone, elsewhere, when and why.

    ``digest`` is the SHA-256 of its file, empty where it had none.
    """

    name: str
    done: bool
    digest: str = ""
    position: int
    recorded_at: str
    actor: str
    reason: str
    ref: str = ""


class StampingState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Stamping`` has gathered, beside the set of applied migrations."""

    stamps: tuple[Stamp, ...]
    files: tuple[tuple[int, e.Stamped], ...]
    renamed: dict[str, Applied]


class Stamping:
    """Takes stamps into the set of applied migrations."""

    def __init__(self, applied: AppliedSet) -> None:
        self._applied = applied
        self._stamps: dict[int, Stamp] = {}
        self._files: list[tuple[int, e.Stamped]] = []
        self._renamed: dict[str, Applied] = {}

    def take(self, event: e.Stamped, entry: Entry) -> None:
        """A migration, or a file of one, was stamped."""
        at = entry.position
        if event.file:
            self._files.append((at, event))
            self._accept(event, at)
            return
        self._stamps[at] = _stamp(event, entry)
        if event.done:
            self._applied.add(_applied(event, entry), position=at)
        else:
            self._applied.remove(event.migration, position=at)

    def accept_again(self, target: int, *, position: int) -> None:
        """After a rollback files are as they were: what was accepted of them since still holds."""
        self._renamed.clear()
        for accepted, event in self._files:
            if accepted > target:
                self._accept(event, position)

    def hold(self, *, at: int | None = None) -> tuple[Stamp, ...]:
        """Return the stamps that hold, or held at a position: no run said otherwise since."""
        found = {
            one.position: msgspec.structs.replace(stamp, name=one.name, digest=one.digest)
            for one in self._applied.now(at=at)
            if one.how == "stamped" and (stamp := self._stamps.get(one.position))
        }
        gone = self._applied.gone(at=at).values()
        found |= {position: self._stamps[position] for position in gone if position in self._stamps}
        return tuple(found[position] for position in sorted(found))

    def state(self) -> StampingState:
        """Return what was gathered."""
        return StampingState(
            stamps=tuple(self._stamps.values()),
            files=tuple(self._files),
            renamed=dict(self._renamed),
        )

    def restore(self, state: StampingState) -> None:
        """Begin where a fold of that state stopped."""
        self._stamps = {one.position: one for one in state.stamps}
        self._files = list(state.files)
        self._renamed = dict(state.renamed)

    def _accept(self, event: e.Stamped, position: int) -> None:
        """Another file, another name or none: what was applied is what it was."""
        known = self._applied.find(event.migration)
        if not event.done:
            if known is not None:
                self._renamed[event.digest] = known
                self._applied.remove(event.migration, position=position)
            return
        known = known or self._renamed.pop(event.digest, None)
        if known is not None:
            now = msgspec.structs.replace(known, name=event.migration, digest=event.digest)
            self._applied.add(now, position=position)


def _applied(event: e.Stamped, entry: Entry) -> Applied:
    return Applied(
        name=event.migration,
        digest=event.digest,
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        how="stamped",
    )


def _stamp(event: e.Stamped, entry: Entry) -> Stamp:
    return Stamp(
        name=event.migration,
        done=event.done,
        digest=event.digest,
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        reason=event.reason,
        ref=event.ref,
    )
