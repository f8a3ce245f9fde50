"""The page on transforms says what runs."""

from __future__ import annotations

import re
from pathlib import Path

from tests.drills.operator import Operator

PAGE = Path(__file__).parents[2] / "docs" / "transforms.md"


def test_example(operator: Operator) -> None:
    """The example of the page, word for word, makes the rows that it promises."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    before = operator.begin_with(
        "CREATE TABLE context_profiles (id integer PRIMARY KEY, user_id integer, context text,"
        " data text);\n"
        """INSERT INTO context_profiles VALUES (1, 7, 'friendship', '{"fullName": "Ada",'"""
        """ || '"tags": ["a", "a"], "age": 5}')"""
    )
    operator.file("0001_profiles.py", example)
    answer = operator.json("apply", str(operator.migrations))
    assert answer["runs"][0]["checks"][0]["passed"]
    assert operator.application("SELECT * FROM profile") == [(7, "Ada", '["a"]', "yes")]
    assert [one["field"] for one in operator.lines("unmapped")] == ["age"]
    operator.back("before:0001_profiles")
    assert operator.fingerprint() == before
