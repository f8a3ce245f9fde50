"""Parquet files: what they hold proves itself without us, and no file is ever written again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from commands.export import parquet
from tests.cli.typing_in import Typist


@pytest.fixture
def lake(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal whose ranges are small, and a directory for its files."""
    monkeypatch.setattr(parquet, "RANGE", 5)
    monkeypatch.setattr(parquet, "PAGE", 2)
    typist.begin()
    return typist.home / "lake"


def ask(sql: str, lake: Path) -> list[Any]:
    """Ask the files with DuckDB, where they lie."""
    with duckdb.connect(":memory:") as db:
        return db.execute(sql.replace("lake/", f"{lake}/")).fetchall()


def contents(lake: Path) -> dict[str, bytes]:
    """All Parquet files, byte by byte."""
    return {str(path.relative_to(lake)): path.read_bytes() for path in lake.rglob("*.parquet")}


def test_a_stranger_proves_the_chain(typist: Typist, lake: Path) -> None:
    """From the files alone each digest is computed again, with hashlib and nothing of ours."""
    told = typist.json("export", str(lake), "--parquet")
    rows = ask(
        "SELECT position, body, previous, digest, recorded_at::varchar, type, actor"
        " FROM 'lake/entries/*.parquet' ORDER BY position",
        lake,
    )
    entries = typist.lines("log")
    assert [row[0] for row in rows] == [one["position"] for one in entries]
    before = bytes(32)
    for row, entry in zip(rows, entries, strict=True):
        assert row[2] == before
        before = hashlib.sha256(b"\0" + row[2] + row[1].encode()).digest()
        assert row[3] == before == bytes.fromhex(entry["digest"])
        assert row[4][:19] == entry["recorded_at"][:19].replace("T", " ")
        assert json.loads(row[1])["data"] == entry["data"] | {"type": entry["type"]}
        assert row[5:] == (entry["type"], entry["actor"])
    manifest = json.loads((lake / "ranges.json").read_bytes())
    assert manifest["ranges"][-1]["digest"] == before.hex()
    assert told["last"] == len(rows)
    for one in (one for found in manifest["ranges"] for one in found["files"]):
        assert hashlib.sha256((lake / one["path"]).read_bytes()).hexdigest() == one["sha256"]
        assert ask(f"SELECT count(*) FROM 'lake/{one['path']}'", lake) == [(one["rows"],)]


def test_changes_bear_names(typist: Typist, lake: Path) -> None:
    """Changes are flat, by the names that tables bore then, and typed."""
    typist.file("0003_human.sql", "alter table person rename to human;\ndelete from human;\n")
    typist.type("apply", str(typist.migrations))
    typist.type("export", str(lake), "--parquet")
    prefix = "" if typist.url.startswith("sqlite") else "public."
    asked = (
        "SELECT verb, migration, table_name, inserted, updated, deleted"
        " FROM 'lake/changes/*.parquet' WHERE inserted + updated + deleted > 0 ORDER BY position"
    )
    assert ask(asked, lake) == [
        ("apply", "0001_people", f"{prefix}person", 2, 0, 0),
        ("apply", "0002_letters", f"{prefix}person", 0, 2, 0),
        ("apply", "0003_human", f"{prefix}human", 0, 0, 2),
    ]
    described = "DESCRIBE SELECT position, recorded_at, inserted FROM 'lake/changes/*.parquet'"
    types = [row[1] for row in ask(described, lake)]
    assert types == ["BIGINT", "TIMESTAMP WITH TIME ZONE", "BIGINT"]


def test_the_next_export_adds(typist: Typist, lake: Path) -> None:
    """A later export adds ranges and leaves every file as it is; ranges follow each other."""
    typist.type("export", str(lake), "--parquet")
    before = contents(lake)
    assert "nothing to add" in typist.type("export", str(lake), "--parquet")
    typist.type("mark", "later")
    partial = lake / "entries" / "entries-0000000900-0000000901.parquet"
    partial.write_bytes(b"left behind by an export that was killed")
    answer = typist.json("export", str(lake), "--parquet")
    head = typist.json("status")["head"]["position"]
    assert [(one["first"], one["last"]) for one in answer["added"]] == [(head, head)]
    after = contents(lake)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 4
    ranges = json.loads((lake / "ranges.json").read_bytes())["ranges"]
    assert ranges[0]["first"] == 1
    for one, other in pairwise(ranges):
        assert (other["first"], other["previous"]) == (one["last"] + 1, one["digest"])
    assert max(one["last"] - one["first"] + 1 for one in ranges) <= 5
    assert ask("SELECT count(*) FROM 'lake/entries/*.parquet'", lake) == [(head,)]


def test_content_only_where_asked(typist: Typist, lake: Path) -> None:
    """Statement texts are left out, and said to be; with --content each is there once."""
    assert "content" in typist.type("export", str(lake), "--parquet")
    assert not (lake / "content").exists()
    assert b"Ada" not in b"".join(contents(lake).values())
    typist.type("export", str(lake), "--parquet", "--content", code=3)
    assert "the files leave content out" in typist.err
    other = lake.with_name("other")
    typist.type("export", str(other), "--parquet", "--content")
    found = ask("SELECT digest, content FROM 'lake/content/*.parquet'", other)
    assert any(b"Ada" in content for _, content in found)
    assert all(hashlib.sha256(content).digest() == digest for digest, content in found)


