"""A question that has no answer is refused, and what it answers never called a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typing_in import Typist
from tests.rehearsal.theatre import programs


@pytest.fixture
def typist(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Somebody who types verbs at an empty database."""
    return Typist(url, tmp_path, capsys)


def test_chance_is_not_told_as_somebodys_change(typist: Typist) -> None:
    """A query that answers differently each time is refused: nobody changed its answer."""
    typist.begin()
    typist.type("bisect", "select id, random() from person", "--pg-bin", str(programs()), code=3)
    assert "each time it is asked" in typist.err


@pytest.mark.parametrize("every", [(), ("--all",)])
def test_what_others_did_since_is_not_told_as_the_statements_doing(
    typist: Typist, every: tuple[str, ...]
) -> None:
    """A row that an application deleted stands beside the statement that wrote it last."""
    typist.begin()
    typist.application("delete from person where id = 1")
    words = ["select name from person where id = 1", "--pg-bin", str(programs()), *every]
    change = typist.json("bisect", *words)["changes"][-1]
    assert change["before"]["rows"] == [["Ada"]]
    assert not change["after"].get("rows")
    assert change["others"] == 1
    assert "others wrote 1 row of it since" in typist.type("bisect", *words)
