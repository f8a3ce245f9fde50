"""Bringing the content of materialised views back: by their queries, held to a digest.

A view is refreshed when it is made again. Where that does not give what it is to hold, rows below
it may still be on their way back: it is owed, and tried once more when all is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from journal.effect import Step
from journal.errors import ChangedSince, ClewError, NotKnownExact, StatementFailed
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.contents import digest, refresh, refreshed
from journal.values import ContentChange, IfChanged, SchemaObject

KIND = "materialized view"


class Owed(msgspec.Struct, frozen=True):
    """The digest that a view is to have in the end, and what to do where it has another."""

    digest: str | None
    if_changed: IfChanged


class Refilling:
    """The materialised views of one transaction that takes steps back."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self._catalog = catalog
        self._owed: dict[int, Owed] = {}
        self._held: dict[int, str | None] = {}
        self.changed = 0
        """Views that were refreshed since the last step was done, and are stale again."""

    @property
    def owes(self) -> bool:
        """Tell whether a view is still to be filled."""
        return bool(self._owed)

    # --- one step ---------------------------------------------------------------------

    def look(self, step: Step, if_changed: IfChanged) -> tuple[ContentChange, ...]:
        """Return what a step did to views, the other way round, as they stand now.

        Raises:
            ChangedSince: somebody filled one since, and its rows could not be told again.
        """
        self._held = {}
        self.changed = 0
        reverse = []
        for one in step.contents:
            now = self._now(one.object)
            view = self._catalog.get(one.object)
            if now != one.after and view is not None and not self._fresh(view, now):
                self._changed(view, if_changed, "was refreshed since, and is stale again")
                self.changed += 1
            reverse.append(ContentChange(object=one.object, before=now, after=one.before))
        return tuple(one for one in reverse if one.before != one.after)

    def hold(self, one: SchemaObject) -> None:
        """Remember what a view holds that has to be made again because of others."""
        if one.kind == KIND and one.id not in self._held:
            self._held[one.id] = self._now(one.id)

    def refill(
        self,
        wanted: Mapping[int, SchemaObject | None],
        step: Step,
        if_changed: IfChanged,
    ) -> None:
        """Fill the views that are wanted and were made again, or that the step refreshed.

        Raises:
            ChangedSince: a query fails on the rows as they are now.
            NotKnownExact: the journal does not tell what a view held.
        """
        goals = {**self._held, **{one.object: one.before for one in step.contents}}
        for identity, want in wanted.items():
            if want is None or want.kind != KIND:
                continue
            if want.definition.get("populated") and goals.get(identity) is None:
                live = self._catalog.get(identity)
                if live is not None and live.definition.get("populated"):
                    continue
                name = ".".join(want.path)
                raise NotKnownExact("materialized-view", f"the journal has no rows of {name}")
        self._empty([i for i, goal in goals.items() if goal is None])
        self._fill({i: Owed(goal, if_changed) for i, goal in goals.items() if goal is not None})
        self._catalog.refresh()

    # --- the end ----------------------------------------------------------------------

    def settle(self) -> tuple[ContentChange, ...]:
        """Refresh what is owed, now that all rows are back, and return what differs yet.

        Raises:
            ChangedSince: a view would hold other rows than it did, as rows below it changed.
        """
        self._fill(dict(self._owed))
        found = []
        for identity, owed in sorted(self._owed.items()):
            view = self._catalog.get(identity)
            if view is None:
                continue
            self._changed(view, owed.if_changed, "would hold other rows than it did")
            found.append(
                ContentChange(object=identity, before=owed.digest, after=self._really(identity))
            )
        self._owed = {}
        self._catalog.refresh()
        return tuple(found)

    # --- within -----------------------------------------------------------------------

    def _fill(self, goals: dict[int, Owed]) -> None:
        """Refresh views until each holds what it is to hold, or nothing helps any more."""
        for identity in goals:
            self._owed.pop(identity, None)
        errors: dict[int, ClewError] = {}
        while goals:
            failed, errors = len(errors) or len(goals) + 1, {}
            left = {i: owed for i, owed in goals.items() if not self._reach(i, owed, errors)}
            progress = len(left) < len(goals) or (errors and len(errors) < failed)
            goals = left
            if not progress:
                break
        for error in errors.values():
            raise error
        self._owed |= goals

    def _reach(self, identity: int, owed: Owed, errors: dict[int, ClewError]) -> bool:
        """Tell whether a view holds what it is to hold, if need be after a refresh."""
        view = self._catalog.get(identity)
        if view is None or self._really(identity) == owed.digest:
            return True
        try:
            with self._session.point("clew_refill"):
                refresh(self._session, view)
        except StatementFailed as error:
            name = ".".join(view.path)
            errors[identity] = ChangedSince(f"{name} cannot be filled again: {error.message}")
            return False
        return self._really(identity) == owed.digest

    def _empty(self, identities: Iterable[int]) -> None:
        for identity in identities:
            self._owed.pop(identity, None)
            view = self._catalog.get(identity)
            if view is not None and self._really(identity) is not None:
                self._session.run(f"REFRESH MATERIALIZED VIEW {quote(*view.path)} WITH NO DATA")

    def _now(self, identity: int) -> str | None:
        """Return the digest of what a view holds, or of what it is owed."""
        owed = self._owed.get(identity)
        return owed.digest if owed else self._really(identity)

    def _really(self, identity: int) -> str | None:
        view, oid = self._catalog.get(identity), self._catalog.relation(identity)
        return None if view is None or oid is None else digest(self._session, view, oid)

    def _fresh(self, view: SchemaObject, now: str | None) -> bool:
        oid = self._catalog.relation(view.id)
        assert oid is not None
        return refreshed(self._session, view, oid) == now

    def _changed(self, view: SchemaObject, if_changed: IfChanged, what: str) -> None:
        if if_changed == "refuse":
            raise ChangedSince(
                f"materialized view {'.'.join(view.path)} {what}",
                hint="Rows that it reads were written since; use --if-changed keep to let it"
                " hold what its query gives now.",
            )


Holding = Callable[[SchemaObject], None]
"""Is told of each object that is about to be made again because of others."""
