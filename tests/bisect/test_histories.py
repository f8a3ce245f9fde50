"""Random histories: what bisect says of answers is what the database itself answered then."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from commands.apply import apply
from commands.bisect.answer import Bisection, Result
from commands.bisect.bisect import Range, find_change
from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from journal.opening import parse_url
from tests.histories.growing_each import growing
from tests.histories.model import quoted
from tests.rehearsal.theatre import programs
from tests.support.oracle import sqlite_path

ASKER = Asker(actor="dana")
NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
MIGRATIONS, TABLES, QUERIES = (40, 12, 12) if NIGHTLY else (5, 3, 1)


@pytest.mark.parametrize("seed", [2, *([9, 10, 11] if NIGHTLY else [])])
def test_each_change(url: str, tmp_path: Path, seed: int) -> None:
    """Each change of an answer is found, with the answers that the database gave then."""
    target, random = Target(url=parse_url(url)), Random(seed)
    init(target, name="grown", asker=ASKER)
    directory = tmp_path / "migrations"
    directory.mkdir()
    made = growing(seed, sqlite=url.startswith("sqlite"))
    ends, names = [_head(target)], []
    seen: dict[int, dict[str, Any]] = {ends[0]: {}}
    for number, (name, text) in enumerate(made.migrations(MIGRATIONS, tables=TABLES)):
        (directory / f"{name}.sql").write_text(text, encoding="utf-8")
        names += [one for one in made.tables if one not in names]
        ways = [lambda end=name: apply(target, [directory], to=end, asker=ASKER)]
        if number == MIGRATIONS // 2:
            ways += [
                lambda: rollback(target, str(random.choice(ends)), asker=ASKER),
                lambda: apply(target, [directory], asker=ASKER),
            ]
        for way in ways:
            way()
            ends.append(_head(target))
            seen[ends[-1]] = {one: _ask(url, _query(one)) for one in names}
    for name in random.sample(names, QUERIES):
        found = find_change(target, _query(name), Range(every=True), programs=programs())
        for end in ends:
            assert _answer_at(found, end) == seen[end].get(name, "error"), (name, end)
        newest = find_change(target, _query(name), programs=programs())
        assert not (found.everything and url.startswith("sqlite"))
        assert newest.changes[0] in found.changes
        assert found.written_since == newest.written_since == 0


def _query(name: str) -> str:
    return f"select count(*), coalesce(sum(id), 0), min(id) from {quoted(name)}"


def _answer_at(found: Bisection, position: int) -> Any:
    before = [change.after for change in found.changes if change.position <= position]
    result: Result = before[-1] if before else found.changes[0].before
    return "error" if result.error else tuple(map(int, result.rows[0]))


def _ask(url: str, query: str) -> Any:
    try:
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(sqlite_path(url))) as db:
                return db.execute(query).fetchone()
        with psycopg.connect(url) as session:
            found = session.execute(query.encode()).fetchone()
            assert found
            return tuple(map(int, found))
    except (sqlite3.Error, psycopg.Error):
        return "error"


def _head(target: Target) -> int:
    with target.journal() as journal:
        return journal.head().position
