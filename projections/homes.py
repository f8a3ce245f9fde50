"""Which unmapped fields found a home in a later transform."""

from __future__ import annotations

import msgspec

from journal import events as e
from journal.envelope import Entry


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that gave ``fields`` of transform ``of`` a home.

    Those of the entries ``first`` to ``last``, or of the subjects ``retried``, but not those
    of the subjects ``rejected``.
    """

    position: int
    of: str
    fields: frozenset[str]
    first: int
    last: int
    retried: frozenset[str]
    rejected: frozenset[str]

    def takes(self, position: int, event: e.FieldUnmapped) -> frozenset[str]:
        """Return which fields of an entry found their home here."""
        meant = self.first <= position <= self.last or event.subject in self.retried
        if event.step != self.of or not meant or event.subject in self.rejected:
            return frozenset()
        return self.fields & frozenset(event.fields)


class HomesFold:
    """Gathers homes; which of them stand is for the caller to know."""

    def __init__(self) -> None:
        self.homes: list[Home] = []
        self._rejected: dict[tuple[str, str], set[str]] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry; only transforms' entries count."""
        match entry.event:
            case e.RecordRejected() as event:
                self._rejected.setdefault((entry.run, event.step), set()).add(event.subject)
            case e.RowsTransformed(of=of) as event if of:
                rejected = self._rejected.get((entry.run, event.step), set())
                self.homes.append(
                    Home(
                        position=entry.position,
                        of=of,
                        fields=frozenset(event.homes),
                        first=int(event.first or 0),
                        last=int(event.last or -1),
                        retried=frozenset(event.retried),
                        rejected=frozenset(rejected),
                    )
                )
            case e.RowsTransformed(step=step):  # nobody will ask who was rejected there
                self._rejected.pop((entry.run, step), None)
            case _:
                pass
