"""Take observed drift into the journal, with a reason."""

from __future__ import annotations

import msgspec

from commands.observing import difference
from commands.opening import Asker, Target
from journal.errors import AnswerIsNo, Usage
from journal.events import DriftAccepted
from journal.known import TYPES, known
from journal.values import ObjectChange


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """The differences that were taken in, and the position of the entry that says so."""

    position: int
    changes: tuple[ObjectChange, ...]


def accept(target: Target, *, asker: Asker) -> Acceptance:
    """Append DriftAccepted for every difference of the live schema from the journal's.

    Raises:
        Usage: no reason is given.
        AnswerIsNo: there is no drift.
    """
    if not asker.reason:
        raise Usage(
            "accepting drift needs a reason", hint="Say who changed the database and why: --reason."
        )
    with target.journal() as journal:
        journal.database.hold(target.holder, wait=target.lock_timeout)
        changes = difference(journal.database, known(journal.read(types=TYPES)))
        if not changes:
            raise AnswerIsNo("there is no drift to accept")
        event = DriftAccepted(changes=changes, reason=asker.reason)
        entries = journal.append(event, actor=asker.actor, evidence="observed")
        return Acceptance(position=entries[-1].position, changes=changes)
