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
    """A stamp makes a migration count, or not count, and is told apart from every run."""
    made = Made()
    made.opened()
    made.run(migration="0001")
    made.add(e.Stamped(migration="0002", digest="x", reason="by hand"))
    made.add(e.Stamped(migration="0001", done=False, reason="taken back by hand"))
    runs = replay(Runs, made.entries)
    assert [(one.name, one.how) for one in runs.applied] == [("0002", "stamped")]
    assert [(one.name, one.done, one.reason) for one in runs.stamps] == [
        ("0002", True, "by hand"),
        ("0001", False, "taken back by hand"),
    ]
    made.run(migration="0001")
    runs = replay(Runs, made.entries)
    assert [(one.name, one.how) for one in runs.applied] == [("0002", "stamped"), ("0001", "run")]
    assert [one.name for one in runs.stamps] == ["0002"]


def test_a_rollback_takes_stamps_back() -> None:
    """The applied set of a position has the stamps of then, and no later ones."""
    made = Made()
    made.opened()
    made.run(migration="0001")
    target = made.head.position
    made.add(e.Stamped(migration="0002"))
    after = made.head.position
    made.run(target=target)
    assert (names(made), replay(Runs, made.entries).stamps) == (["0001"], ())
    made.run(target=after)
    assert names(made) == ["0001", "0002"]
    assert [one.name for one in replay(Runs, made.entries).stamps] == ["0002"]


def test_an_accepted_file_is_no_stamp_of_its_migration() -> None:
    """Accepting a changed or renamed file leaves a migration that ran here a run."""
    made = Made()
    made.opened()
    run = made.run(migration="0001")
    made.add(e.Stamped(migration="0001", digest="new", file=True))
    made.add(e.Stamped(migration="0001", digest="newer", done=False, file=True))
    made.add(e.Stamped(migration="0001_people", digest="newer", file=True))
    found = replay(Runs, made.entries)
    assert [(one.name, one.digest, one.how, one.run) for one in found.applied] == [
        ("0001_people", "newer", "run", run)
    ]
    assert found.stamps == ()


def test_imported_history_is_kept_apart() -> None:
    """What another tool applied is no migration of ours; the last import of a table holds."""
    made = Made()
    made.add(e.HistoryImported(tool="prisma", table="public.p", migrations=("a",), parts=2))
    made.add(e.HistoryImported(tool="prisma", table="public.p", migrations=("b",), part=2, parts=2))
    base = made.opened()
    made.run(migration="0001")
    runs = replay(Runs, made.entries)
    assert names(made) == ["0001"]
    assert [(one.tool, one.migrations) for one in runs.imported] == [("prisma", ("a", "b"))]
    made.add(e.HistoryImported(tool="prisma", table="public.p", migrations=("c",)))
    assert [one.migrations for one in replay(Runs, made.entries).imported] == [("c",)]
    made.run(target=base)
    assert [one.migrations for one in replay(Runs, made.entries).imported] == [("c",)]


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
    made.add(e.Stamped(migration="0001", digest="new", file=True))
    made.add(e.Stamped(migration="0002", digest="x", done=False, file=True))
    made.add(e.Stamped(migration="0002_renamed", digest="x", file=True))
    made.add(e.Stamped(migration="0004", digest="changed", file=True))
    made.add(
        e.RunStarted(verb="rollback", origin=made.entries[-1].position, target=target), run="r"
    )
    made.add(e.RunCompleted(), run="r")
    found = {one.name: one.digest for one in replay(Runs, made.entries).applied}
    assert found.keys() == {"0001", "0002_renamed", "0003"}
    assert found["0001"] == "new"
