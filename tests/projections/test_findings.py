"""What transforms found, as it stands after rollbacks."""

from __future__ import annotations

from journal import events as e
from projections.findings import Findings
from projections.fold import replay
from tests.projections.journals import Made


def found(made: Made) -> tuple[dict[str, str], list[str]]:
    """Return conflicts with their state, and records without a home."""
    answer = replay(Findings, made.entries)
    conflicts = {one.id: f"{one.status} {one.chosen} {one.by}" for one in answer.conflicts}
    return conflicts, [one.record for one in answer.unmapped]


def conflict(name: str) -> e.ConflictFound:
    """A conflict of two candidates."""
    return e.ConflictFound(
        conflict=name, step="s", subject="1", field="t.f", candidates="d", count=2
    )


def homeless(record: str) -> e.FieldUnmapped:
    """A record with a field that has no home."""
    return e.FieldUnmapped(step="s", subject="1", record=record, fields=("f",), content="d")


def test_findings() -> None:
    """Conflicts are decided by a rule or a person; the last decision counts."""
    made = Made()
    made.opened()
    decided = e.ConflictDecided(conflict="a", chosen=1, rule="first")
    made.run(conflict("a"), decided, conflict("b"), homeless("7"), migration="0001")
    assert found(made) == ({"a": "decided 1 first", "b": "open None "}, ["7"])
    made.add(e.ConflictDecided(conflict="b", chosen=0, reason="asked her"))
    assert found(made)[0]["b"] == "decided 0 dana"


def test_rollbacks() -> None:
    """What a rollback took back is gone, and back again when a later one returns to it."""
    made = Made()
    start = made.opened()
    made.run(conflict("a"), homeless("1"), migration="0001")
    between = made.head.position
    made.run(conflict("b"), homeless("2"), migration="0002")
    end = made.head.position
    made.run(target=between)
    assert found(made) == ({"a": "open None "}, ["1"])
    made.run(target=start)
    assert found(made) == ({}, [])
    made.run(target=end)
    assert found(made) == ({"a": "open None ", "b": "open None "}, ["1", "2"])
    made.run(conflict("c"), migration="0003")
    made.run(target=between)
    assert list(found(made)[0]) == ["a"]
