"""The step of a migration that copies tables, within the migration's transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commands.copy.answer import CopyAnswer
from commands.copy.batch import NewTransaction
from commands.copy.declaring import source_of
from commands.copy.examining import Progress
from commands.copy.performing import Performing
from commands.copy.preparing import prepared
from commands.copy.spec import Copy
from journal.database import Database
from journal.errors import CheckFailed, Refused
from journal.known import Known
from journal.opening import LOCK_TIMEOUT
from journal.recording import Recording
from journal.store import Clock, Journal


def run_copy(
    step: Copy,
    recording: Recording,
    *,
    migration: str,
    progress: Progress = lambda *_: None,
) -> CopyAnswer:
    """Copy tables in one transaction, that of the migration.

    What was deferred by the steps before is checked first.

    Raises:
        Refused, ChangedSince, NotFound, Unreachable: as ``commands.copy.running.copy`` does.
        CheckFailed: what stands in the target is not what the source holds.
    """
    recording.settle()

    @contextmanager
    def transaction() -> Iterator[Recording]:
        yield recording

    return copy_within(
        step,
        recording.database,
        known=recording.known,
        transaction=transaction,
        apart=False,
        migration=migration,
        clock=recording.clock,
        progress=progress,
    )


def copy_within(
    step: Copy,
    database: Database,
    *,
    known: Known,
    transaction: NewTransaction,
    apart: bool,
    migration: str,
    clock: Clock,
    progress: Progress,
) -> CopyAnswer:
    """Copy tables in the transactions that ``transaction`` begins.

    ``apart`` tells that none is open beforehand.

    Raises:
        Refused, ChangedSince, NotFound, Unreachable, CheckFailed: as ``run_copy`` does.
    """
    identity = database.identity()
    assert identity is not None, "a journal stands here"
    source = source_of(step, lock_timeout=LOCK_TIMEOUT)
    with source.database() as there:
        if there.identity() == identity:
            raise Refused("the source of a copy is the database itself", hint="Name another one.")
    with prepared(
        step,
        source,
        target=database,
        journal=Journal(database, identity, clock=clock),
        known=known,
        apart=apart,
        clock=clock,
        dry=False,
        progress=progress,
    ) as ready:
        ready.hold(step)
        work = Performing(ready, step, transaction, migration=migration, progress=progress)
        if not ready.nothing(step):
            work.bring()
        with transaction() as recording:
            checks = work.check(database, recording.known.objects)
            recording.note(*checks)
        for check in checks:
            if not check.passed:
                raise CheckFailed(
                    f"{check.name}: expected {check.expected}, found {check.found}",
                    hint="Somebody wrote into the target, or a trigger did.",
                )
        return work.answer(checks)
