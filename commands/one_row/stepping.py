"""What single statements did to one row, told from its images; through changes of its key.

Images are unpaired: a row that an UPDATE gave another key leaves under one key and appears
under another. The two are brought together where only one pair is possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

import msgspec

from commands.one_row.chapter import Chapter, Values
from commands.one_row.comparing import alike, same
from commands.one_row.searching import Hit, Search
from commands.words import count
from journal.events import RowsChanged
from journal.folded import RowImage
from journal.one_row import ROWID
from journal.values import Statement, TableRows

Moved = tuple[int, Values]
"""A table of the chapter, and the row as it stands there."""


class Stepped(msgspec.Struct, frozen=True):
    """What a statement did to the row: its entries, the row before and after.

    ``part`` tells that the images hold but some of the columns. ``other`` is the row under the
    key that it had before (``before`` is ``None`` then) or took (``after`` is). ``known`` is what
    later images tell of the row before the step, and ``span`` is where its statement stands.
    """

    hits: tuple[Hit, ...]
    before: Values | None
    after: Values | None
    table: int
    former: int
    part: bool = False
    other: Values | None = None
    known: Values | None = None
    span: tuple[int, int] = (0, 0)
    copies: int = 1
    note: str = ""

    @property
    def position(self) -> int:
        """The position of its last entry."""
        return self.hits[-1].entry.position

    @property
    def statement(self) -> Statement:
        """The statement, by number and digest."""
        event = self.hits[-1].entry.event
        assert isinstance(event, RowsChanged)
        return event.statement


class Way(msgspec.Struct, frozen=True):
    """The steps of a row, oldest first."""

    steps: tuple[Stepped, ...]


class Walk:
    """Follows one row through a chapter, backwards from what is known of it, and forwards.

    ``undoing`` tells whether a run is a rollback; ``notes`` takes what cannot be known.
    """

    def __init__(self, search: Search, undoing: Callable[[str], bool], notes: list[str]) -> None:
        self.search = search
        self.chapter: Chapter = search.chapter
        self.undoing = undoing
        self.notes = notes

    def whole(self, known: Values, *, last: int) -> Way:
        """Return every step of the row that bore a key last, also under the keys it took since."""
        steps = list(self.past(known, last=last).steps)
        if steps and steps[-1].after is None and steps[-1].other is not None:
            steps += self.forth(steps[-1].other, after=steps[-1].span[1], last=last)
        return Way(tuple(steps))

    def past(self, known: Values, *, last: int) -> Way:
        """Walk backwards from a position; another row that bore the key earlier is told of.

        Where a column changed by which older entries tell rows apart, they are searched anew.
        """
        found: list[Stepped] = []
        known = dict(known)
        groups = _grouped(self.search.find(known, last=last))
        while groups:
            one = self.step(groups.pop())
            came = one.other if one.before is None else None
            if came is not None and groups:
                self.notes.append(f"another row bore this key before position {one.position}")
            earlier = known | (one.after or {}) | (one.before or came or {})
            changed = [
                c for c in self.search.asked if c in known and not alike(known, earlier, [c])
            ]
            known = earlier
            found.append(msgspec.structs.replace(one, known=known))
            if changed:
                groups = _grouped(self.search.find(known, last=one.span[0] - 1))
        return Way(tuple(found[::-1]))

    def forth(self, known: Values, *, after: int, last: int) -> list[Stepped]:
        """Walk forwards from where the row took another key, until it is gone."""
        found: list[Stepped] = []
        known = dict(known)
        groups = _grouped(self.search.find(known, after=after, last=last))[::-1]
        while groups:
            one = self.step(groups.pop())
            if one.before is None and not one.part:
                break
            found.append(one)
            known |= one.after or {}
            if one.after is None and one.other is not None:
                known |= one.other
                groups = _grouped(self.search.find(known, after=one.span[1], last=last))[::-1]
            elif one.after is None:
                break
        return found

    def step(self, hits: Sequence[Hit]) -> Stepped:
        """Tell what a statement did from its images of the row."""
        before, after = _left(hits, -1), _left(hits, 1)
        images = [(hit.rows.table, image) for hit in hits for image in hit.images]
        if not before and not after:  # written again with the values it had
            before = after = [(table, image) for table, image in images[-1:]]
        old = before[0] if before else None
        new = after[-1] if after else None
        table = (new or old or images[-1])[0]
        made = Stepped(
            hits=tuple(hits),
            before=self.chapter.values(old[1].values) if old else None,
            after=self.chapter.values(new[1].values) if new else None,
            table=table,
            former=(old or new or images[-1])[0],
            part=any(self._part(hit) for hit in hits),
            copies=max(len(before), len(after), 1),
            span=(hits[0].entry.position, hits[-1].entry.position),
        )
        if (old is None) == (new is None) or any(hit.rows.cause != "written" for hit in hits):
            return made
        return self._with_other(made, (new or old or images[-1])[1])

    def _part(self, hit: Hit) -> bool:
        version = self.chapter.version(hit.rows.table, hit.entry.position)
        stored = [c for c in version.columns if "generated" not in c.definition] if version else []
        return hit.rows.cause != "written" and len(hit.rows.columns) < len(stored)

    # --- changes of the key -------------------------------------------------------------

    def _with_other(self, step: Stepped, image: RowImage) -> Stepped:
        """Find the row under its other key, where a statement gave it one."""
        hit = step.hits[-1]
        undone = self.undoing(hit.entry.run)
        if image.event in ("insert", "delete", "truncate") and not (
            undone or len(self.chapter.family) > 1
        ):
            return step
        beside = self.search.beside(hit)
        every = [one.event.rows for one in beside if isinstance(one.event, RowsChanged)]
        removed, added = sum(r.removed for r in every), sum(r.added for r in every)
        if not (removed and added):
            return step
        row, sign = step.after or step.before or {}, -image.sign
        key = set(map(self._own, self.chapter.key(hit.rows)))
        if removed == added == 1:
            other = self._only(every, sign, {})
        else:
            other = self._by_rowid(every, sign, row, key) or self._by_rest(every, image, row, key)
        if other is not None and not alike(row, other[1], key):
            span = (beside[0].position, beside[-1].position)
            found = msgspec.structs.replace(step, other=other[1], span=span)
            if step.before is None:
                return msgspec.structs.replace(found, former=other[0])
            return msgspec.structs.replace(found, table=other[0])
        if other is None and image.event in ("update", ""):
            number = max(removed, added)
            what = "which key it had before" if step.before is None else "which key it took"
            note = f"{what}, if any, is not known: the statement changed {count(number, 'row')}"
            return msgspec.structs.replace(step, note=note)
        return step

    def _by_rowid(
        self, every: Sequence[TableRows], sign: int, row: Values, key: set[int]
    ) -> Moved | None:
        """A row keeps its rowid, unless that is its key."""
        rowid = row.get(ROWID)
        if rowid is None or ROWID in key or any(same(row.get(c), rowid) for c in key):
            return None
        return self._only(every, sign, {ROWID: rowid})

    def _by_rest(
        self, every: Sequence[TableRows], image: RowImage, row: Values, key: set[int]
    ) -> Moved | None:
        """A row that nothing but the key was changed of, and no other is like it."""
        rest = {column: value for column, value in row.items() if column not in key | {ROWID}}
        if not rest or self._only(every, image.sign, rest) is None:
            return None
        return self._only(every, -image.sign, rest)

    def _only(self, every: Sequence[TableRows], sign: int, match: Values) -> Moved | None:
        """Return the one image of a sign that bears values; ``None`` where there are more."""
        images = (one for one in self.search.images(every, match) if one[1].sign == sign)
        found = list(islice(images, 2))
        if len(found) != 1:
            return None
        ((table, image),) = found
        return table, self.chapter.values(image.values)

    def _own(self, column: int) -> int:
        return self.chapter.own.get(column, column)


def _left(hits: Sequence[Hit], sign: int) -> list[tuple[int, RowImage]]:
    """Return the images of a sign that no equal one of the other sign cancels, with the table."""
    signed = [(hit.rows.table, one) for hit in hits for one in hit.images]
    others = Counter(_content(table, one) for table, one in signed if one.sign != sign)
    left = []
    for table, one in signed:
        content = _content(table, one)
        if one.sign == sign and others[content]:
            others[content] -= 1
        elif one.sign == sign:
            left.append((table, one))
    return left


def _content(table: int, one: RowImage) -> tuple[int, str]:
    return table, repr(sorted(one.values.items()))


def _grouped(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Bring together what one statement did; a second effect of it is a step of its own."""
    groups: list[list[Hit]] = []
    for hit in hits:
        if groups and _goes_on(groups[-1], hit):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    return groups


def _goes_on(group: Sequence[Hit], hit: Hit) -> bool:
    last = group[-1]
    if (last.entry.run, number_of(last)) != (hit.entry.run, number_of(hit)):
        return False
    return all(
        (hit.rows.table, hit.rows.cause) != (one.rows.table, one.rows.cause) for one in group
    )


def number_of(hit: Hit) -> int:
    """Return the number of the statement."""
    assert isinstance(hit.entry.event, RowsChanged)
    return hit.entry.event.statement.number
