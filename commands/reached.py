"""How far a batched transform came: which of its parts stand, and where subjects are left.

Parts are numbered in the order of the source, and one worker does them in that order. Many
workers leave holes: a number that is not there is a part that nobody did, and its subjects lie
between those of its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from commands.transform.reading import Between, Span
from commands.transform.report import Transformed, added
from journal.events import RowsTransformed


class Part(msgspec.Struct, frozen=True):
    """A number, and the subjects that are done under it, in one transaction."""

    number: int
    span: Span


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Parts that stand, one number after the other, beyond one that does not."""

    begin: int
    end: int
    first: str
    last: str


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Where subjects are left; their parts bear numbers from ``number`` to ``last``, if any."""

    number: int
    last: int | None
    between: Between

    def parts(self, spans: Iterator[Span]) -> Iterator[Part]:
        """Number the spans of the hole; the last number takes all that is left."""
        number, held = self.number, None
        for span in spans:
            if self.last is None or number < self.last:
                yield Part(number, span)
                number += 1
            else:
                held = span if held is None else Span(held.first, span.last)
        if held is not None:
            yield Part(number, held)


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How far a batched transform came, and a sum of what it did.

    All up to number ``batch`` stand, which ends at ``last``; of those beyond, ``ahead`` do.
    """

    batch: int = 0
    last: str | None = None
    ahead: tuple[Stretch, ...] = ()
    report: Transformed

    def after(self, event: RowsTransformed) -> Reached:
        """Return how far it came with one part more."""
        one = Stretch(begin=event.batch, end=event.batch, first=event.first, last=event.last)
        ahead = _joined(sorted((*self.ahead, one), key=lambda stretch: stretch.begin))
        batch, last = self.batch, self.last
        while ahead and ahead[0].begin <= batch + 1:
            if ahead[0].end > batch:
                batch, last = ahead[0].end, ahead[0].last
            ahead = ahead[1:]
        report = added(self.report, event)
        return Reached(batch=batch, last=last, ahead=tuple(ahead), report=report)

    def holes(self) -> tuple[Hole, ...]:
        """Return where subjects are left, in the order of the source."""
        number, after, found = self.batch + 1, self.last, []
        for one in self.ahead:
            between = Between(after=after, before=one.first)
            found.append(Hole(number=number, last=one.begin - 1, between=between))
            number, after = one.end + 1, one.last
        return (*found, Hole(number=number, last=None, between=Between(after=after)))


def _joined(ordered: list[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for one in ordered:
        if found and found[-1].end + 1 == one.begin:
            found[-1] = msgspec.structs.replace(found[-1], end=one.end, last=one.last)
        else:
            found.append(one)
    return found
