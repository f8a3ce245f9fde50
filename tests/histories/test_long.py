"""A history of real size: each position is visited, in any order and in both directions."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from commands.apply import apply
from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from commands.verify import verify
from journal.opening import open_journal, parse_url
from tests.histories.growing_each import growing
from tests.histories.test_histories import NOTES, History
from tests.support.server import Server

ASKER = Asker(actor="dana")
NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
MIGRATIONS, TABLES, VISITS = (200, 60, 200) if NIGHTLY else (30, 15, 8)


class Traveller(History):
    """Applies migrations one by one, then goes from place to place."""

    def grow(self, directory: Path, seed: int) -> list[str]:
        """Write the migrations, and open a journal."""
        self.application(NOTES)
        self.target = Target(url=parse_url(self.url))
        init(self.target, name="long", asker=ASKER)
        names = []
        made = growing(seed, sqlite=self.server is None)
        for name, text in made.migrations(MIGRATIONS, tables=TABLES):
            (directory / f"{name}.sql").write_text(text, encoding="utf-8")
            names.append(name)
        return names

    def travel(self, directory: Path, names: list[str], random: Random) -> None:
        """Look at each place on the way forward; then go to all of them in random order."""
        chosen = names if len(names) <= VISITS else random.sample(names, VISITS)
        wanted = {f"before:{names[0]}": self.fingerprint()}
        for name in sorted({*chosen, names[-1]}):
            self.write_note(random.randint(1, 9), name)
            apply(self.target, [directory], to=name, asker=ASKER)
            wanted[f"after:{name}"] = self.fingerprint()
        for place in random.sample(sorted(wanted), len(wanted)):
            self.go_to(place, random)
            assert self.fingerprint() == wanted[place], place

    def go_to(self, place: str, random: Random) -> None:
        """The application writes, then the database goes to a place; its rows stay."""
        self.write_note(random.randint(1, 9), f"before {place}")
        rollback(self.target, place, asker=ASKER)
        assert dict(self.application("SELECT id, note FROM app_notes")) == self.notes

    def write_note(self, number: int, note: str) -> None:
        """Write a note, or change it."""
        self.application(f"DELETE FROM app_notes WHERE id = {number}")
        self.application(f"INSERT INTO app_notes VALUES ({number}, '{note}')")
        self.notes[number] = note


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_long(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Every position of a long history comes back exactly, whatever way one comes from."""
    server: Server | None = None if kind == "sqlite" else request.getfixturevalue("server")
    machine = type("Long", (Traveller,), {"server": server})
    traveller = machine()
    try:
        traveller.travel(tmp_path, traveller.grow(tmp_path, seed=20), Random(4))
        with open_journal(traveller.url) as journal:
            assert verify(journal).ok
    finally:
        traveller.teardown()
