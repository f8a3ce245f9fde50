"""The runs projection: how runs ended, and which migrations count as applied."""

from journal import events as e
from journal.values import Statement
from projections.fold import replay
from projections.runs import Runs
from tests.projections.journals import Made, changed, table, wrote


def names(made: Made, at: int | None = None) -> list[str]:
    """Return the applied migrations at a position."""
    return [applied.name for applied in replay(Runs, made.entries, at=at).applied]


def test_a_completed_apply_counts() -> None:
    """A migration counts as applied from its RunCompleted on, and not before."""
    made = Made()
    made.opened()
    made.run(wrote(1, 1, 3), migration="0001")
    assert names(made, at=4) == []
    assert names(made) == ["0001"]
    run = replay(Runs, made.entries).runs[0]
    assert (run.state, run.first, run.last, run.rows, run.size) == ("completed", 3, 5, 3, 30)


def test_rollback_makes_pending_again() -> None:
    """After a rollback the applied set is what it was at the target."""
    made = Made()
    made.opened()
    made.run(migration="0001")
    target = made.head.position
    made.run(migration="0002")
    made.run(migration="0003")
    made.run(target=target)
    assert names(made) == ["0001"]
    made.run(migration="0002")
    assert names(made) == ["0001", "0002"]


def test_rollback_forwards() -> None:
    """A rollback to a position before an earlier rollback brings its set back."""
    made = Made()
    base = made.opened()
    made.run(migration="0001")
    made.run(migration="0002")
    after = made.head.position
    made.run(target=base)
    assert names(made) == []
    made.run(target=after)
    assert names(made) == ["0001", "0002"]


def test_failed_rollback_changes_nothing() -> None:
    """A rollback that failed leaves the applied set alone."""
    made = Made()
    base = made.opened()
    made.run(migration="0001")
    made.add(e.RunStarted(verb="rollback", origin=5, target=base), run="x")
    made.add(e.RunFailed(error="no"), run="x")
    assert names(made) == ["0001"]
    assert replay(Runs, made.entries).runs[-1].state == "failed"


def test_stamps() -> None:
    """A stamp makes a migration count, or not count, without a run."""
    made = Made()
    made.opened()
    made.run(migration="0001")
    made.add(e.Stamped(migration="0002", digest="x"))
    made.add(e.Stamped(migration="0001", done=False))
    assert names(made) == ["0002"]
    assert replay(Runs, made.entries).applied[0].how == "stamped"


def test_open_and_incomplete_runs() -> None:
    """A run without an end is open; one that left something is incomplete until redone."""
    made = Made()
    made.opened()
    made.add(e.RunStarted(verb="apply", migration="0001"), run="a")
    assert [run.run for run in replay(Runs, made.entries).open] == ["a"]
    made.add(
        e.RunFailed(
            error="no", sqlstate="23505", statement=Statement(number=2, line=7), stayed=("s",)
        ),
        run="a",
    )
    runs = replay(Runs, made.entries)
    assert runs.open == ()
    assert [run.run for run in runs.incomplete] == ["a"]
    assert (runs.runs[0].sqlstate, runs.runs[0].statement, runs.runs[0].line) == ("23505", 2, 7)
    made.run(migration="0001")
    assert replay(Runs, made.entries).incomplete == ()


def test_a_run_taken_back_in_part() -> None:
    """A rollback into the middle of a migration leaves that migration incomplete."""
    made = Made()
    made.opened()
    made.run(changed(1, (None, table(1, "a"))), wrote(2, 1), migration="0001")
    made.run(target=4)
    runs = replay(Runs, made.entries)
    assert runs.applied == ()
    assert [run.migration for run in runs.incomplete] == ["0001"]
    made.run(target=2)
    assert replay(Runs, made.entries).incomplete == ()


def test_files_stay_accepted() -> None:
    """What was accepted of files holds after a rollback: they are still as they are."""
    made = Made()
    made.opened()
    for name in ("0001", "0002", "0003"):
        made.run(migration=name)
    target = made.entries[-1].position
    made.run(migration="0004")
    made.add(e.Stamped(migration="0001", digest="new"))
    made.add(e.Stamped(migration="0002", digest="x", done=False))
    made.add(e.Stamped(migration="0002_renamed", digest="x"))
    made.add(e.Stamped(migration="0004", digest="changed"))
    made.add(
        e.RunStarted(verb="rollback", origin=made.entries[-1].position, target=target), run="r"
    )
    made.add(e.RunCompleted(), run="r")
    found = {one.name: one.digest for one in replay(Runs, made.entries).applied}
    assert found.keys() == {"0001", "0002_renamed", "0003"}
    assert found["0001"] == "new"
