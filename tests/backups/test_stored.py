"""Backups are read again, row by row: those of this release, and of every earlier one."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.backup.stored import StoredBackup, open_backup
from commands.cli.main import run
from journal.errors import CheckFailed, ClewError, NotFound, Refused
from journal.opening import connect, parse_url
from tests.backups.files import take
from tests.drills.operator import Operator
from tests.scenarios.test_values import SQLITE

FORMAT_1 = Path(__file__).parent / "format_1"
ROWS = {
    "sqlite": {
        "letter": [(1, 2, "dear\nyou")],
        "person": [(1, "Ada", 1815.94), (2, "สมชาย 🙂", None)],
    },
    "postgresql": {
        "letter": [("1", "2", "dear\nyou")],
        "person": [("1", "Ada", "1815.94"), ("2", "สมชาย 🙂", None)],
    },
}


def rows_of(stored: StoredBackup) -> dict[str, list[object]]:
    """Read all tables."""
    return {one.path[-1]: list(stored.rows(one)) for one in stored.manifest.tables}


@pytest.mark.parametrize("kind", ROWS)
def test_format_1(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup taken by the first release is verified, and read."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(["backup", "verify", str(FORMAT_1 / kind)]) == 0
    assert rows_of(open_backup(FORMAT_1 / kind)) == ROWS[kind]


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
def test_rows_are_those_dumped(operator: Operator, compress: str) -> None:
    """What is read of a backup is what the database hands out, value for value."""
    if operator.sqlite:
        listed = ", ".join(f"({n}, {value})" for n, value in enumerate(SQLITE))
        operator.begin_with(
            f"CREATE TABLE v (id INTEGER PRIMARY KEY, c);\nINSERT INTO v VALUES {listed};\n"
        )
    else:
        operator.begin_with(
            "CREATE TABLE v (id integer PRIMARY KEY, c text, b bytea, j json, a text[]);\n"
            "INSERT INTO v VALUES (2, E'a\\n\\tb\\u2028\"\\\\', '\\x00ff', '{\"a\" : 1e3}', '{NULL,\"x\"}'),\n"
            "(1, 'สมชาย 🙂', null, null, null);\n"
        )
    stored = open_backup(take(operator, "--compress", compress))
    database = connect(parse_url(operator.url))
    (table,) = [one for one in database.read_schema() if one.kind == "table"]
    with database.snapshot([table]):
        expected = [tuple(row) for row in database.dump(table).rows]
    database.close()
    found = [tuple(row) for row in stored.rows(stored.manifest.tables[0])]
    assert list(map(repr, found)) == list(map(repr, expected))
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in expected]


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
def test_damage_ends_the_reading(sqlite_operator: Operator, compress: str) -> None:
    """A file that was cut, or changed, is an error before the last row is given."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE n (i integer PRIMARY KEY);\nINSERT INTO n WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n;\n"
    )
    stored = open_backup(take(operator, "--compress", compress))
    (table,) = stored.manifest.tables
    file = stored.location / table.file
    content = file.read_bytes()
    assert len(list(stored.rows(table))) == 5000
    half = len(content) // 2
    turned = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
    for damaged in (content[:half], turned, content + b"{}\n", b""):
        file.write_bytes(damaged)
        with pytest.raises(CheckFailed, match="cannot be read"):
            list(stored.rows(table))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda p: None, NotFound),
        (lambda p: p.mkdir(), Refused),
        (lambda p: p.write_text("x"), Refused),
        (lambda p: (p.mkdir(), (p / "manifest.json").write_text("{}")), CheckFailed),
        (lambda p: (p.mkdir(), (p / "manifest.json").mkdir()), Refused),
    ],
)
def test_no_backup(tmp_path: Path, make: object, error: type[ClewError]) -> None:
    """What is no backup is said in one line."""
    make(tmp_path / "x")
    with pytest.raises(error):
        open_backup(tmp_path / "x")
