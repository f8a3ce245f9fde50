"""The way through a fleet: who comes when, and when it stops."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from threading import current_thread, main_thread
from types import FrameType

from msgspec.structs import replace

from commands.fleet.answer import Ended
from commands.fleet.errand import Errand, Trouble
from commands.fleet.targets import FleetTarget
from commands.workers import Crew, each
from journal.errors import Usage, WorkerLost

Work = Callable[[Errand], Ended]
Progress = Callable[[str, int, int], None]


class Stopping:
    """Whether to begin another database; Ctrl-C asks to stop, a second one aborts."""

    def __init__(self) -> None:
        self.asked = False
        self.failed = False

    @property
    def now(self) -> bool:
        """Tell whether no other database is to be begun."""
        return self.asked or self.failed

    def ask(self, _: int, __: FrameType | None) -> None:
        """Hear Ctrl-C."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Hear Ctrl-C while a fleet is at work."""
    found = Stopping()
    if current_thread() is not main_thread():
        yield found
        return
    before = signal.signal(signal.SIGINT, found.ask)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, before)


def in_order(targets: Sequence[FleetTarget], canaries: int | None) -> tuple[FleetTarget, ...]:
    """Return targets in their order; with ``canaries`` the first so many are those.

    Raises:
        Usage: there are not so many.
    """
    ordered = sorted(targets, key=lambda one: (not one.canary, one.group))
    if canaries is None:
        return tuple(ordered)
    if not 0 <= canaries <= len(ordered):
        raise Usage(f"expected 0 to {len(ordered)} canaries, found {canaries}")
    first = [replace(one, canary=True) for one in ordered[:canaries]]
    rest = sorted((replace(one, canary=False) for one in ordered[canaries:]), key=_group)
    return (*first, *rest)


def walk(
    crew: Crew,
    work: Work,
    waves: Sequence[Sequence[Errand]],
    stop: Stopping,
    *,
    keep_going: bool,
    careful: int,
    progress: Progress = lambda *_: None,
) -> dict[str, Ended]:
    """Do the work wave after wave; return what became of each that was begun.

    The first ``careful`` waves are of canaries: one that fails ends it all, ``keep_going`` or
    not. Where it stops, what is under way ends first.
    """
    found: dict[str, Ended] = {}
    total = sum(len(wave) for wave in waves)
    for number, wave in enumerate(waves):
        here = Crew() if len(wave) == 1 and not crew.scheduler else crew
        hard = number < careful or not keep_going
        try:
            for done in each(here, work, wave, enough=lambda: stop.now):
                ended = done.result or _lost(done.part, done.error)
                found[ended.name] = ended
                stop.failed |= hard and ended.trouble is not None
                progress(ended.name, len(found), total)
        except WorkerLost as error:
            stop.failed = True
            found |= {one.name: _lost(one, error) for one in wave if one.name not in found}
        except KeyboardInterrupt:
            stop.asked = True
            found |= {one.name: _left(one) for one in wave if one.name not in found}
        if stop.now:
            break
    return found


def waves(targets: Sequence[FleetTarget]) -> list[list[FleetTarget]]:
    """Return each canary alone, then the groups."""
    alone = [[one] for one in targets if one.canary]
    rest = [one for one in targets if not one.canary]
    return alone + [list(group) for _, group in groupby(rest, key=_group)]


def _group(target: FleetTarget) -> int:
    return target.group


def _lost(errand: Errand, error: Exception | None) -> Ended:
    """Tell of a database whose worker did not come back."""
    trouble = errand.trouble(error or RuntimeError("nothing came back"))
    return Ended(name=errand.name, state="unknown", before=errand.head, trouble=trouble)


def _left(errand: Errand) -> Ended:
    """Tell of a database that was under way, or not begun, when all was aborted."""
    said = Trouble(
        message="interrupted",
        hint="What was under way is whole or was aborted; look with: clew fleet status.",
        kind="Interrupted",
        exit_code=130,
    )
    return Ended(name=errand.name, state="unknown", before=errand.head, trouble=said)
