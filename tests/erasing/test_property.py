"""Random rows of random histories are erased, held against a model that shares no code with us."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random
from typing import Any

import psycopg
import pytest

from commands.erasing.answer import Column, Row
from commands.erasing.erase import erase
from commands.init import init
from commands.opening import Asker, Target
from commands.past import rows
from commands.rollback import rollback
from commands.verify import verify
from journal.erased import Erased
from journal.errors import Refused
from journal.opening import open_journal, parse_url
from tests.support.oracle import fingerprint, sqlite_path

ASKER = Asker(actor="dana", reason="asked for")
IDS = range(1, 6)


class Model:
    """What each row was after each run, which runs touched it, and what was erased of them."""

    def __init__(self, url: str, random: Random) -> None:
        self.url = url
        self.random = random
        self.target = Target(url=parse_url(url), holder="model")
        init(self.target, name="model", asker=ASKER)
        self.rows: dict[int, tuple[str, str]] = {}
        self.then: list[tuple[int, dict[int, tuple[str, str]], dict[str, str]]] = []
        self.touched: list[set[int]] = []
        self.erased: list[set[tuple[int, int]]] = []
        self.words = 0

    def begin(self) -> None:
        """Make the table."""
        self._run(["create table t (id integer primary key, a text, b text)"], set())

    def step(self) -> None:
        """Run one to three statements on some rows."""
        texts, touched = [], set()
        for _ in range(self.random.randint(1, 3)):
            one = self.random.choice(IDS)
            texts.append(self._statement(one))
            touched.add(one)
        self._run(texts, touched)

    def erase(self) -> None:
        """Erase a row, or a column, that an image holds."""
        if self.random.random() < 0.25:
            erase(self.target, Column(table="t", column="b"), asker=ASKER)
            for touched, erased in zip(self.touched, self.erased, strict=True):
                erased.update((one, 1) for one in touched)
            return
        one = self.random.choice(IDS)
        erase(self.target, Row(table="t", key=(str(one),)), asker=ASKER)
        for touched, erased in zip(self.touched, self.erased, strict=True):
            erased.update({(one, 0), (one, 1)} if one in touched else ())

    def check(self) -> None:
        """Hold the record, each position, and each rollback against the model."""
        with open_journal(self.url) as journal:
            assert verify(journal).ok
            for number, (position, was, _) in enumerate(self.then):
                found = {r["id"]: r for r in rows(journal, "t", str(position)).rows}
                assert found.keys() == was.keys()
                for one, values in was.items():
                    self._hold(number, one, values, found[one])
        for number in range(len(self.then) - 1, -1, -1):
            position, _, print_ = self.then[number]
            if any(self.erased[number + 1 :]):
                with pytest.raises(Refused, match="erased at position"):
                    rollback(self.target, str(position), asker=ASKER)
                continue
            rollback(self.target, str(position), asker=ASKER)
            assert fingerprint(self.url) == print_
        with open_journal(self.url) as journal:
            assert verify(journal).ok

    def _hold(self, number: int, one: int, values: tuple[str, str], found: dict[str, Any]) -> None:
        """A value is exact, unless the image that tells it, which is the next one, was erased."""
        for place, name in enumerate(("a", "b")):
            later = [n for n in range(number + 1, len(self.then)) if one in self.touched[n]]
            if later and (one, place) in self.erased[later[0]]:
                assert isinstance(found[name], Erased)
            else:
                assert found[name] == values[place]

    def _statement(self, one: int) -> str:
        self.words += 1
        new = (f"first word {self.words}", f"second word {self.words}")
        old = self.rows.get(one)
        if old is None:
            self.rows[one] = new
            return f"insert into t values ({one}, '{new[0]}', '{new[1]}')"
        if self.random.random() < 0.4:
            del self.rows[one]
            return f"delete from t where id = {one}"
        if self.random.random() < 0.5:
            self.rows[one] = (old[0], new[1])
            return f"update t set b = '{new[1]}' where id = {one}"
        self.rows[one] = new
        return f"update t set a = '{new[0]}', b = '{new[1]}' where id = {one}"

    def _run(self, texts: list[str], touched: set[int]) -> None:
        with open_journal(self.url) as journal:
            with journal.recording(actor="dana") as run:
                for text in texts:
                    run.execute(text)
            position = journal.head().position
        assert self._live() == self.rows
        self.then.append((position, dict(self.rows), fingerprint(self.url)))
        self.touched.append(touched)
        self.erased.append(set())

    def _live(self) -> dict[int, tuple[str, str]]:
        text = "select id, a, b from t"
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(sqlite_path(self.url))) as db:
                return {one: (a, b) for one, a, b in db.execute(text)}
        with psycopg.connect(self.url) as session:
            return {one: (a, b) for one, a, b in session.execute(text)}


@pytest.mark.parametrize("seed", range(4))
def test_random_histories(url: str, seed: int) -> None:
    """The record proves itself, other rows are exact, and rollbacks that need nothing erased too."""
    random = Random(seed)
    model = Model(url, random)
    model.begin()
    for _ in range(random.randint(3, 6)):
        model.step()
        if random.random() < 0.5:
            model.erase()
    if not any(model.erased):
        model.erase()
    model.step()
    model.check()
