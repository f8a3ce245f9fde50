"""Restore tables from a backup as a run of its own, in one transaction.

The preview is the restore itself in a transaction that is aborted: what it says is what the
database did.
"""

from __future__ import annotations

from uuid import uuid4

import msgspec

from commands.backup.reading import Progress
from commands.backup.stored import StoredBackup
from commands.derived import keep_derived
from commands.failure import name_holders, record_failure
from commands.interrupted import close_interrupted
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.restore.answer import Restored, RestoredTable
from commands.restore.performing import perform
from commands.restore.trusting import trusted
from commands.restore.wish import Wish
from journal import spans
from journal.database import Database
from journal.errors import NotExact, Refused, StatementFailed, Usage
from journal.recording import Recording
from journal.store import Journal

Agreed = tuple[RestoredTable, ...]
"""What of a preview somebody said yes to."""


def preview(
    target: Target, wish: Wish, *, asker: Asker, progress: Progress = lambda *_: None
) -> Restored:
    """Say what a restore would do, by doing it in a transaction that is aborted.

    Raises:
        NotFound, Usage, CheckFailed, Refused: as ``trusted`` does.
    """
    _refuse_without_reason(wish, asker)
    with target.journal() as journal, target.database() as session:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        stored, notes = trusted(journal, wish, progress=progress)
        answer = Restored(
            backup=stored.manifest.backup,
            directory=str(stored.location),
            taken_at=stored.manifest.taken_at,
            done=False,
        )
        session.begin(foreign_keys=False)
        try:
            recording = _recording(journal, session, str(uuid4()), asker)
            answer = perform(recording, stored, wish, progress=progress)
            _settle(recording)
        except (Refused, NotExact, StatementFailed) as error:
            name_holders(journal, error)
            answer = msgspec.structs.replace(
                answer, blocked=error.message, hint=error.hint, code=error.exit_code
            )
        finally:
            session.abort()
        return msgspec.structs.replace(answer, notes=notes)


def restore(
    target: Target,
    wish: Wish,
    *,
    asker: Asker,
    agreed: Agreed | None = None,
    progress: Progress = lambda *_: None,
) -> Restored:
    """Make tables equal to a backup.

    Raises:
        NotFound, Usage, CheckFailed, Refused, Drifted: as ``trusted`` and ``perform`` do; or the
            tables are not any more as in the preview that was ``agreed`` to.
        NotExact: the tables did not come back as the backup has them; nothing was changed.
        Busy: another run held the journal.
    """
    _refuse_without_reason(wish, asker)
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        with spans.span("restore verify backup"):
            stored, notes = trusted(journal, wish, progress=progress)
        run = str(uuid4())
        started = msgspec.structs.replace(run_started("restore", target, asker), notes=notes)
        journal.append(started, run=run, actor=asker.actor)
        try:
            with target.database() as session:
                answer = _perform(journal, session, stored, wish, run, asker, agreed, progress)
        except BaseException as error:
            name_holders(journal, error)
            record_failure(journal, error, run=run, asker=asker)
            raise
        keep_derived(journal, actor=asker.actor)
        return msgspec.structs.replace(answer, done=True, notes=notes, run=run)


def _perform(
    journal: Journal,
    session: Database,
    stored: StoredBackup,
    wish: Wish,
    run: str,
    asker: Asker,
    agreed: Agreed | None,
    progress: Progress,
) -> Restored:
    session.begin(foreign_keys=False)
    try:
        recording = _recording(journal, session, run, asker)
        with spans.span("restore rows"):
            answer = perform(recording, stored, wish, progress=progress)
        _hold_to(answer, agreed)
        _settle(recording)
        entries = recording.complete()
    except BaseException:
        session.abort()
        raise
    return msgspec.structs.replace(answer, position=entries[-1].position)


def _recording(journal: Journal, session: Database, run: str, asker: Asker) -> Recording:
    return Recording(
        session,
        known=known_schema(journal),
        run=run,
        actor=asker.actor,
        reason=asker.reason,
        clock=journal.clock,
    )


def _settle(recording: Recording) -> None:
    """Check foreign keys. Raises ``Refused`` where rows would refer to nothing."""
    try:
        recording.settle()
    except StatementFailed as error:
        raise Refused(
            f"the rows of the backup cannot stand here: {error.message}",
            hint="Restore the tables that they refer to, too.",
        ) from error


def _hold_to(answer: Restored, agreed: Agreed | None) -> None:
    if agreed is not None and answer.tables != agreed:
        raise Refused("rows were written since the preview", hint="Look again, then say yes.")


def _refuse_without_reason(wish: Wish, asker: Asker) -> None:
    if wish.allow_unknown and not asker.reason:
        raise Usage("expected --reason with --allow-unknown", hint="Say why it is to be trusted.")
