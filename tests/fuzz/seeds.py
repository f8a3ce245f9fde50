"""What fuzzing begins with: real files of each kind, made by the product itself."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import msgspec

from commands.cli.main import run
from commands.folding import caught_up
from journal.opening import open_journal
from journal.sqlite.images import encode_rows
from tests.differential.templates import POSTGRESQL, SQLITE
from tests.fuzz import targets

HERE = Path(__file__).parent
BACKUPS = HERE.parent / "backups" / "format_1"
RELEASED = HERE.parent / "journal" / "released"
MIGRATION = (
    "-- clew: unchanged person\n-- migrate:up\ncreate table person (id integer primary key, "
    "name text);\n-- ; '\ninsert into person values (1, 'Ad''a;'), (2, x'00ff');\n"
    "create trigger t after insert on person begin select 1; select case when 1 then 2 end; end;\n"
    "-- migrate:down transaction:false\ndrop table person;\n"
)
PLPGSQL = (
    "create function f() returns int language plpgsql as $a$begin return '$$;'; end$a$;\n"
    "copy person (id, name) from stdin;\n1\tAda\n2\t\\N\n\\.\nselect E'\\';', U&'\\0041;';\n"
)
POSITIONS = ("1", "9", "head", "head~3", "@m", "before:0001_a", "after:a", "2026-11-22T09:30", "7d")
URLS = (
    "sqlite:///app.db", "postgresql://dana:hunter2hunter2@localhost:5432/app?sslmode=require",
    "postgres://u:p%40ss-p%40ss@[::1]/app?sslpassword=abcdefghijk",
)  # fmt: skip
JSON = ('{"a": [1, 1.0, 1e400, "\\ud800", null, true], "b": {"bytes": "00ff"}}', '[[[["x"]]]]')
FILE_NAMES = ("0001_name", "V1.2__name", "0001_name.sqlite", "R__view", "20260101_a.up", "x.pg")
PYTHON = (
    'revision = "a1"\ndown_revision = ("b", "c")\ndef upgrade():\n    op.drop_column("t", "c")\n'
)


def seeds(name: str) -> list[bytes]:
    """Return the inputs that a target begins with."""
    return [one for one in _all()[name] if len(one) < 200_000]


@cache
def _all() -> dict[str, list[bytes]]:
    home = Path(tempfile.mkdtemp(prefix="clew-fuzz-"))
    _story(home)
    targets.EXPORT = home / "export"
    sql = [MIGRATION, PLPGSQL, *POSTGRESQL[::5], *SQLITE[::5]]
    files = [one for one in sorted(targets.EXPORT.rglob("*")) if one.is_file()]
    checkpoint = (home / "head.txt").read_bytes()
    proofs = [(home / name).read_bytes() for name in ("proof", "extension")]
    entries = [*_entries(home / "app.db"), *_entries(RELEASED / "0.1.0.sqlite.db")]
    manifests = [*BACKUPS.glob("*/manifest.json"), *(home / "backups").glob("*/manifest.json")]
    rows = [one for file in BACKUPS.glob("*/*.jsonl") for one in file.read_bytes().splitlines()[:3]]
    packed = [one.read_bytes() for one in (home / "backups").rglob("*.*") if one.suffix != ".json"]
    singles = [one.read_bytes() for one in (home / "singles").iterdir()]
    kinds = [b"\0", b"\1"]
    return {
        "statements": [kind + one.encode() for one in sql for kind in kinds],
        "migration": [kind + one.encode() for one in sql for kind in kinds],
        "file_name": [one.encode() for one in FILE_NAMES],
        "other_tools": [kind + one.encode() for one in (*sql[:20], PYTHON) for kind in kinds],
        "sql_words": [one.encode() for one in sql],
        "position": [one.encode() for one in POSITIONS],
        "url": [one.encode() for one in URLS],
        "secret_texts": [one.encode() for one in (*URLS, "--password x", "API_KEY=abc; pwd='x y'")],
        "hidden_columns": [b"person.email # why\n\napp.person.name\n"],
        "entry": entries,
        "saved_fold": list(_folds(home / "app.db")),
        "content": [b'{"erased":57}', encode_rows([[1, "a", b"b", 1.5, None]]), b"select 1"],
        "json_value": [one.encode() for one in JSON],
        "backup_manifest": [b"0" + one.read_bytes() for one in manifests]
        + [b"1" + one for one in singles],
        "backup_row": [kind + one for one in (*rows, b'{"id":{"blob":"00ff"},"name":{"real":"Infinity"}}') for kind in kinds],
        "compressed": [bytes([number]) + one for one in packed for number in range(3)],
        "note": [checkpoint, (home / "export" / "key.vkey").read_bytes()],
        "proof": [*proofs, checkpoint + b"\n===\n" + proofs[1]],
        "export": [bytes([place]) + one.read_bytes() for place, one in enumerate(files)],
        "parquet_ranges": [b'{"format":"clew-parquet","version":1,"journal":"x","ranges":[]}'],
    }  # fmt: skip


def _story(home: Path) -> None:
    """A journal with all that is exported, signed and backed up, by the verbs themselves."""
    database = f"sqlite:///{home / 'app.db'}"
    (home / "app.db").touch()
    (home / "migrations").mkdir()
    (home / "migrations" / "0001_people.sql").write_text(
        "create table person (id integer primary key, name text);\n"
        "insert into person values (1, 'Ada'), (2, 'Bela');\n"
    )
    key = ["--key", str(home / "key.pem")]
    for words in (
        ["init"],
        ["key", "new", "--to", str(home / "key.pem"), "--name", "k.example"],
        ["checkpoint", *key, "--to", str(home / "old.txt")],
        ["apply", str(home / "migrations")],
        ["checkpoint", *key, "--to", str(home / "head.txt")],
        ["prove", "3", "--checkpoint", str(home / "head.txt"), "--to", str(home / "proof")],
        ["backup", "take", "--to", str(home / "backups")],
        ["backup", "take", "--to", str(home / "backups"), "--compress", "gzip"],
        ["backup", "take", "--to", str(home / "singles"), "--single"],
        ["export", str(home / "export"), *key],
    ):
        _typed(database, words)
    earlier = ["--extends", str(home / "old.txt"), "--checkpoint", str(home / "head.txt")]
    _typed(database, ["prove", *earlier, "--to", str(home / "extension")])


def _typed(database: str, words: list[str]) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(["--db", database, *words])
    assert code == 0, (words, said.getvalue())


def _entries(file: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(file)) as db:
        for name, version, body in db.execute("SELECT type, version, body FROM clew_entry"):
            yield bytes([targets.TYPES.index(name), version]) + body


def _folds(file: Path) -> Iterator[bytes]:
    with open_journal(f"sqlite:///{file}") as journal:
        for number, kind in enumerate(targets.FOLDS):
            yield bytes([number]) + msgspec.msgpack.encode(caught_up(journal, kind).state())
