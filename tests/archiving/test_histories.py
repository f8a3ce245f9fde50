"""Random histories with archives in them: what is later than a seal never notices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from commands.archiving.archive import archive
from commands.archiving.restoring import restore
from commands.archiving.sealed import archives
from commands.opening import Asker, Target
from commands.past import diff, rows, schema_at
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import Archived, Refused
from journal.opening import open_journal, parse_url
from tests.histories.test_histories import ASKER, History, play
from tests.support.server import Server

WHY = Asker(actor="dana", reason="kept for a year")


class Archives(History):
    """A history whose beginnings leave, and come back, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[int, Path]] = []
        self.number = 0

    @property
    def target(self) -> Target:
        """The database, for whoever writes."""
        return Target(url=parse_url(self.url), holder="history")

    @property
    def last(self) -> int:
        """The position up to which images are away."""
        return self.made[-1][0] if self.made else 0

    @property
    def takeable(self) -> list[int]:
        """The positions up to which something may be left to take."""
        return [one for one in sorted(self.seen)[1:] if one > self.last]

    @precondition(lambda self: self.takeable)
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        """Archive up to a position; no answer at any later one changes, nor the proof."""
        place = data.draw(st.sampled_from(self.takeable))
        later = [one for one in sorted(self.seen) if one >= place]
        before = [self.answers(one) for one in later]
        self.number += 1
        directory = Path(self.home.name) / f"archive-{self.number}"
        try:
            archive(self.target, str(place), directory, asker=WHY)
        except Refused as refused:
            if "is left to archive" not in refused.message:
                raise
            return
        self.made.append((place, directory))
        assert [self.answers(one) for one in later] == before
        with open_journal(self.url) as journal:
            assert verify(journal).ok
            assert archives(journal)[-1].last == place

    @precondition(lambda self: self.made)
    @rule()
    def bring_back(self) -> None:
        """Bring the newest archive back; the record proves itself."""
        restore(self.target, self.made.pop()[1], asker=WHY)
        with open_journal(self.url) as journal:
            assert verify(journal).ok

    @precondition(lambda self: len(self.seen) > 1)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """Go to some position: exactly, or refused because images left, and nothing happens."""
        place = data.draw(st.sampled_from(sorted(self.seen)))
        here = self.fingerprint()
        try:
            rollback(self.target, str(place), asker=ASKER)
        except Archived:
            assert place < self.last
            assert self.fingerprint() == here
            return
        assert self.fingerprint() == self.seen[place][0]
        self.arrived(place)
        self.look()

    def answers(self, place: int) -> list[Any]:
        """Return what is told of a position: schema, rows, and what differs from the newest seen."""
        at, newest = str(place), str(max(self.seen))
        with open_journal(self.url) as journal:
            schema = schema_at(journal, at)
            tables = [
                one.path[-1] for one in schema.of_kind("table") if one.path[-1] != "app_notes"
            ]
            found: list[Any] = [schema.objects, diff(journal, at, newest, data=True)]
            found += [
                sorted(map(repr, rows(journal, name, at).rows))
                for name in tables
                if _is_unique(name, tables)
            ]
        return found


def _is_unique(name: str, names: list[str]) -> bool:
    return names.count(name) == 1


def test_sqlite() -> None:
    """Random histories with archives on SQLite."""
    play(Archives, parts=3, steps=12)


def test_postgresql(server: Server) -> None:
    """Random histories with archives on PostgreSQL."""
    play(type("ArchivesThere", (Archives,), {"server": server}), parts=8, steps=8)
