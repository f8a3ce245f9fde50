"""What is killed: commands, the state they begin in, and what must hold of what they leave."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy.engine import make_url

from tests.crash.places import Ground, Place
from tests.support.oracle import pg_program

FOUND = """CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, born integer);
CREATE TABLE letter (id integer PRIMARY KEY, person integer REFERENCES person (id), body text);
CREATE TABLE old (n integer PRIMARY KEY, who integer, data text);
CREATE TABLE visit (id integer PRIMARY KEY);
INSERT INTO person WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 60)
 SELECT n, 'person ' || n, 1900 + n FROM s;
INSERT INTO letter WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 90)
 SELECT n, 1 + n % 60, 'dear ' || n FROM s;
INSERT INTO old WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 49)
 SELECT n, n % 25, '{"name": "p' || (n % 25) || '", "x": ' || n || '}' FROM s"""
DONE = {
    "0001_note.sql": "CREATE TABLE note (id integer PRIMARY KEY, t text);\n"
    "INSERT INTO note SELECT id, name FROM person;\n"
    "ALTER TABLE person ADD COLUMN email text;\n",
    "0002_email.sql": "UPDATE note SET t = upper(t) WHERE id > 20;\n"
    "CREATE INDEX note_t ON note (t);\nDELETE FROM note WHERE id > 50;\n",
}
PENDING = {
    "0003_split.sql": "ALTER TABLE letter ADD COLUMN weight integer;\n"
    "UPDATE letter SET weight = id * 2;\nCREATE INDEX by_weight ON letter (weight);\n"
    "ALTER TABLE person DROP COLUMN born;\n",
    "0004_tidy.sql": "CREATE TABLE sent AS SELECT id, person FROM letter WHERE id % 2 = 0;\n"
    "DELETE FROM letter WHERE id > 60;\nDROP TABLE note;\n",
}
TRANSFORM = """from commands.transform import Check, Migration, Rows, Select, Sql, Transform, first, key

migration = Migration(
    batched={batched},
    steps=(
        Sql(sql="CREATE TABLE profile (who integer PRIMARY KEY, name text, x integer)"),
        Transform(
            name="profiles",
            source=Select(sql="SELECT who, n, data FROM old", order="n", unpack=("data",)),
            subject="who",
            record=("n",),
            into=(Rows(table="profile", columns={{
                "who": key("who"), "name": first("name"), "x": first("x"),
            }}),),
        ),
        Check(name="everybody", sql="SELECT count(*) FROM profile", at_least=25),
    ),
)
"""
PROGRAM = (
    "ALTER TABLE letter ADD COLUMN weight integer",
    "UPDATE letter SET weight = id",
    "DELETE FROM letter WHERE id > 80",
    "CREATE TABLE extra (id integer PRIMARY KEY, t text)",
    "INSERT INTO extra VALUES (1, 'one')",
)
_RUNNING = """
import os, sqlite3, sys, time
url = os.environ["DATABASE_URL"]
if url.startswith("sqlite"):
    db = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
else:
    import psycopg
    db = psycopg.connect(url, autocommit=True)
for word in sys.argv[1:]:
    db.execute(word)
    time.sleep(0.02)
