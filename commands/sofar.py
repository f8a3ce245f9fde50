"""What the parts of a migration have done so far."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import msgspec

from commands.backup.writing import Written
from commands.reset.answer import Emptied
from commands.restore.answer import Restored
from commands.transform.report import Transformed, joined
from journal.events import CheckRun
from journal.verified import Details


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What a part did that its events do not add up by themselves."""

    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    backups: tuple[Written, ...] = ()
    restored: tuple[Restored, ...] = ()
    resets: tuple[Emptied, ...] = ()


class SoFar:
    """Gathers what parts did; ``before`` is what an earlier attempt at the migration did.

    ``seen`` is what verification saw before the first step, by name.
    """

    def __init__(
        self,
        before: Mapping[str, Transformed] | None = None,
        seen: Mapping[str, Details] | None = None,
    ) -> None:
        self.done: list[Performed] = []
        self.seen: dict[str, Details] = dict(seen or {})
        self._before = before or {}
        self._since = time.monotonic()

    def add(self, performed: Performed) -> None:
        """Take in what one part did."""
        self.done.append(performed)

    @property
    def transformed(self) -> tuple[Transformed, ...]:
        """What transforms did in this run."""
        return tuple(one for part in self.done for one in part.transformed)

    @property
    def checks(self) -> tuple[CheckRun, ...]:
        """What checks found."""
        return tuple(one for part in self.done for one in part.checks)

    @property
    def backups(self) -> tuple[Written, ...]:
        """The backups that were taken."""
        return tuple(one for part in self.done for one in part.backups)

    @property
    def restored(self) -> tuple[Restored, ...]:
        """What was restored from backups."""
        return tuple(one for part in self.done for one in part.restored)

    @property
    def resets(self) -> tuple[Emptied, ...]:
        """The resets that were done."""
        return tuple(one for part in self.done for one in part.resets)

    @property
    def rejected(self) -> int:
        """Subjects that were set aside, by an earlier attempt too."""
        return sum(one.rejected for one in self._totals())

    @property
    def seconds(self) -> float:
        """The time since the run began."""
        return time.monotonic() - self._since

    def total(self, name: str) -> Transformed:
        """Return what a transform did, in an earlier attempt too."""
        return next((one for one in self._totals() if one.name == name), Transformed(name=name))

    def _totals(self) -> Iterator[Transformed]:
        now = {one.name: one for one in self.transformed}
        for name in self._before.keys() | now.keys():
            yield joined(*(found[name] for found in (self._before, now) if name in found))
