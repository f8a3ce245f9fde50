"""The order of a plan: what is needed first, drops last."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from commands.doctor.doctor import Diagnosis
from commands.doctor.finding import Choice, Finding, Preparation
from commands.doctor.repair.plan import STAGES, in_order, plan

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KINDS = st.sampled_from([kind for kinds in STAGES for kind in kinds] + ["something-else"])


def finding(where: str, *needs: str, kind: str = "missing-table", **more: object) -> Finding:
    """Return a finding of which little matters."""
    return Finding(
        kind=kind, severity="error", where=where, what=f"{where} is bad", needs=needs, **more
    )


def written(*findings: Finding) -> list[str]:
    """Return the statements of a plan that run, line by line."""
    diagnosis = Diagnosis(
        database="sqlite:///x.db", server="SQLite 3", tables=1, findings=findings, map=()
    )
    lines = plan(diagnosis, now=NOW).splitlines()
    return [line for line in lines if line and not line.startswith("--")]


@given(st.lists(st.tuples(KINDS, st.sets(st.integers(0, 9))), max_size=10))
def test_each_once_and_behind_its_needs(drawn: list[tuple[str, set[int]]]) -> None:
    """Each finding stands once; without a circle it stands behind all that it needs."""
    names = [f"{kind}:t{n}" for n, (kind, _) in enumerate(drawn)]
    findings = [
        finding(f"t{n}", *(names[m] for m in sorted(needs) if m < n), kind=kind)
        for n, (kind, needs) in enumerate(drawn)
    ]
    ordered = in_order(findings)
    assert sorted(one.where for one in ordered) == sorted(one.where for one in findings)
    place = {one.id: n for n, one in enumerate(ordered)}
    assert all(place[need] < place[one.id] for one in ordered for need in one.needs)


def test_a_circle_is_cut() -> None:
    """Findings that need each other stand once each."""
    a = finding("a", "missing-table:b")
    b = finding("b", "missing-table:a")
    assert {one.where for one in in_order([a, b])} == {"a", "b"}
    assert len(in_order([a, b])) == 2


def test_two_findings_of_one_place() -> None:
    """Two findings of one kind and place both stand, in their order."""
    a, b = finding("a", repair=("SELECT 1",)), finding("a", repair=("SELECT 2",))
    assert written(a, b) == ["SELECT 1;", "SELECT 2;"]


def test_shared_preparations_run_once() -> None:
    """What several findings need before their repair runs once, before the first of them."""
    shared = Preparation(statements=("CREATE TABLE map (x)",))
    a = finding("a", repair=("UPDATE a",), preparations=(shared,))
    b = finding("b", repair=("UPDATE b",), preparations=(shared,))
    assert written(a, b) == ["CREATE TABLE map (x);", "UPDATE a;", "UPDATE b;"]


def test_a_table_is_not_rebuilt_from_what_it_was() -> None:
    """A table that was altered above is not written anew from its former text, nor what follows."""
    first = Preparation(statements=('CREATE TABLE "t_rebuilt" (x)',), rebuilds='"t"')
    second = Preparation(statements=('CREATE TABLE "t_rebuilt" (x, y)',), rebuilds='"t"')
    a = finding("a", repair=('ALTER TABLE "t" ADD COLUMN "z"',), preparations=(first,))
    b = finding("b", repair=("UPDATE b",), preparations=(second,))
    assert written(a, b) == ['CREATE TABLE "t_rebuilt" (x);', 'ALTER TABLE "t" ADD COLUMN "z";']


def test_what_waits_for_a_decision() -> None:
    """A repair that a person has to choose a way for is a comment, whole."""
    a = finding(
        "a", repair=("VALIDATE",), choices=(Choice(what="drop them", statements=("DELETE",)),)
    )
    assert written(a) == []


def test_made_or_made_again() -> None:
    """What a plan makes is not unmarked as well, so that no tool makes it a second time."""
    made = finding("t", repair=("CREATE TABLE t (x)",))
    marked = finding("001.sql", repair=("DELETE FROM ledger",), kind="bookkeeping-effect-missing")
    assert written(made, marked) == ["CREATE TABLE t (x);"]
    assert written(marked) == ["DELETE FROM ledger;"]
