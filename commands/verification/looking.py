"""Looking at what a migration declares: before its first step, and after its last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from commands.transform.steps import Timing, Unchanged, Verify
from commands.verification.contents import Read, contents_after, contents_before
from commands.verification.times import judged, measured
from journal.errors import CheckFailed, NotExact
from journal.events import CheckRun
from journal.recording import Recording
from journal.store import put_text
from journal.verified import Contents, Details, Times


def look_before(
    verify: Sequence[Verify],
    recording: Recording,
    *,
    keep: bool = False,
    read: Read = lambda _: None,
) -> dict[str, Details]:
    """Look at tables and queries; ``keep`` notes it, for another attempt to go on from.

    Raises:
        NotFound, Usage, StatementFailed: as ``contents_before`` does.
        Refused: what is to be timed is no query.
    """
    seen = {one.name: _seen(one, recording, read) for one in verify}
    if keep:
        recording.note(
            *(CheckRun(name=name, passed=True, details=found) for name, found in seen.items())
        )
    return seen


def look_after(
    verify: Sequence[Verify],
    seen: Mapping[str, Details],
    recording: Recording,
    *,
    read: Read = lambda _: None,
) -> tuple[CheckRun, ...]:
    """Look again, note what was found, and return it; what was deferred has fired then.

    Raises:
        CheckFailed: a table is not as it was.
    """
    recording.settle()
    checks = tuple(_again(one, seen.get(one.name), recording, read) for one in verify)
    kept = [one for one in checks if isinstance(one.details, Contents)]
    for one in kept:
        if not one.passed:
            raise CheckFailed(
                f"unchanged {one.name}: expected {one.expected}, found {one.found}",
                hint="Something in the migration, or a trigger or cascade, writes there.",
                checks=kept,
            )
    recording.note(*checks)
    return checks


def _seen(declared: Verify, recording: Recording, read: Read) -> Details:
    match declared:
        case Unchanged():
            return Contents(before=contents_before(declared, recording, read))
        case Timing():
            query = put_text(recording.database, declared.sql)
            return Times(query=query, before=measured(declared, recording))
        case _:
            assert_never(declared)


def _again(declared: Verify, seen: Details | None, recording: Recording, read: Read) -> CheckRun:
    match declared:
        case Unchanged():
            if not isinstance(seen, Contents):
                raise NotExact(f"{declared.name}: nothing is known of how it was before")
            return contents_after(declared, seen.before, recording, read)
        case Timing():
            first = seen.before if isinstance(seen, Times) else None
            query = put_text(recording.database, declared.sql)
            return judged(declared, first, measured(declared, recording), query)
        case _:
            assert_never(declared)
