"""Several journals in one lake: every row once, and statements that run as they are written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import pyarrow.parquet as pq
import pytest

from commands.export import delta, parquet
from commands.export.delta import export_delta
from commands.opening import opened_as
from journal.errors import Refused
from journal.opening import parse_url
from tests.fleet.ships import Ships

TABLES = ("entries", "changes", "runs", "conflicts")


def table(lake: Path, name: str) -> Any:
    """A Delta table as it reads now."""
    return deltalake.DeltaTable(lake / name).to_pyarrow_table()


def positions(lake: Path, journal: str, name: str = "entries") -> list[int]:
    """The positions of a journal in a Delta table, in order, doubled ones twice."""
    rows = table(lake, name).to_pylist()
    return sorted(row["position"] for row in rows if row["journal"] == journal)


def test_delta(mixed: Ships) -> None:
    """Journals of either kind come into one table, and a later call adds what came since."""
    lake = mixed.home / "lake"
    mixed.apply("--to", "0001_people")
    mixed.type("export", str(lake), "--delta")
    mixed.apply()
    mixed.type("export", str(lake), "--delta", "--jobs", "2")
    assert "4 current" in mixed.type("export", str(lake), "--delta")
    for name in mixed.urls:
        assert positions(lake, name) == list(range(1, mixed.head(name) + 1))
        changed = f"SELECT position FROM {mixed.prefix(name)}changes ORDER BY position"
        assert positions(lake, name, "changes") == [row[0] for row in mixed.ask(name, changed)]
    runs = table(lake, "runs").to_pylist()
    assert {(row["verb"], row["state"]) for row in runs} == {("apply", "completed")}
    assert len(runs) == 8
    assert len({row["fleet"] for row in runs}) == 2


def export(ships: Ships, name: str, lake: Path) -> None:
    """Export one journal."""
    with opened_as(parse_url(ships.urls[name])).journal() as journal:
        export_delta(journal, lake, label=name)


@pytest.mark.parametrize("after", range(6))
def test_killed_between(ships: Ships, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """An export that dies after any commit is gone on with, and no row is there twice."""
    monkeypatch.setattr(delta, "RANGE", 5)
    monkeypatch.setattr(parquet, "PAGE", 2)
    ships.sqlite("a")
    ships.apply("--to", "0001_people")
    lake = ships.home / "lake"
    plain, left = delta._Tables._commit, after

    def die(tables: Any, *words: Any, **named: Any) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        plain(tables, *words, **named)

    monkeypatch.setattr(delta._Tables, "_commit", die)
    with pytest.raises(KeyboardInterrupt):
        export(ships, "a", lake)
        ships.apply()
        export(ships, "a", lake)
    ships.apply()
    if (lake / "entries").exists():  # a file that was written and never committed
        (lake / "entries" / "left.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(delta._Tables, "_commit", plain)
    export(ships, "a", lake)
    assert positions(lake, "a") == list(range(1, ships.head("a") + 1))
    changed = [row[0] for row in ships.ask("a", "SELECT position FROM clew_changes")]
    assert positions(lake, "a", "changes") == changed
    assert len(positions(lake, "a", "runs")) == 2


def test_two_at_once(ships: Ships, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two calls that both read the same state only one commits; nothing is doubled."""
    ships.sqlite("a")
    lake = ships.home / "lake"
    export(ships, "a", lake)
    ships.apply()
    plain = delta._Tables._commit

    def race(tables: Any, *words: Any, **named: Any) -> None:
        monkeypatch.setattr(delta._Tables, "_commit", plain)
        export(ships, "a", lake)
        plain(tables, *words, **named)

    monkeypatch.setattr(delta._Tables, "_commit", race)
    with pytest.raises(Refused, match="another export of this journal is writing"):
        export(ships, "a", lake)
    assert positions(lake, "a") == list(range(1, ships.head("a") + 1))


def test_other_journals(ships: Ships) -> None:
    """A copy, a journal that was rewritten and a directory of other things are refused."""
    ships.sqlite("a")
    ships.apply()
    lake = ships.home / "lake"
    (ships.home / "b.db").write_bytes((ships.home / "a.db").read_bytes())
    ships.add("b", f"sqlite:///{ships.home / 'b.db'}", init=False)
    said = ships.type("export", str(lake), "--delta", code=3)
    assert "b: bears the journal of a" in said
    ships.type("export", str(ships.home / "each"), "--parquet")
    assert positions(lake, "a") == list(range(1, ships.head("a") + 1))
    ships.ask("a", "DROP TRIGGER clew_entry_no_update")
    ships.ask(
        "a", f"UPDATE clew_entry SET digest = zeroblob(32) WHERE position = {ships.head('a')}"
    )
    said = ships.type("export", str(lake), "--delta", "--only", "a", code=6)
    assert "is not the one that was exported" in said
    said = ships.type("export", str(ships.migrations), "--delta", "--only", "a", code=3)
    assert "holds something else" in said
    ships.type("export", str(lake), code=2)


