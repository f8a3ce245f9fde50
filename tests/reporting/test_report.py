"""The report of a stretch: runs, fates, failures, rollbacks, and what waits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.drills.operator import Operator

OLD = """CREATE TABLE person (id integer PRIMARY KEY, n integer NOT NULL, data text);
INSERT INTO person VALUES (1, 1, '{"name": "SECRET-Ada", "left": "SECRET-1"}');
INSERT INTO person VALUES (2, 1, '{"name": "SECRET-Eva"}');
INSERT INTO person VALUES (3, 2, '{"name": "SECRET-Bob", "age": 3, "left": "SECRET-2"}');
INSERT INTO person VALUES (4, 3, '{"name": {"SECRET": 1}}')"""
NEW = "CREATE TABLE profile (n integer PRIMARY KEY, name text, age integer);\n"
ODD = """on|e `pro*file* <script>alert(1)</script> "per" 🦊 _person_"""
MIGRATION = """
from commands.transform import *
migration = Migration(steps=(
    Transform(
        name='''{name}''',
        source=Select(sql="SELECT id, n, data FROM person", order="id", unpack=("data",)),
        subject="n",
        record=("id",),
        into=(Rows(table="profile", columns={{
            "n": key("n"),
            "name": first("name", on_conflict={policy!r}),
            "age": first("age"),
        }}),),
    ),
    Check(name="enough", sql="SELECT count(*) FROM profile", equals=2),
))
"""


@pytest.fixture
def begun(operator: Operator) -> Operator:
    """Four records of three people, a table for them, and the transform not yet applied."""
    operator.begin_with(OLD)
    operator.apply("0001_profile", NEW, "--reason", "a | b <script>", "--ref", "#7")
    operator.file("0002_move.py", MIGRATION.format(name=ODD, policy="park"))
    return operator


def report(operator: Operator, *words: str) -> Any:
    """Return the report as a program reads it."""
    return operator.json("report", *words)


def runs(answer: Any) -> list[str]:
    """Name the runs of a report."""
    return [f"{run['verb']} {run['migration']} {run['state']}" for run in answer["audit"]["runs"]]


def test_transform(begun: Operator) -> None:
    """Subjects, rows, conflicts, fates and checks of a run are told; values are not."""
    begun.type("apply", str(begun.migrations))
    answer = report(begun)
    assert runs(answer) == ["apply 0001_profile completed", "apply 0002_move completed"]
    first, second = answer["audit"]["runs"]
    assert (first["reason"], first["ref"]) == ("a | b <script>", "#7")
    assert [act["change"] for act in first["schema"]][:1] == ["added"]
    (step,) = second["transforms"]
    assert (step["subjects"], step["rejected"], step["batches"]) == (3, 1, 1)
    assert (step["conflicts"], step["by_rule"], step["open"]) == (1, 0, 1)
    assert step["rows"] == {"profile": 2}
    assert step["conserved"] is True
    assert step["values"] == step["accounted"] == sum(step["fates"].values()) == 15
    assert step["fields"] == {"left": 2}
    (rows,) = second["rows"]
    assert (rows["table"].split(".")[-1], rows["inserted"]) == ("profile", 2)
    (check,) = second["verification"]
    assert (check["event"]["expected"], check["event"]["found"]) == ("2", "2")
    waiting = answer["waiting"]
    assert waiting["open"] == waiting["rejected"] == 1
    assert waiting["conflicts"][0]["subject"] == "1"
    assert waiting["records"][0]["subject"] == "3"
    assert [(one["field"], one["records"]) for one in waiting["unmapped"]] == [("left", 2)]
    said = begun.type("report")
    assert "**15 values read, 15 accounted for: equal**" in said
    assert "SECRET" not in said + json.dumps(answer)
    assert "SECRET-1" in json.dumps(report(begun, "--values"))
    assert all(word in begun.type("report", "--values") for word in ("SECRET-Eva", "SECRET-2"))


def test_markup_stays_text(begun: Operator) -> None:
    """Names cannot break a table, open a code span, or become markup."""
    begun.type("apply", str(begun.migrations))
    said = begun.type("report")
    assert "<script>" not in said
    assert "on\\|e \\`pro\\*file\\* &lt;script&gt;alert(1)&lt;/script&gt;" in said
    assert '"per" 🦊 \\_person\\_' in said
    for block in re.findall(r"(?:^\|.*\n)+", said, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_stretch(begun: Operator) -> None:
    """A stretch begins after its first position, and stays the same while the journal grows."""
    begun.type("apply", str(begun.migrations))
    answer = report(begun, "before:0002_move", "after:0002_move")
    audit = answer["audit"]
    assert runs(answer) == ["apply 0002_move completed"]
    assert audit["objects"] == 0
    log = {entry["position"]: entry for entry in begun.lines("log")}
    for end in (audit["from"], audit["to"]):
        assert end["digest"] == log[end["position"]]["digest"]
    assert audit["entries"] == audit["to"]["position"] - audit["from"]["position"]
    assert sum(audit["types"].values()) == audit["entries"]
    begun.type("mark", "later", "--actor", "eve")
    begun.back("before:0002_move")
    assert report(begun, "before:0002_move", "after:0002_move") == answer
    begun.type("report", "head", "2", code=2)
    begun.type("report", "@nowhere", code=4)
    assert [one["event"]["type"] for one in report(begun)["audit"]["said"]] == ["MarkSet"]
    assert {one["actor"] for one in report(begun)["audit"]["actors"]} > {"eve"}


def test_rollback(begun: Operator) -> None:
    """A rollback tells what it took back and what it brought again."""
    begun.type("apply", str(begun.migrations))
    begun.back("before:0001_profile")
    took = report(begun)["audit"]["runs"]
    assert [run["holds"] for run in took] == ["gone", "gone", "stands"]
    assert [one["migration"] for one in took[2]["took"]] == ["0001_profile", "0002_move"]
    assert took[0]["gone_at"] == took[2]["last"]
    waiting = report(begun)["waiting"]
    assert (waiting["open"], waiting["rejected"], waiting["unmapped"]) == (0, 0, [])
    begun.back("after:0001_profile")
    again = report(begun)["audit"]["runs"]
    assert [run["holds"] for run in again] == ["stands", "gone", "stands", "stands"]
    assert [one["migration"] for one in again[3]["brought"]] == ["0001_profile"]
    said = begun.type("report")
    assert "took back" in said
    assert "brought again" in said
    assert "no, taken back" in said


def test_failed(begun: Operator) -> None:
    """A failed run names its error, code and statement; the text only with --values."""
    begun.apply(
        "0001_worse", "CREATE TABLE x (a integer);\nSELECT 'SECRET' FROM nowhere;\n", code=5
    )
    run = report(begun)["audit"]["runs"][-1]
    assert (run["state"], run["statement"]["number"], run["statement"]["line"]) == ("failed", 2, 2)
    assert "nowhere" in run["error"]
    assert run["sqlstate"]
    assert run["rows"] == run["schema"] == run["stayed"] == []
    said = begun.type("report")
    assert "| stayed | nothing |" in said
    assert "SECRET" not in said
    assert "SECRET" in begun.type("report", "--values")


def test_without_runs(operator: Operator) -> None:
    """A journal without runs, and a stretch without entries, are reported too."""
    operator.begin_with("CREATE TABLE t (a integer)")
    said = operator.type("report")
    assert "None." in said
    assert "0 open" in said
    empty = report(operator, "head", "head")["audit"]
    assert (empty["entries"], empty["runs"], empty["begun"]) == (0, [], "")
    assert empty["from"] == empty["to"]
    assert "| time | none |" in operator.type("report", "head", "head")


def test_output(begun: Operator) -> None:
    """A report is written to a file that is not there yet, or over it with --force."""
    file = begun.home / "report.md"
    assert begun.type("report", "--output", str(file)) == ""
    assert file.read_text() == begun.type("report")
    begun.type("mark", "one")
    begun.type("report", "--output", str(file), code=3)
    assert "is there already" in begun.err
    begun.type("report", "--output", str(file), "--force", "--format", "json")
    assert json.loads(file.read_text()) == report(begun)
    assert [one.name for one in begun.home.glob("*report*")] == ["report.md"]
    begun.type("report", "--force", code=2)
    begun.type("report", "--output", str(begun.home / "nowhere" / "r.md"), code=5)


def test_waived_and_accepted(begun: Operator) -> None:
    """Waivers, accepted drift, marks and backups are told."""
    begun.type("backup", "take", "person", "--to", str(begun.home / "backups"))
    begun.application("CREATE INDEX by_n ON person (n)")
    begun.type("accept", "--reason", "made by hand")
    answer = report(begun)["audit"]
    (accepted,) = answer["accepted"]
    assert (accepted["reason"], accepted["changes"][0]["kind"]) == ("made by hand", "index")
    backup = next(run for run in answer["runs"] if run["verb"] == "backup")
    assert [one["event"]["type"] for one in backup["said"]] == ["BackupTaken", "BackupVerified"]
    said = begun.type("report")
    assert "made by hand" in said
    assert "verified: passed" in said
