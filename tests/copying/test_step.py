"""Copying as a step of a migration: in its one transaction, or batch by batch."""

from __future__ import annotations

import pytest

from tests.copying.conftest import Journey, by_name

TABLES = (
    "CREATE TABLE t (id integer PRIMARY KEY, v text);\n"
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');\n"
)
FILE = """
from commands.copy import Copy
from commands.transform import Check, Migration, Sql

migration = Migration(
    {batched}
    steps=(
        Sql(sql="CREATE TABLE before (n integer);"),
        Copy(source="$OLD_DATABASE", create=True, batch=2),
        Check(name="three", sql="SELECT count(*) FROM t", equals={expected}),
    ),
)
"""


@pytest.mark.parametrize("batched", ["", "batched=10,"])
def test_there_and_back(into: Journey, monkeypatch: pytest.MonkeyPatch, batched: str) -> None:
    """Rows come over with the migration that names where they are, and go with it."""
    before = into.begin(TABLES)
    monkeypatch.setenv("OLD_DATABASE", into.source.url)
    into.target.file("0001_move.py", FILE.format(batched=batched, expected=3))
    trial = into.target.json("apply", str(into.target.migrations), "--dry-run")
    if not batched:
        assert "$OLD_DATABASE" in str(trial)
    assert into.target.fingerprint() == before
    answer = into.target.json("apply", str(into.target.migrations))
    (copied,) = answer["runs"][0]["copies"]
    assert by_name(copied)["t"]["inserted"] == 3
    assert into.target.application("SELECT * FROM t") == [(1, "a"), (2, "b"), (3, "c")]
    assert not into.target.json("status")["incomplete"]
    into.target.back("before:0001_move")
    assert into.target.fingerprint() == before


def test_one_transaction(into: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a later step fails, nothing of the copy stays."""
    before = into.begin(TABLES)
    monkeypatch.setenv("OLD_DATABASE", into.source.url)
    into.target.file("0001_move.py", FILE.format(batched="", expected=4))
    into.target.type("apply", str(into.target.migrations), code=5)
    assert into.target.fingerprint() == before


def test_goes_on_batch_by_batch(files: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a later step of a batched migration fails, the copy stands and is not made again."""
    files.begin(TABLES)
    monkeypatch.setenv("OLD_DATABASE", files.source.url)
    files.target.file("0001_move.py", FILE.format(batched="batched=10,", expected=4))
    files.target.type("apply", str(files.target.migrations), code=5)
    assert len(files.target.application("SELECT * FROM t")) == 3
    files.source.application("INSERT INTO t VALUES (4, 'd')")
    files.target.type("apply", str(files.target.migrations), code=5)
    assert len(files.target.application("SELECT * FROM t")) == 3
    files.target.file("0001_move.py", FILE.format(batched="batched=10,", expected=3))
    files.target.type("apply", str(files.target.migrations))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "names no source"),
        ("postgresql://me:geheim@host/db", "holds a password"),
        ("$NOT_SET", "no variable NOT_SET"),
    ],
)
def test_sources(files: Journey, source: str, said: str) -> None:
    """A step names a place without a password, and one that is there."""
    files.begin(TABLES)
    files.target.file(
        "0001_move.py", FILE.format(batched="", expected=3).replace("$OLD_DATABASE", source)
    )
    files.target.capsys.readouterr()
    from commands.cli.main import run

    assert run(["--db", files.target.url, "apply", str(files.target.migrations)]) in {2, 3}
    err = files.target.capsys.readouterr().err
    assert said in err
    assert "geheim" not in err
