"""Rows that somebody wrote in the target since they were copied: noticed, kept or overwritten."""

from __future__ import annotations

import pytest

from commands.copy.performing import Performing
from tests.copying.conftest import Journey, by_name

TABLE = (
    "CREATE TABLE t (id integer PRIMARY KEY, v text);\n"
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');\n"
)
SOURCE = "UPDATE t SET v = v || '!' WHERE id IN (1, 2)"
TARGET = (
    "UPDATE t SET v = 'theirs' WHERE id = 2",
    "DELETE FROM t WHERE id = 3",
    "INSERT INTO t VALUES (9, 'added')",
)


@pytest.fixture
def written(into: Journey) -> Journey:
    """A copy; then row 1 changes at the source, 2 on both sides, 3 goes and 9 comes in the target."""
    into.begin(TABLE)
    into.copy()
    into.source.application(SOURCE)
    into.target.application(*TARGET)
    return into


def _rows(journey: Journey) -> list[tuple[object, ...]]:
    return journey.target.application("SELECT id, v FROM t ORDER BY id")


def test_refused(written: Journey) -> None:
    """By default nothing is written, and the plan names the rows."""
    before = _rows(written)
    assert "3 rows of" in written.refused()
    planned = written.plan(code=3)
    assert by_name(planned)["t"]["changes"]["written"] == 3
    assert by_name(planned)["t"]["changes"]["keys"]["written"] == ["2", "3", "9"]
    assert _rows(written) == before


def test_kept(written: Journey) -> None:
    """They are kept, what else changed comes over, and the next copy notices them again."""
    done = written.copy("--if-changed", "keep")
    assert _rows(written) == [(1, "a!"), (2, "theirs"), (4, "d"), (9, "added")]
    assert (by_name(done)["t"]["updated"], by_name(done)["t"]["kept"]) == (1, 2)
    written.refused()


def test_overwritten(written: Journey) -> None:
    """They become what the source holds, and the journal takes that back."""
    before, head = _rows(written), written.target.json("status")["head"]["position"]
    written.copy("--if-changed", "overwrite")
    assert _rows(written) == [(1, "a!"), (2, "b!"), (3, "c"), (4, "d")]
    assert written.copy()["nothing"]
    written.target.back(str(head))
    assert _rows(written) == before


def test_the_same_already(into: Journey) -> None:
    """A change that was made on both sides is no disagreement."""
    into.begin(TABLE)
    into.copy()
    into.source.application(SOURCE)
    into.target.application(SOURCE)
    planned = by_name(into.plan())["t"]
    assert planned["changes"]["already"] == 2
    into.copy()
    assert into.copy()["nothing"]


@pytest.mark.parametrize("change", ["UPDATE t SET v = 'now' WHERE id = 2", "now gone"])
def test_between_comparison_and_batch(
    into: Journey, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A row that somebody writes after it was compared is neither overwritten nor deleted."""
    into.begin(TABLE)
    into.copy()
    if change == "now gone":
        change = "UPDATE t SET v = 'now' WHERE id = 4"
        into.source.application("DELETE FROM t WHERE id = 4")
    else:
        into.source.application(SOURCE)
    real = Performing.bring

    def bring(work: Performing) -> None:
        into.target.application(change)
        real(work)

    monkeypatch.setattr(Performing, "bring", bring)
    before = _rows(into)
    assert "1 row of" in into.refused("--if-changed", "keep")
    assert sorted(_rows(into)) == sorted({**dict(before), int(change[-1]): "now"}.items())
    assert [one["type"] for one in into.target.lines("log")][-1] == "RunFailed"
    monkeypatch.undo()
    into.copy("--if-changed", "overwrite")
    assert into.copy()["nothing"]


def test_while_it_asks(into: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written in the target while the question stands is never overwritten unseen."""
    into.begin(TABLE)
    into.copy()
    into.source.application(SOURCE)

    def answer(*_: object, **__: object) -> bool:
        into.target.application(*TARGET)
        return True

    monkeypatch.setattr("commands.cli.copying.click.confirm", answer)
    into.target.type("copy", "--from", into.source.url, code=3)
    assert "were written in the target while the copy ran" in into.target.err
    assert _rows(into) == [(1, "a"), (2, "theirs"), (4, "d"), (9, "added")]


def test_while_it_asks_first(into: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that was empty when the plan was made is not filled once others wrote to it."""
    into.begin(TABLE, "CREATE TABLE t (id integer PRIMARY KEY, v text)")

    def answer(*_: object, **__: object) -> bool:
        into.target.application("INSERT INTO t VALUES (9, 'theirs')")
        return True

    monkeypatch.setattr("commands.cli.copying.click.confirm", answer)
    into.target.type("copy", "--from", into.source.url, code=3)
    assert "were written since the plan was made" in into.target.err
    assert _rows(into) == [(9, "theirs")]
