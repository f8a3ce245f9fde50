"""What a fleet answers: each database, where it stood, what was done, and what went wrong."""

from __future__ import annotations

import msgspec

from commands.fleet.errand import Head, State, Trouble

INTERRUPTED = 130


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A database before anything is done; ``trouble`` is why nothing can be.

    ``site`` tells which database it is, by whatever URL it was opened. ``notes`` tell what is
    in nobody's way: drift that nothing touches, a run without an end that is closed first.
    """

    name: str
    state: State = "pending"
    journal: str = ""
    journal_name: str = ""
    site: str = ""
    head: Head | None = None
    pending: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: Trouble | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one database; ``before`` is its head when the fleet began.

    ``done`` names what was done: migrations, or the steps of a rollback. ``runs`` are those of
    this fleet in its journal, as far as they were completed.
    """

    name: str
    state: State
    before: Head | None = None
    after: Head | None = None
    done: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    rows: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    trouble: Trouble | None = None


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """When the turn of a database comes: canaries first, then groups from the lowest."""

    name: str
    url: str
    group: int
    canary: bool


class FleetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a fleet did, or would do where nothing was ``begun``.

    ``targets`` tell the order, ``looks`` what was found before, ``ended`` what became of each
    that was begun or left. ``exit_code`` is that of the worst.
    """

    fleet: str
    verb: str
    begun: bool
    targets: tuple[Rest, ...]
    looks: tuple[Look, ...] = ()
    ended: tuple[Ended, ...] = ()
    interrupted: bool = False
    exit_code: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many databases are in each state."""
        found: dict[str, int] = {}
        for one in self.ended or self.looks:
            found[one.state] = found.get(one.state, 0) + 1
        return found


def worst(troubles: tuple[Trouble | None, ...], *, interrupted: bool = False) -> int:
    """Return the exit code for many: the highest of theirs, the gravest as it happens."""
    if interrupted:
        return INTERRUPTED
    return max((one.exit_code for one in troubles if one is not None), default=0)
