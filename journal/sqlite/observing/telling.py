"""What changed between the copy and the file, as three statements that lead there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from journal import stakes
from journal.effect import Effect, Schema
from journal.errors import NotKnownExact
from journal.observing import Lost, Observed, Other, phases
from journal.sqlite import counters
from journal.sqlite.connection import Session
from journal.sqlite.images import Writer
from journal.sqlite.observing import comparing, imaging, keeping, leftover, pages
from journal.sqlite.observing.comparing import Pair
from journal.sqlite.schema import Catalog
from journal.sqlite.shape import shape_of
from journal.values import ObjectChange, SchemaObject, SequenceMove, TableRows


def tell(session: Session, run: str, *, schema: Schema, next_id: Callable[[], int]) -> Observed:
    """Compare, and store images of what differs, in the open transaction.

    Raises:
        NotFound: no copy of this run stands there.
        Tampered: the file does not hold the journal that it held then.
    """
    with keeping.attached(session, run):
        return _Telling(session, run, schema, Catalog(session, schema, next_id)).run()


class _Telling:
    """One comparison. ``replaced`` are tables that are told as dropped and made anew."""

    def __init__(self, session: Session, run: str, schema: Schema, catalog: Catalog) -> None:
        self.session = session
        self.id = run
        self.schema = schema
        self.live = catalog.objects
        self.changes = catalog.drift
        self.writer = Writer(session, run)
        self.lost: list[Lost] = []
        self.replaced: set[int] = set()
        self.differing: list[Pair] = []
        self.vacuumed = False

    def run(self) -> Observed:
        self._compare()
        self._virtual()
        parts = phases(self.changes, replaced=self.replaced, along=self._along())
        written = {pair.before.identity for pair in self.differing} | self.replaced
        self.lost += leftover.lost(self.session, self.live, self.changes, written)
        if self.vacuumed:
            self.lost.append(Lost(name="vacuum", what="VACUUM renumbered rows"))
        moves = self._moves(parts.taken, parts.given)
        effects = (
            Effect(
                changes=parts.taken,
                rows=tuple(self._destroyed(parts.taken)),
                sequences=moves[0],
            ),
            Effect(rows=tuple(self._written()), sequences=moves[1]),
            Effect(changes=parts.given, rows=tuple(self._made(parts.given)), sequences=moves[2]),
        )
        return Observed(
            effects=tuple(one for one in effects if one.changes or one.rows or one.sequences),
            others=self._others(effects),
            lost=tuple(dict.fromkeys(self.lost)),
            notes=leftover.notes(self.session),
        )

    # --- what differs -----------------------------------------------------------------

    def _compare(self) -> None:
        """Hold each table that stands on both sides against itself."""
        copy = keeping.place(self.session.path, self.id)
        untouched = pages.untouched(self.session, copy)
        for before in self.schema.values():
            after = self.live.get(before.id)
            if before.kind != "table" or after is None:
                continue
            if before == after and before.path[0] in untouched:
                continue
            try:
                pair = Pair(before=shape_of(before), after=shape_of(after))
            except NotKnownExact as error:
                self.lost.append(Lost(name=error.name, what=error.message))
                continue
            self._hold(before, after, pair)

    def _hold(self, before: SchemaObject, after: SchemaObject, pair: Pair) -> None:
        if not _fits(before, after):
            self.replaced.add(before.id)
        elif not comparing.differ(self.session, pair):
            return
        elif before != after:
            self.replaced.add(before.id)
        elif comparing.renumbered(self.session, pair):
            self.vacuumed = True
        elif comparing.alike(self.session, pair):
            self.replaced.add(before.id)
        else:
            self.differing.append(pair)

    def _virtual(self) -> None:
        """Have a virtual table go and come with the tables in which it keeps what it holds."""
        changed = {one.id for c in self.changes for one in (c.before, c.after) if one}
        for one in self.schema.values():
            if one.kind != "virtual" or one.id not in self.live:
                continue
            shadows = {s.id for s in (*_shadows(self.schema, one), *_shadows(self.live, one))}
            if one.id in changed or shadows & (self.replaced | changed):
                self.replaced |= {one.id} | (shadows & self.schema.keys() & self.live.keys())
        self.differing = [p for p in self.differing if p.before.identity not in self.replaced]

    def _along(self) -> Iterator[SchemaObject]:
        """Yield what did not change, and hangs on what is replaced."""
        for one in self.schema.values():
            same = self.live.get(one.id) == one
            if same and (one.id in self.replaced or one.parent in self.replaced):
                yield one

    # --- images -----------------------------------------------------------------------

    def _destroyed(self, taken: Iterable[ObjectChange]) -> Iterator[TableRows]:
        for stake in stakes.destroyed(taken):
            if stake.before is not None:
                yield from self._image(stake.before, whole=True, sign=-1)

    def _written(self) -> Iterator[TableRows]:
        for pair in self.differing:
            found = self._known(partial(comparing.written, self.session, self.writer, pair))
            if found is not None:
                yield found

    def _made(self, given: tuple[ObjectChange, ...]) -> Iterator[TableRows]:
        for stake in stakes.destroyed(given):
            if stake.before is not None:
                yield from self._image(stake.before, whole=False, sign=-1, columns=stake.columns)
        for stake in stakes.made(given):
            if stake.after is not None:
                yield from self._image(
                    stake.after, whole=stake.whole, sign=1, columns=stake.columns
                )

    def _image(
        self, table: SchemaObject, *, whole: bool, sign: int, columns: tuple[int, ...] = ()
    ) -> Iterator[TableRows]:
        found = self._known(
            lambda: (
                imaging.whole(self.session, self.writer, shape_of(table), sign)
                if whole
                else imaging.part(self.session, self.writer, shape_of(table), columns, sign)
            )
        )
        if found is not None:
            yield found

    def _known(self, image: Callable[[], TableRows | None]) -> TableRows | None:
        """Take images; what cannot be imaged exactly is lost."""
        try:
            with self.session.point():
                return image()
        except NotKnownExact as error:
            self.lost.append(Lost(name=error.name, what=error.message))
            return None

    # --- the rest ---------------------------------------------------------------------

    def _moves(
        self, taken: Iterable[ObjectChange], given: Iterable[ObjectChange]
    ) -> tuple[tuple[SequenceMove, ...], tuple[SequenceMove, ...], tuple[SequenceMove, ...]]:
        """Return the counters that moved with what went, with the rows, with what came."""
        before = counters.read(self.session, self.schema, of=keeping.KEPT)
        after = counters.read(self.session, self.live)
        went = {c.before.id for c in taken if c.before}
        came = {c.after.id for c in given if c.after}
        between = {i: s for i, s in before.items() if i not in went}
        then = {i: s for i, s in after.items() if i not in came} | {
            i: s for i, s in between.items() if i in came
        }
        return (
            counters.moves(before, between),
            counters.moves(between, then),
            counters.moves(then, after),
        )

    def _others(self, effects: Iterable[Effect]) -> tuple[Other, ...]:
        """Name who else had the file open: any of the rows may be theirs."""
        seen = keeping.read_seen(self.session.path, self.id)
        every = [rows for effect in effects for rows in effect.rows]
        mixed = sum(max(r.inserted + r.updated + r.deleted, r.removed, r.added) for r in every)
        return tuple(Other(who=who, mixed=mixed) for who in seen.others)


def _fits(before: SchemaObject, after: SchemaObject) -> bool:
    """Tell whether rows keep their places, and the columns of both sides their values."""
    if before == after:
        return True
    old = {column.name: column.id for column in before.columns}
    new = {column.name: column.id for column in after.columns}
    keys = [
        [names.get(name) for name in side.definition.get("primary_key", ())]
        for names, side in ((old, before), (new, after))
    ]
    alike = all(
        before.definition.get(name) == after.definition.get(name)
        for name in ("without_rowid", "key_index", "shadow")
    )
    if keys[0] != keys[1] or not alike:
        return False
    kept = {column.id: column for column in after.columns}
    return not any(
        column.definition.get(name) != kept[column.id].definition.get(name)
        for column in before.columns
        if column.id in kept
        for name in stakes.VALUE_ATTRIBUTES
    )


def _shadows(schema: Schema, virtual: SchemaObject) -> list[SchemaObject]:
    name = virtual.path[0]
    return [one for one in schema.values() if one.definition.get("shadow") == name]