def test_types(ships: Ships) -> None:
    """Columns are of types that every reader has, under names and types that stay."""
    ships.sqlite("a")
    ships.urls = {'it is / "å"': ships.urls["a"]}
    ships.describe()
    ships.apply()
    lake = ships.home / "lake"
    ships.type("export", str(lake), "--parquet")
    found = {}
    for name in TABLES:
        [file] = lake.glob(f"journal=it is %2F %22å%22/{name}/*.parquet")
        schema = pq.ParquetFile(file).schema
        found[name] = {
            column.name: f"{column.physical_type} {json.loads(column.logical_type.to_json())['Type']}"
            for column in (schema.column(number) for number in range(len(schema.names)))
        }
        for column in (schema.column(number) for number in range(len(schema.names))):
            if column.name.endswith("_at"):
                told = json.loads(column.logical_type.to_json())
                assert (told["timeUnit"], told["isAdjustedToUTC"]) == ("microseconds", True)
    kinds = {kind for columns in found.values() for kind in columns.values()}
    assert kinds == {
        "INT64 None", "INT32 None", "DOUBLE None", "BYTE_ARRAY String", "BYTE_ARRAY None",
        "INT64 Timestamp",
    }  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text()
    for name, columns in found.items():
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert [one.strip("`") for one in row.split("|")[2].replace(",", " ").split()] == [*columns]


PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text()


def told(db: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Ask, and return rows as text."""
    return db.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({sql.strip().rstrip(';')})").fetchall()


def test_the_page(mixed: Ships) -> None:
    """The statements of the page answer what they are for, over files and over Delta tables."""
    mixed.apply("--to", "0001_people")
    mixed.apply("--only", "reef", "--only", "ocean")
    mixed.type("rollback", "before:0002_email", "--only", "ocean", "--yes")
    mixed.write("0003_wrong.sql", "insert into person values (1, 'again', '');\n")
    mixed.apply("--only", "reef", code=5)
    lake, tables = mixed.home / "lake", mixed.home / "tables"
    mixed.type("export", str(lake), "--parquet")
    mixed.type("export", str(tables), "--delta")
    statements = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    with duckdb.connect(":memory:") as files, duckdb.connect(":memory:") as rows:
        [views] = re.findall(r"```duckdb\n(.*?)```", PAGE, re.DOTALL)
        files.execute(views.replace("lake/", f"{lake}/"))
        for name in TABLES:
            rows.register(name, table(tables, name))
        incidents, slowest, conflicts, behind, calls = (told(files, one) for one in statements)
        assert [told(rows, one) for one in statements] == [
            incidents, slowest, conflicts, behind, calls,
        ]  # fmt: skip
    assert [(row[0], row[3], row[4]) for row in incidents] == [("reef", "0003_wrong", "failed")]
    assert {row[0]: (row[1], row[4]) for row in slowest} == {
        "0001_people": ("4", "8"), "0002_email": ("2", "4"),
    }  # fmt: skip
    assert conflicts == []
    assert behind == [(name, "0002_email") for name in ("lagoon", "ocean", "strait")]
    assert ["".join((row[2], row[4])) for row in calls] == ["40", "20", "10", "11"]


def test_conflicts_by_field(ships: Ships) -> None:
    """Conflicts are summed up by field over the fleet, with those that a rule or person settled."""
    ships.sqlite("a", "b")
    ships.write(
        "0003_profile.py",
        "from commands.transform import Migration, Rows, Select, Sql, Transform, first, key\n"
        "migration = Migration(steps=(\n"
        "    Sql(sql='CREATE TABLE old (id integer primary key, person integer, nick text, job text)'),\n"
        "    Sql(sql=\"INSERT INTO old VALUES (1, 1, 'x', 'p'), (2, 1, 'y', 'q'), (3, 2, 'z', 'r')\"),\n"
        "    Sql(sql='CREATE TABLE new (person integer primary key, nick text, job text)'),\n"
        "    Transform(name='one each', subject='person', record=('id',),\n"
        "        source=Select(sql='SELECT id, person, nick, job FROM old', order='id'),\n"
        "        into=(Rows(table='new', columns={'person': key('person'),\n"
        "            'nick': first('nick'), 'job': first('job', on_conflict='park', placeholder=None)}),)),\n"
        "))\n",
    )
    ships.apply()
    lake = ships.home / "lake"
    ships.type("export", str(lake), "--parquet")
    with duckdb.connect(":memory:") as db:
        [views] = re.findall(r"```duckdb\n(.*?)```", PAGE, re.DOTALL)
        db.execute(views.replace("lake/", f"{lake}/"))
        asked = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)[2]
        assert told(db, asked) == [
            ("one each", "new.job", "2", "0"),
            ("one each", "new.nick", "2", "2"),
        ]
