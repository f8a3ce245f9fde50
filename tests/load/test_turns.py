"""Long work in batches lets others write in between, also where the database tells nobody."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from commands.apply import apply
from commands.opening import Asker, Target
from journal.opening import parse_url
from tests.load.application import ACCOUNTS, prepare
from tests.load.place import Place
from tests.load.test_traffic import WALLET, WALLETS
from tests.support.oracle import sqlite_path


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_an_application_gets_its_turn(
    on_sqlite: Place, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between batches the file is left alone for longer than who waits for it looks away."""
    place = on_sqlite
    place.sql(f"PRAGMA journal_mode = {mode}")
    prepare(place)
    place.file("0001_wallet.sql", WALLET)
    place.file("0002_wallets.py", WALLETS.format(batched="batched=50,"))
    left: list[float] = []

    def wait(seconds: float) -> None:
        left.append(seconds)
        with closing(sqlite3.connect(sqlite_path(place.url), timeout=0)) as other, other:
            other.execute("UPDATE account SET moves = moves")

    monkeypatch.setattr("journal.sqlite.database.HELD", 0.0)
    monkeypatch.setattr("journal.sqlite.database.sleep", wait)
    apply(Target(url=parse_url(place.url)), [place.migrations], asker=Asker(actor="dana"))
    assert len(left) >= ACCOUNTS // 50 - 1
    assert min(left) > 0.1  # SQLite's own way to wait looks ten times a second
    place.proved()
