"""Journals that earlier releases wrote are read, proved and rolled back by this one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest

from commands.erasing.answer import Row
from commands.erasing.erase import erase
from commands.opening import Target
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import Drifted
from journal.events import MarkSet
from journal.opening import open_journal, parse_url
from tests.journal.releasing import ASKER, RELEASED, held, rows_of
from tests.support.oracle import fingerprint, sqlite_path

VERSIONS = sorted(path.name.removesuffix(".sqlite.db") for path in RELEASED.glob("*.sqlite.db"))


@pytest.fixture(params=VERSIONS)
def released(request: pytest.FixtureRequest, url: str) -> tuple[str, Path]:
    """The database a release left, and the file that tells what it held."""
    if url.startswith("sqlite"):
        shutil.copy(RELEASED / f"{request.param}.sqlite.db", sqlite_path(url))
        return url, RELEASED / f"{request.param}.sqlite.json"
    with psycopg.connect(url) as db:
        db.execute((RELEASED / f"{request.param}.postgresql.sql").read_bytes())
    return url, RELEASED / f"{request.param}.postgresql.json"


def test_released(released: tuple[str, Path]) -> None:
    """Its record proves itself, and tells what the tables held at each position."""
    url, told = released
    with open_journal(url) as journal:
        assert verify(journal).ok
        assert held(journal) == json.loads(told.read_text())


def test_forked(released: tuple[str, Path]) -> None:
    """Nobody can put a second entry after one of its entries, and nothing that guards it is missed."""
    url, _ = released
    fork = (
        "INSERT INTO {0} SELECT position + 1000, run, type, version, body, previous, digest"
        " FROM {0} WHERE position = 5"
    )
    with pytest.raises((psycopg.Error, sqlite3.Error)):
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(sqlite_path(url))) as file:
                file.execute(fork.format("clew_entry"))
        else:
            with psycopg.connect(url) as db:
                db.execute(fork.format("clew.entry").encode())
    with open_journal(url) as journal:
        assert verify(journal).ok
        assert not journal.database.unguarded()
        journal.append(MarkSet(name="later", at=5), actor="dana")
        assert verify(journal).ok


def test_there_and_back(released: tuple[str, Path]) -> None:
    """The database goes back to each of its positions, and forth again."""
    url, told = released
    target = Target(url=parse_url(url), holder="released")
    if _names_what_may_not_be_null(url):
        with pytest.raises(Drifted, match="person_id_not_null"):
            rollback(target, "8", asker=ASKER)
        return
    before = fingerprint(url)
    known = json.loads(told.read_text())
    for at, tables in known.items():
        rollback(target, at, asker=ASKER)
        with open_journal(url) as journal:
            for table, rows in tables.items():
                assert rows_of(journal, table, "head") == rows
    assert fingerprint(url) == before


def _names_what_may_not_be_null(url: str) -> bool:
    """Tell whether NOT NULL is a constraint here, as since PostgreSQL 18: to the journal, drift."""
    if url.startswith("sqlite"):
        return False
    with psycopg.connect(url) as db:
        return db.info.server_version >= 180000


def test_erased(released: tuple[str, Path]) -> None:
    """What earlier releases journaled can be erased, and the record proves itself."""
    url, _ = released
    target = Target(url=parse_url(url), holder="released")
    before = fingerprint(url)
    asker = msgspec.structs.replace(ASKER, reason="asked for")
    done = erase(target, Row(table="person", key=("1",)), asker=asker)
    assert done.images
    assert fingerprint(url) == before
    with open_journal(url) as journal:
        assert verify(journal).ok