def forge(typist: Typist, position: int) -> None:
    """Change a digest, as the owner of the tables can."""
    if typist.url.startswith("sqlite"):
        with closing(sqlite3.connect(typist.url.removeprefix("sqlite:///"))) as db, db:
            db.execute("DROP TRIGGER IF EXISTS clew_entry_no_update")
            sql = "UPDATE clew_entry SET digest = zeroblob(32) WHERE position = ?"
            db.execute(sql, (position,))
        return
    with psycopg.connect(typist.url, autocommit=True) as db:
        db.execute("ALTER TABLE clew.entry DISABLE TRIGGER ALL")
        sql = "UPDATE clew.entry SET digest = %s WHERE position = %s"
        db.execute(sql.encode(), (bytes(32), position))


def test_files_prove_themselves(typist: Typist, lake: Path) -> None:
    """Every file is held against its digest and every entry against the one before it."""
    typist.type("export", str(lake), "--parquet")
    said = typist.json("verify", "--export", str(lake))
    assert (said["ok"], said["entries"]) == (True, typist.json("status")["head"]["position"])
    assert "prove themselves" in typist.type("verify", "--export", str(lake))
    first, second, *_ = sorted(lake.glob("entries/*.parquet"))
    manifest = lake / "ranges.json"
    text = manifest.read_text()

    def swapped(path: Path, other: bytes) -> list[tuple[str, str]]:
        """Put other bytes in a file's place, and its size and digest into the list."""
        found = json.loads(text)
        for one in (one for each in found["ranges"] for one in each["files"]):
            if one["path"] == path.relative_to(lake).as_posix():
                one |= {"bytes": len(other), "sha256": hashlib.sha256(other).hexdigest()}
        manifest.write_text(json.dumps(found))
        before, path_bytes = path, path.read_bytes()
        path.write_bytes(other)
        flaws = typist.json("verify", "--export", str(lake), code=6)["flaws"]
        before.write_bytes(path_bytes)
        manifest.write_text(text)
        return [(flaw["file"], flaw["text"]) for flaw in flaws]

    name = second.relative_to(lake).as_posix()
    assert swapped(second, first.read_bytes()) == [
        (name, "position 6: does not follow the entry before it")
    ]
    changed = bytearray(second.read_bytes())
    changed[len(changed) // 2] ^= 1
    second_bytes = second.read_bytes()
    second.write_bytes(bytes(changed))
    typist.type("verify", "--export", str(lake), code=6)
    second.write_bytes(second_bytes)
    beside = lake / "entries" / "entries-0000000900-0000000901.parquet"
    beside.write_bytes(first.read_bytes())
    assert "is in no range" in typist.type("verify", "--export", str(lake), code=6)
    beside.unlink()
    manifest.write_text(json.dumps(json.loads(text) | {"ranges": json.loads(text)["ranges"][1:]}))
    assert "does not follow 0" in typist.type("verify", "--export", str(lake), code=6)
    typist.type("verify", "--export", str(lake / "entries"), code=4)


def test_touched_journals(typist: Typist, lake: Path) -> None:
    """An entry that does not prove itself is not written, nor one after another history."""
    typist.type("export", str(lake), "--parquet", "--at", "4")
    forge(typist, 7)
    typist.type("export", str(lake), "--parquet", code=6)
    assert "position 7" in typist.err
    assert ask("SELECT max(position) FROM 'lake/entries/*.parquet'", lake) == [(4,)]
    forge(typist, 4)
    typist.type("export", str(lake), "--parquet", code=6)
    assert "is not the one that was exported" in typist.err


def test_refused(
    typist: Typist, lake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another journal's files, other things, changed files and a missing extra are told apart."""
    typist.type("export", str(lake), "--parquet")
    typist.type("export", str(typist.migrations), "--parquet", code=3)
    assert "holds something else" in typist.err
    typist.type("export", str(lake), "--parquet", "--key", str(lake / "ranges.json"), code=2)
    manifest = lake / "ranges.json"
    text = manifest.read_text()
    manifest.write_text(text.replace(json.loads(text)["journal"], "another"))
    typist.type("export", str(lake), "--parquet", code=3)
    assert "of the journal another" in typist.err
    manifest.write_text("{")
    typist.type("export", str(lake), "--parquet", code=5)
    manifest.write_text(text)
    next(lake.glob("entries/*.parquet")).write_bytes(b"")
    typist.type("export", str(lake), "--parquet", code=3)
    assert "is not as it was exported" in typist.err
    monkeypatch.delitem(sys.modules, "commands.export.columns", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    typist.type("export", str(tmp_path / "new"), "--parquet", code=3)
    assert "pip install 'clew[parquet]'" in typist.err
    assert not (tmp_path / "new").exists()
