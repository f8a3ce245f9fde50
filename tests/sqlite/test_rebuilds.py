"""Rebuilds of tables in several files: every position is reached exactly, from every other."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commands.apply import apply
from commands.init import init
from commands.rollback import rollback
from tests.commands.places import Place
from tests.sqlite.rebuild_cases import HISTORIES
from tests.sqlite.there_and_back import POPULATED, fingerprint


@pytest.mark.parametrize("name", HISTORIES)
def test_every_position(name: str, tmp_path: Path) -> None:
    """After each file, and then back and forth at random, the file is what it was there."""
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(POPULATED)
    place = Place(kind="sqlite", url=f"sqlite:///{path}", directory=tmp_path / "migrations")
    init(place.target, asker=place.asker)
    seen: dict[int, dict[str, Any]] = {_head(place): fingerprint(path)}
    for number, text in enumerate(HISTORIES[name], start=1):
        place.write(f"{number:04}_step.sql", text)
        apply(place.target, [place.directory], asker=place.asker)
        seen[_head(place)] = fingerprint(path)
    order = [*reversed(seen), *seen, *random.Random(name).choices(list(seen), k=len(seen))]
    for position in order:
        rollback(place.target, str(position), asker=place.asker)
        assert fingerprint(path) == seen[position]


def _head(place: Place) -> int:
    with place.target.journal() as journal:
        return journal.head().position
