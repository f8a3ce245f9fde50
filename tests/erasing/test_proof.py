"""verify accepts exactly what the entries say was put in the place of values, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.erasing import erase as erasing
from commands.erasing.answer import Row
from commands.opening import Asker, Target
from journal.opening import open_journal, parse_url
from tests.erasing.eraser import ADA, Eraser, standing
from tests.support.oracle import sqlite_path
from tests.support.roles import PASSWORD, STRANGER

BLOB = {"sqlite": "x'7b7d'", "postgresql": "'{}'::bytea"}


def blob(eraser: Eraser) -> str:
    """Return other bytes, as SQL."""
    return BLOB["sqlite" if eraser.sqlite else "postgresql"]


@pytest.fixture
def erased(eraser: Eraser) -> Eraser:
    """A journal of which one row was erased."""
    eraser.live()
    eraser.erase("row", "person", "1")
    return eraser


def events(eraser: Eraser) -> list[tuple[int, dict[str, str]]]:
    """Return position and data of each erasure."""
    return [
        (one["position"], one["data"])
        for one in eraser.lines("log")
        if one["type"] == "ContentErased"
    ]


def test_digests(erased: Eraser) -> None:
    """Each erasure names the digest of before and after; no entry holds a value."""
    found = events(erased)
    assert len(found) == 6
    assert all(len(data["before"]) == len(data["after"]) == 64 for _, data in found)
    assert standing(ADA, erased.entries()) == []


def test_content_forged(erased: Eraser) -> None:
    """Something else in the place of erased content is found, at the erasure."""
    position, data = events(erased)[-1]
    erased.forge(
        f"UPDATE @content SET content = {blob(erased)} WHERE digest = 'erased:{data['before']}'"
    )
    assert (position, "erasure-altered") in erased.problems()


def test_content_lost(erased: Eraser) -> None:
    """Nothing in the place of erased content is found."""
    position, data = events(erased)[-1]
    erased.forge(f"DELETE FROM @content WHERE digest = 'erased:{data['before']}'")
    assert (position, "erasure-missing") in erased.problems()


def test_content_back(eraser: Eraser) -> None:
    """Content that is said to be erased, and stands again, is found."""
    eraser.live()
    eraser.forge("CREATE TABLE aside AS SELECT digest, content FROM @content")
    eraser.erase("row", "person", "1")
    (position, data), *_ = [one for one in events(eraser) if "images" not in one[1]]
    eraser.forge(
        f"INSERT INTO @content SELECT digest, content FROM aside WHERE digest = '{data['before']}'"
    )
    assert (position, "erasure-undone") in eraser.problems()


def test_images_forged(erased: Eraser) -> None:
    """A second replacement within images that were erased is found, at the entry that names them."""
    (_, data), *_ = events(erased)
    run = json.loads(json.dumps(data["images"]))["run"]
    chunk = (
        "CAST(replace(chunk, CAST('Bela' AS BLOB), CAST('Cela' AS BLOB)) AS BLOB)"
        if erased.sqlite
        else "replace(chunk::text, 'Bela', 'Cela')::text[]"
    )
    erased.forge(f"UPDATE @image SET chunk = {chunk} WHERE run = '{run}'")
    assert (data["images"]["position"], "images-altered") in erased.problems()


def test_images_put_back(eraser: Eraser) -> None:
    """Images that are said to be erased, and stand as they were, are found."""
    eraser.live()
    eraser.forge("CREATE TABLE aside AS SELECT * FROM @image")
    eraser.erase("row", "person", "1")
    columns = "chunk" if eraser.sqlite else "chunk, digest"
    (_, data), *_ = events(eraser)
    for column in columns.split(", "):
        eraser.forge(
            f"UPDATE @image SET {column} = (SELECT a.{column} FROM aside a"
            " WHERE a.run = @image.run AND a.number = @image.number)"
        )
    assert (data["images"]["position"], "images-altered") in eraser.problems()


def test_without_an_entry(eraser: Eraser) -> None:
    """What was made to look erased, and of which no entry tells, is found."""
    eraser.live()
    eraser.forge(
        f"UPDATE @content SET digest = 'erased:' || digest, content = {blob(eraser)}"
        " WHERE digest = (SELECT min(digest) FROM @content)"
    )
    kinds = {kind for _, kind in eraser.problems()}
    assert kinds == {"content-missing", "content-unnamed"}


def test_altered_is_not_erased(eraser: Eraser) -> None:
    """Images that somebody altered are not erased: the proof of that would be gone with them."""
    eraser.live()
    chunk = (
        "CAST(replace(chunk, CAST('Bela' AS BLOB), CAST('Cela' AS BLOB)) AS BLOB)"
        if eraser.sqlite
        else "replace(chunk::text, 'Bela', 'Cela')::text[]"
    )
    eraser.forge(f"UPDATE @image SET chunk = {chunk}")
    found = eraser.problems()
    eraser.erase("row", "person", "1", code=6)
    assert eraser.problems() == found


def test_guards_stand(erased: Eraser) -> None:
    """After an erasure content and images are append-only again."""
    assert erased.json("verify")["unguarded"] == []
    for table in ("content", "image"):
        name = f"clew_{table}" if erased.sqlite else f"clew.{table}"
        with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
            erased.application(f"DELETE FROM {name}")


def test_killed(eraser: Eraser, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure that dies at its last step, or at any place before, leaves nothing behind."""
    eraser.live()
    before, kept = eraser.oracle(), eraser.kept()
    target = Target(url=parse_url(eraser.url), holder="killed")
    for name in ("_erase_images", "_erase_content", "append_within"):
        with monkeypatch.context() as patch:
            owner = erasing if name == "append_within" else erasing._Erasing
            patch.setattr(owner, name, _die)
            with pytest.raises(KeyboardInterrupt):
                erasing.erase(
                    target,
                    Row(table="person", key=("1",)),
                    asker=Asker(actor="dana", reason="asked"),
                )
        assert eraser.oracle() == before
        assert eraser.kept() == kept
        assert eraser.json("verify")["unguarded"] == []
    eraser.erase("row", "person", "1")


def test_only_the_owner(eraser: Eraser) -> None:
    """Who may read and append, and does not own the tables, may not erase, and is told so."""
    if eraser.sqlite:
        return
    eraser.live()
    eraser.application(
        f"GRANT USAGE ON SCHEMA clew, public TO {STRANGER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA clew, public TO {STRANGER}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA clew TO {STRANGER}",
    )
    kept, log, owner = eraser.kept(), eraser.type("log"), eraser.url
    stranger = make_url(owner).set(username=STRANGER, password=PASSWORD)
    eraser.url = stranger.render_as_string(hide_password=False)
    assert "only the owner" in eraser.erase_refused("row", "person", "1")
    eraser.url = owner
    assert (eraser.kept(), eraser.type("log")) == (kept, log)


def test_one_at_a_time(erased: Eraser) -> None:
    """Another run holds the journal: the erasure waits, then says so, and does nothing."""
    with open_journal(erased.url) as journal:
        journal.database.hold("somebody", wait=0)
        erased.erase("row", "person", "2", "--lock-timeout", "0.1", code=3)
        assert "somebody" in erased.err


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_wal_is_the_readers(eraser: Eraser) -> None:
    """In a file with a write-ahead log an erasure is one transaction too."""
    if not eraser.sqlite:
        return
    with closing(sqlite3.connect(sqlite_path(eraser.url))) as db:
        db.execute("PRAGMA journal_mode = WAL")
    eraser.live()
    eraser.erase("row", "person", "1")
    eraser.type("verify")
    assert standing(ADA, eraser.raw()) == []
