"""The page on verification says what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.drills.operator import Operator

PAGE = Path(__file__).parents[2] / "docs" / "verification.md"
TABLES = """
CREATE TABLE person (id integer PRIMARY KEY, name text);
CREATE TABLE card (id integer PRIMARY KEY, name text);
CREATE TABLE reading (id integer PRIMARY KEY, person integer, note text);
CREATE TABLE request_log (id integer PRIMARY KEY, path text);
CREATE TABLE request_part (id integer PRIMARY KEY, log integer REFERENCES request_log (id));
INSERT INTO person VALUES (7, 'Ada');
INSERT INTO card VALUES (188, 'คนโง่ 🙂');
INSERT INTO reading VALUES (1, 7, 'x'), (2, 7, NULL);
INSERT INTO request_log VALUES (1, '/a');
INSERT INTO request_part VALUES (1, 1)"""


def test_examples(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of the page, word for word, are applied, reported and taken back."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "src"
    source.mkdir()
    source.joinpath("old.py").write_text("# request_part was here\n")
    page = PAGE.read_text(encoding="utf-8")
    before = operator.begin_with(TABLES)
    for name, text in re.findall(r"```python\n# (\w+)\.py\n(.*?)```", page, re.DOTALL):
        operator.file(f"{name}.py", text)
    reset, unused = operator.json("apply", str(operator.migrations))["runs"]
    assert [check["passed"] for check in reset["checks"][:2]] == [True, True]
    assert [check["passed"] for check in unused["checks"]] == [True, True]
    said = operator.type("report", "--values")
    assert "| plan before | plan after |" in said
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
    (directive,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    operator.migrations.joinpath("0001_reset.py").unlink()
    operator.migrations.joinpath("0002_unused.py").unlink()
    said = operator.apply("0001_reset", directive)
    assert "verification: 1 of 1 passed" in said
