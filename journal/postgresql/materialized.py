"""Capturing what statements do to the content of materialised views.

Only its own query can fill such a view, so its rows are not imaged: its digest is journaled, with
the change of its definition. A statement may destroy the content where REFRESH would give the same
rows again, which is tried, and taken back, before it runs; or where that was so when the run began
(``foresee``), for then it will be so again once all that the run did is taken back. Content that
is staler is refused, and so is a query that gives other rows each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from journal.errors import NotKnownExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.contents import digest, refreshed
from journal.postgresql.gate import Reading
from journal.postgresql.restore.remade import remade
from journal.postgresql.steady import unsteady
from journal.postgresql.waivers import Waivers
from journal.values import ContentChange, ObjectChange, SchemaObject

KIND = "materialized view"
NAME = "materialized-view"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a view held before a statement; ``why`` REFRESH would not give it, if asked."""

    digest: str | None
    why: str | None = None


class Stakes(msgspec.Struct, frozen=True, kw_only=True):
    """Views, by identity, whose content a statement replaces, or takes or will need made again."""

    replaced: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()

    def unknown(self, held: Mapping[int, Held]) -> Stakes:
        """Return what is to be known of the time before the statement, and is not."""
        return Stakes(
            replaced=self.replaced - held.keys(),
            taken=frozenset(i for i in self.taken if i not in held or held[i].why is None),
        )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.replaced or self.taken)


class Materialized:
    """The materialised views of one run, in one open transaction."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self._catalog = catalog
        self._begun: dict[int, str] = {}

    def foresee(self, readings: Iterable[Reading]) -> None:
        """Remember which of the views that statements name are fresh now."""
        for reading in readings:
            for name in _named(reading):
                oid = self._session.value("SELECT to_regclass(%s)::oid::int8", (quote(*name),))
                identity = None if oid is None else self._catalog.id_of(oid)
                if identity is not None and _is_view(self._catalog.get(identity)):
                    held = self._held(identity)
                    if held.why == "" and held.digest is not None:
                        self._begun[identity] = held.digest
        self._catalog.revert(self._catalog.checkpoint())

    # --- around a statement -----------------------------------------------------------

    def stakes(self, changes: Sequence[ObjectChange], grown: Iterable[int]) -> Stakes:
        """Return the views whose content a statement, just done, replaced, or put at stake."""
        made = {c.after.id for c in changes if c.before is None and c.after}
        written = {self._catalog.id_of(oid) for oid in grown} - {None} - made
        replaced = {i for i in written if i is not None and _is_view(self._catalog.get(i))}
        taken = {
            c.before.id
            for c in changes
            if c.before and _filled(c.before) and not (c.after and _filled(c.after))
        }
        return Stakes(
            replaced=frozenset(replaced - taken),
            taken=frozenset(taken | self._threatened(changes)),
        )

    def hold(self, stakes: Stakes, held: dict[int, Held]) -> None:
        """Take into ``held`` what is to be known of views before a statement."""
        for identity in stakes.taken:
            held[identity] = self._held(identity)
        for identity in stakes.replaced - held.keys():
            held[identity] = Held(digest=self._digest(identity))
        self._catalog.revert(self._catalog.checkpoint())

    def changes(
        self,
        changes: Sequence[ObjectChange],
        stakes: Stakes,
        held: Mapping[int, Held],
        waivers: Waivers,
    ) -> tuple[ContentChange, ...]:
        """Return what became of the content of views.

        Raises:
            NotKnownExact: it could not come back.
        """
        filled = {
            c.after.id
            for c in changes
            if c.after and _filled(c.after) and not (c.before and _filled(c.before))
        }
        found = []
        for identity in sorted(stakes.replaced | stakes.taken | filled):
            before = held[identity] if identity in held else Held(digest=None)
            after = self._digest(identity)
            if identity in stakes.taken:
                self._refuse(identity, before, changes, waivers)
            elif before.digest != after:
                self._refuse_new(identity, before, waivers)
            if before.digest != after:
                found.append(ContentChange(object=identity, before=before.digest, after=after))
        return tuple(found)

    # --- rules ------------------------------------------------------------------------

    def _refuse(
        self, identity: int, held: Held, changes: Sequence[ObjectChange], waivers: Waivers
    ) -> None:
        if not held.why or self._begun.get(identity) == held.digest:
            return
        gone = [c.before for c in changes if c.before and c.before.id == identity]
        waivers.need(_refusal(gone[0] if gone else self._catalog.get(identity), held.why))

    def _refuse_new(self, identity: int, held: Held, waivers: Waivers) -> None:
        """Refuse content that is new, where it cannot be made again or replaced what cannot."""
        view, oid = self._catalog.get(identity), self._catalog.relation(identity)
        assert oid is not None
        why = unsteady(self._session, oid)
        if why:
            waivers.need(_refusal(view, f"its query {why}"))
        elif held.digest is not None and self._begun.get(identity) != held.digest:
            waivers.need(_refusal(view, _STALE))

    # --- within -----------------------------------------------------------------------

    def _held(self, identity: int) -> Held:
        view, oid = self._catalog.get(identity), self._catalog.relation(identity)
        assert view is not None
        assert oid is not None
        found = digest(self._session, view, oid)
        if why := unsteady(self._session, oid):
            return Held(digest=found, why=f"its query {why}")
        same = refreshed(self._session, view, oid) == found
        return Held(digest=found, why="" if same else _STALE)

    def _digest(self, identity: int) -> str | None:
        view, oid = self._catalog.get(identity), self._catalog.relation(identity)
        return None if view is None or oid is None else digest(self._session, view, oid)

    def _threatened(self, changes: Sequence[ObjectChange]) -> set[int]:
        """Return the filled views that the undoing of a change will have to make again."""
        if not changes or not any(_filled(one) for one in self._catalog.schema().values()):
            return set()
        found = remade(self._session, self._catalog, changes)
        return {one.id for one in found if _filled(one)}


_STALE = "it is staler than its query"


def _refusal(view: SchemaObject | None, why: str) -> NotKnownExact:
    name = ".".join(view.path) if view else "a materialized view"
    error = NotKnownExact(NAME, f"the rows of {name} could not be put back: {why}")
    if why == _STALE:
        error.hint = (
            "Refresh it before the migration begins, which then takes it along; or"
            f" {error.hint[0].lower()}{error.hint[1:]}"
        )
    return error


def _is_view(one: SchemaObject | None) -> bool:
    return one is not None and one.kind == KIND


def _filled(one: SchemaObject) -> bool:
    return one.kind == KIND and bool(one.definition.get("populated"))


def _named(reading: Reading) -> Iterable[tuple[str, ...]]:
    """Yield the names that follow MATERIALIZED VIEW in a statement."""
    found = reading.tokens
    for n in range(1, len(found)):
        if (found[n - 1].text, found[n].text) != ("materialized", "view"):
            continue
        place = n + 1
        while place < len(found) and found[place].text in ("concurrently", "if", "exists"):
            place += 1
        name = []
        while place < len(found) and found[place].name:
            name.append(found[place].text)
            if place + 1 >= len(found) or found[place + 1].text != ".":
                break
            place += 2
        if name:
            yield tuple(name)
