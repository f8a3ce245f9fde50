"""Holding the members of extensions to what the journal tells, before and after an undoing."""

from __future__ import annotations

from collections.abc import Iterable

from journal.effect import Step
from journal.errors import ChangedSince, NotExact, NotKnownExact
from journal.postgresql.catalog import members
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.values import ContentChange, IfChanged, ObjectChange, SchemaObject

KIND = "extension"


def altered(changes: Iterable[ObjectChange]) -> list[ObjectChange]:
    """Return the changes of extensions that are more than a comment."""
    return [
        one
        for one in changes
        if (one.before or one.after or _NOTHING).kind == KIND
        and _state(one.before) != _state(one.after)
    ]


_NOTHING = SchemaObject(id=0, kind="", path=())


def _state(one: SchemaObject | None) -> tuple[str, str] | None:
    return None if one is None else (one.definition["version"], one.definition["schema"])


def of_extensions(step: Step) -> list[ContentChange]:
    """Return what a step tells of the members of extensions.

    Raises:
        NotKnownExact: it tells nothing of one that came, went or changed.
    """
    sides = (one for change in step.changes for one in (change.before, change.after))
    extensions = {one.id for one in sides if one is not None and one.kind == KIND}
    told = [one for one in step.contents if one.object in extensions]
    for change in altered(step.changes):
        one = change.before or change.after
        if one is not None and all(one.id != known.object for known in told):
            raise NotKnownExact(KIND, f"the journal does not tell what belonged to {one.path[0]}")
    return told


def hold_members(
    session: Session, catalog: Catalog, told: Iterable[ContentChange], if_changed: IfChanged
) -> tuple[ContentChange, ...]:
    """Return what a step did to members, the other way round; settings must be ``plain``.

    Raises:
        ChangedSince: somebody changed members since.
    """
    reverse = []
    for one in told:
        now = _now(session, catalog, one.object)
        if now != one.after and if_changed != "overwrite":
            raise ChangedSince(
                f"what belongs to {_named(catalog, one.object)} was changed since",
                hint="Use --if-changed overwrite to bring back what its script makes.",
            )
        reverse.append(ContentChange(object=one.object, before=now, after=one.before))
    return tuple(reverse)


def prove_members(session: Session, catalog: Catalog, reverse: Iterable[ContentChange]) -> None:
    """Raise ``NotExact`` where members did not come back as they were; settings are ``plain``."""
    for one in reverse:
        if _now(session, catalog, one.object) != one.after:
            raise NotExact(
                f"what belongs to {_named(catalog, one.object)} did not come back as it was",
                hint="The extension's files on the server make something else now.",
            )


def _now(session: Session, catalog: Catalog, identity: int) -> str | None:
    key = catalog.key_of(identity)
    return None if key is None else members.digest(members.telling(session, key[1]))


def _named(catalog: Catalog, identity: int) -> str:
    one = catalog.get(identity)
    return f"{KIND} {one.path[0]}" if one else f"an {KIND}"
