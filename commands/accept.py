"""Take observed drift into the journal, with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from commands.interrupted import close_interrupted
from commands.observing import difference, known_schema
from commands.opening import Asker, Target
from journal.errors import AnswerIsNo, NotFound, Usage
from journal.events import DriftAccepted
from journal.values import ObjectChange
from projections.drift import Deviation, deviations, differences
from projections.schema import dotted


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """The differences that were taken in, and the position of the entry that says so.

    ``left`` is what stays drift, in words.
    """

    position: int
    changes: tuple[ObjectChange, ...]
    left: tuple[str, ...] = ()


def accept(target: Target, names: Sequence[str] = (), *, asker: Asker) -> Acceptance:
    """Append DriftAccepted for differences of the live schema from the journal's.

    Without ``names`` for every one, else for the objects so named: by the number that
    ``check`` gives them, or by name, with the kind before it where several have the name.
    What came or went along with an object is taken in with it, and the schema that it is in.

    Raises:
        Usage: no reason is given, or a name is that of several objects.
        NotFound: no object of the name differs.
        AnswerIsNo: there is no drift.
    """
    if not asker.reason:
        raise Usage(
            "accepting drift needs a reason", hint="Say who changed the database and why: --reason."
        )
    with target.journal() as journal:
        journal.database.hold(target.holder, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)  # what a recorded program did is no drift
        changes = difference(journal.database, known_schema(journal))
        if not changes:
            raise AnswerIsNo("there is no drift to accept")
        chosen = tuple(_chosen(changes, names)) if names else changes
        event = DriftAccepted(changes=chosen, reason=asker.reason)
        entries = journal.append(event, actor=asker.actor, evidence="observed")
        left = differences(change for change in changes if change not in chosen)
        return Acceptance(
            position=entries[-1].position,
            changes=chosen,
            left=tuple(one.text for one in left),
        )


def _chosen(changes: Sequence[ObjectChange], names: Sequence[str]) -> Iterator[ObjectChange]:
    """Yield the changes of the objects that are named, in the order of ``changes``."""
    found = deviations(changes)
    wanted = [_find(found, name) for name in names]
    taken = [change for one in wanted for change in (one.change, *one.along)]
    sides = [side for change in taken for side in (change.before, change.after) if side]
    schemas = {side.path[:1] for side in sides if len(side.path) > 1}
    tables = any(side.kind == "table" for side in sides)
    for change in changes:
        one = change.after or change.before
        if one is None:
            continue
        holds = one.kind == "schema" and one.path in schemas and change.before is None
        if change in taken or holds or (one.kind == "internal" and tables):
            yield change


def _find(found: Sequence[Deviation], name: str) -> Deviation:
    if name.isdigit():
        numbered = [one for one in found if one.number == int(name)]
        if numbered:
            return numbered[0]
        raise NotFound(f"no difference {name}: there are 1 to {len(found)}", hint=_LOOK)
    kind, _, rest = name.rpartition(" ")
    fitting = [one for one in found if _is(one, rest, kind)]
    exact = [one for one in fitting if rest == dotted(_path(one))]
    fitting = exact or fitting
    if len(fitting) > 1:
        kinds = ", ".join(f"{_kind(one)} {dotted(_path(one))}" for one in fitting)
        raise Usage(f"{name!r} fits {kinds}", hint="Write the kind before the name, or the number.")
    if not fitting:
        raise NotFound(f"{name!r} did not drift", hint=_LOOK)
    return fitting[0]


_LOOK = "List the differences with clew check."


def _is(one: Deviation, name: str, kind: str) -> bool:
    path = _path(one)
    names = {dotted(path), path[-1], *(dotted(each.path) for each in one.differences)}
    return name in names and kind in ("", _kind(one))


def _path(one: Deviation) -> tuple[str, ...]:
    return one.differences[0].path if one.change.after is None else one.change.after.path


def _kind(one: Deviation) -> str:
    side = one.change.after or one.change.before
    return side.kind if side else ""