"""
ELSEWHERE = (
    "CREATE TABLE parcel (id integer PRIMARY KEY, t text)",
    "CREATE TABLE stamp (id integer PRIMARY KEY, parcel integer REFERENCES parcel (id))",
    "INSERT INTO parcel WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40)"
    " SELECT n, 'v' || n FROM s",
    "INSERT INTO stamp SELECT id, 41 - id FROM parcel",
)


Base = Literal["found", "begun", "archived"]
"""Without a journal; with one; with one of which the beginning was archived."""


class Work(NamedTuple):
    """A command; ``base`` is the state it begins in, ``again`` what it may end with.

    ``back`` tells that a rollback to where it began brings everything back; ``holds`` looks at
    what stands beside the database once it was run again. ``observed`` tells that what a
    killed one did is on record only with the next command.
    """

    name: str
    words: Callable[[Place], Sequence[str]]
    again: frozenset[int] = frozenset({0})
    back: bool = True
    base: Base = "begun"
    observed: bool = False
    holds: Callable[[Place], None] = lambda _: None


def begin(ground: Ground, base: Base = "begun") -> Place:
    """Make the state that works begin in."""
    place = ground.make(base)
    place.application(*FOUND.split(";\n"))
    if base == "found":
        return place
    for name, files in {"done": {}, "sql": PENDING}.items():
        write(place.home / name, DONE | files)
    for name, batched in (("one", None), ("batched", 7)):
        write(place.home / name, DONE | {"0003_profiles.py": TRANSFORM.format(batched=batched)})
    place.ask("init", "--name", "crash")
    place.ask("mark", "begin")
    place.ask("apply", str(place.home / "done"))
    place.ask("backup", "take", "--to", str(place.home / "taken"))
    place.application(
        "UPDATE letter SET body = 'other' WHERE id < 10",
        "DELETE FROM letter WHERE id > 85",
        "UPDATE person SET born = 1 WHERE id = 7",
    )
    place.ask("key", "new", "--to", str(place.home / "audit.pem"), "--name", "example.org/crash")
    with closing(sqlite3.connect(place.home / "elsewhere.db")) as db, db:
        for one in ELSEWHERE:
            db.execute(one)
    if base == "archived":
        place.ask(*_archive(place))
    (place.home / "start").write_text(str(place.log()[-1]["position"]))
    return place


def write(directory: Path, files: dict[str, str]) -> None:
    """Write migrations."""
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text)


def _backups(place: Place) -> None:
    """Each backup that bears its name is whole; one that its journal does not know says so."""
    for one in (place.home / "backups").iterdir():
        found = json.loads(
            place.ask("backup", "verify", str(one), "--format", "json", code=None).out
        )
        kinds = [problem["kind"] for problem in found["problems"]]
        assert found["ok"] or kinds == ["unknown"], kinds


def _export(place: Place) -> None:
    place.ask("verify", "--export", str(place.home / "out"))


def _checkpoint(place: Place) -> None:
    said = place.ask("key", "show", str(place.home / "audit.pem"), "--format", "json").out
    trusted = json.loads(said)["verifier"]
    place.ask("verify", "--checkpoint", str(place.home / "head.txt"), "--verifier", trusted)


def _proof(place: Place) -> None:
    place.ask("prove", "--check", str(place.home / "3.proof"))


def _archive(place: Place, to: str = "old") -> tuple[str, ...]:
    why = ("--reason", "kept for a year", "--yes")
    return ("archive", "take", "before:0002_email", "--to", f"{place.home}/{to}", *why)


def _archived(place: Place) -> None:
    """One that was written, and not taken out of the journal when it was killed, is whole."""
    place.ask("verify", "--export", f"{place.home}/old")
    if not any(one["type"] == "ArchiveSealed" for one in place.log()):
        place.ask(*_archive(place, "other"))
        place.ask("verify")


def _key(place: Place) -> None:
    place.ask("key", "show", str(place.home / "new.pem"))


def _parquet(place: Place) -> None:
    found = json.loads(next((place.home / "lake").glob("*.json")).read_bytes())
    named = {one["path"] for part in found["ranges"] for one in part["files"]}
    there = {
        one.relative_to(place.home / "lake").as_posix()
        for one in (place.home / "lake").rglob("*")
        if one.is_file()
    }
    assert {one for one in there if one.endswith(".parquet")} == named
    from pyarrow import parquet

    for one in named:
        parquet.read_table(place.home / "lake" / one)


def _page(place: Place) -> None:
    assert (place.home / "page.html").read_text().rstrip().endswith("</html>")


def _then(place: Place) -> str:
    if place.sqlite:
        return f"sqlite:///{place.home}/then.db"
    name = f"{place.home.name}_then"
    return make_url(place.url).set(database=name).render_as_string(hide_password=False)


def _checked_out(place: Place) -> None:
    then = Place(_then(place), place.home)
    assert not any("note" in name for name in then.seen())
    if not place.sqlite:
        Ground(place.home, place.url).drop_database(f"{place.home.name}_then")
        return
    (place.home / "then.db").unlink()


def _programs(place: Place) -> tuple[str, ...]:
    return () if place.sqlite else ("--pg-bin", str(Path(pg_program("pg_dump")[0]).parent))


def works() -> tuple[Work, ...]:
    """Return all of them."""
    refused, nothing = frozenset({0, 3}), frozenset({0, 1, 3, 4})
    return (
        Work("init", lambda _: ("init", "--name", "crash"), refused, back=False, base="found"),
        Work("apply, SQL", lambda p: ("apply", f"{p.home}/sql")),
        Work("apply, transform", lambda p: ("apply", f"{p.home}/one")),
        Work("apply, batched", lambda p: ("apply", f"{p.home}/batched")),
        Work("rollback", lambda _: ("rollback", "@begin", "--yes")),
        Work(
            "record",
            lambda _: ("record", "--", sys.executable, "-c", _RUNNING, *PROGRAM),
            observed=True,
        ),
        Work(
            "backup take",
            lambda p: ("backup", "take", "--to", f"{p.home}/backups"),
            holds=_backups,
        ),
        Work(
            "backup take --single",
            lambda p: ("backup", "take", "person", "--single", "--to", f"{p.home}/backups"),
            holds=_backups,
        ),
        Work(
            "backup restore",
            lambda p: (
                "backup", "restore", str(p.backup), "--yes", "--table", "letter", "--table", "person",
            ),
        ),
        Work(
            "copy",
            lambda p: (
                "copy", "--from", f"sqlite:///{p.home}/elsewhere.db", "--create", "--yes",
                "--batch", "10",
            ),
        ),
        Work(
            "erase",
            lambda _: ("erase", "row", "note", "7", "--yes", "--reason", "asked for"),
            nothing, back=False,
        ),
        Work(
            "checkpoint",
            lambda p: ("checkpoint", "--key", f"{p.home}/audit.pem", "--to", f"{p.home}/head.txt"),
            refused, holds=_checkpoint,
        ),
        Work(
            "prove",
            lambda p: ("prove", "3", "--key", f"{p.home}/audit.pem", "--to", f"{p.home}/3.proof"),
            refused, holds=_proof,
        ),
        Work(
            "export",
            lambda p: ("export", f"{p.home}/out", "--key", f"{p.home}/audit.pem", "--content"),
            refused, holds=_export,
        ),
        Work("export --parquet", lambda p: ("export", f"{p.home}/lake", "--parquet"), holds=_parquet),
        Work("key new", lambda p: ("key", "new", "--to", f"{p.home}/new.pem", "--name", "k"),
             refused, holds=_key),
        Work("report", lambda p: ("report", "--html", f"{p.home}/page.html"), holds=_page),
        Work("checkout", lambda p: ("checkout", "@begin", "--to", _then(p), *_programs(p)), refused,
             holds=_checked_out),
        Work("rehearse", lambda p: ("rehearse", f"{p.home}/sql", *_programs(p))),
        Work("rebuild", lambda _: ("rebuild",)),
        Work("archive take", _archive, refused, holds=_archived),
        Work(
            "archive restore",
            lambda p: ("archive", "restore", f"{p.home}/old", "--reason", "an audit", "--yes"),
            refused, base="archived",
        ),
        Work("mark", lambda _: ("mark", "there"), refused),
    )  # fmt: skip
