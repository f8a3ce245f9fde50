"""The audit of made-up journals: what does not happen every day."""

from __future__ import annotations

from journal import events as e
from journal.values import Statement
from projections.audit import Audit, AuditFold
from projections.fold import replay
from projections.waiting import Ground, Waiting, WaitingFold
from tests.projections.journals import Made, changed, table, wrote

PERSON = table(1, "person")


def audit(made: Made, after: int = 0) -> Audit:
    """Return the audit of what comes after a position."""
    fold = AuditFold(after)
    for entry in made.entries:
        fold.take(entry)
    return fold.answer()


def waiting(made: Made) -> Waiting:
    """Return what waits at the head."""
    ground = Ground()
    for entry in made.entries:
        ground.take(entry)
    fold = WaitingFold(ground)
    for entry in made.entries:
        fold.take(entry)
    return fold.answer()


def conflict(name: str) -> e.ConflictFound:
    """A conflict of two candidates."""
    return e.ConflictFound(
        conflict=name, step="s", subject="1", field="t.f", candidates="d", count=2
    )


def homeless(field: str, subject: str = "1") -> e.FieldUnmapped:
    """A record with a field that has no home."""
    return e.FieldUnmapped(step="s", subject=subject, record=subject, fields=(field,), content="d")


def rejected(subject: str) -> e.RecordRejected:
    """A rejected record."""
    return e.RecordRejected(step="s", subject=subject, record=subject, error="bad", content="d")


def batch(**counts: object) -> e.RowsTransformed:
    """A batch of one transform."""
    found = {"subjects": 1, "values": 3, "fates": {"mapped": 3}} | counts
    return e.RowsTransformed(migration="m", step="s", batch=1, **found)  # type: ignore[arg-type]


def test_nothing() -> None:
    """Without entries there is nothing, and that is no error."""
    assert replay(Audit, []) == Audit()


def test_conservation() -> None:
    """Batches add up; where values and fates differ, that is said."""
    made = Made()
    made.opened(PERSON)
    made.run(batch(), batch(fates={"mapped": 2, "unmapped": 1}), migration="m")
    made.run(batch(fates={"mapped": 2}), migration="m")
    first, second = (run.transforms[0] for run in audit(made).runs)
    assert (first.values, first.accounted, first.conserved) == (6, 6, True)
    assert dict(first.fates) == {"mapped": 5, "unmapped": 1}
    assert (second.values, second.accounted, second.conserved) == (3, 2, False)


def test_deciding() -> None:
    """A conflict counts where it was found, whoever decides it later."""
    made = Made()
    made.opened(PERSON)
    ruled = e.ConflictDecided(conflict="a", chosen=0, rule="first")
    made.run(conflict("a"), ruled, conflict("b"), conflict("c"), batch(conflicts=3), migration="m")
    decided = made.add(e.ConflictDecided(conflict="b", chosen=1, reason="asked"))
    (step,) = audit(made).runs[0].transforms
    assert (step.by_rule, step.by_person, step.open) == (1, 1, 1)
    assert [one.decided for one in audit(made).actors] == [1]
    found = waiting(made)
    assert (found.by_rule, found.by_person, found.open) == (1, 1, 1)
    assert found.by_field == {"t.f": 1}
    assert audit(made, after=decided - 1).runs == ()


def test_rollback_within_a_run() -> None:
    """A rollback into a run takes it back in part; a decision that it takes back is none."""
    made = Made()
    start = made.opened(PERSON)
    made.run(conflict("a"), homeless("x"), rejected("7"), migration="m")
    inside = start + 2
    made.add(e.ConflictDecided(conflict="a", chosen=1))
    made.run(target=inside)
    run, back = audit(made).runs
    assert (run.holds, run.gone_at) == ("partly", back.last)
    assert [(one.migration, one.part) for one in back.took] == [("m", True)]
    found = waiting(made)
    assert (found.open, found.unmapped, found.rejected) == (1, (), 0)
    made.run(target=start)
    run, back, again = audit(made).runs
    assert (run.holds, run.gone_at, [one.part for one in again.took]) == (
        "gone",
        again.last,
        [False],
    )
    assert back.holds == "stands"


def test_waiting_subjects() -> None:
    """A subject that was taken waits no more; one rejected again waits for the last reason."""
    made = Made()
    made.opened(PERSON)
    made.run(rejected("1"), rejected("2"), batch(rejected=2), migration="m")
    made.run(rejected("2"), batch(retried=("1", "2"), rejected=1), migration="m")
    found = waiting(made)
    assert (found.rejected, [one.subject for one in found.records]) == (1, ["2"])
    assert audit(made).runs[1].transforms[0].retried == 2


def test_homes() -> None:
    """A field that found a home waits no more, but for subjects that were rejected there."""
    made = Made()
    made.opened(PERSON)
    first = made.head.position + 2
    made.run(homeless("x"), homeless("x", "2"), homeless("y"), batch(), migration="m")
    home = e.RowsTransformed(
        migration="n", step="later", batch=1, subjects=2, values=2, of="s", homes=("x",),
        first=str(first), last=str(first + 2),
    )  # fmt: skip
    made.run(
        e.RecordRejected(step="later", subject="2", record="2", error="bad", content="d"),
        home,
        migration="n",
    )
    assert [(one.field, one.records) for one in waiting(made).unmapped] == [("x", 1), ("y", 1)]


def test_ends() -> None:
    """Failed, interrupted and unfinished runs are told as such, with what stayed."""
    made = Made()
    made.opened(PERSON)
    statement = Statement(number=2, line=7, digest="d")
    for run, end in (
        ("a", e.RunFailed(error="no", sqlstate="42P01", statement=statement, stayed=("one",))),
        ("b", e.RunInterrupted(found_by="eve")),
        ("c", None),
    ):
        made.add(e.RunStarted(verb="apply", migration=run), run=run)
        made.add(wrote(1, 1), run=run)
        if end is not None:
            made.add(end, run=run)
    failed, cut, running = audit(made).runs
    assert (failed.state, failed.sqlstate, failed.stayed) == ("failed", "42P01", ("one",))
    assert failed.statement == statement
    assert (cut.state, cut.found_by) == ("interrupted", "eve")
    assert (running.state, running.seconds, running.ended_at) == ("started", None, "")
    assert [row.table for row in running.rows] == ["person"]
    assert failed.seconds == 2.0


def test_names_and_causes() -> None:
    """Rows bear the name that their table has at the end of the run, kept rows stand apart."""
    made = Made()
    made.opened(PERSON)
    people = table(1, "people")
    made.run(wrote(1, 1, 2), wrote(2, 1, 3, cause="destroyed"), changed(2, (PERSON, people)))
    made.run(changed(1, (people, None)))
    one, two = audit(made).runs
    (row,) = one.rows
    assert (row.table, row.updated, row.lost) == ("people", 2, 3)
    assert [(act.kind, act.change) for act in two.schema] == [("table", "dropped")]


def test_a_stretch_that_begins_within_a_run() -> None:
    """Only what lies in the stretch counts; what came before is known all the same."""
    made = Made()
    made.opened(PERSON)
    made.run(wrote(1, 1), wrote(2, 1), migration="m")
    found = audit(made, after=4)
    assert found.origin.position == 4
    assert found.origin.digest == made.entries[3].digest
    assert (found.runs[0].first, found.runs[0].rows[0].updated) == (3, 1)
    assert (found.entries, found.objects) == (2, 0)


def test_decided_once_more() -> None:
    """What a rule decided and a person decided once more is the person's, and counted once."""
    made = Made()
    made.opened(PERSON)
    rule = [e.ConflictDecided(conflict=one, chosen=0, rule="first") for one in "ab"]
    made.run(conflict("a"), conflict("b"), conflict("c"), *rule, migration="m")
    for _ in range(2):
        made.run(e.ConflictDecided(conflict="a", chosen=1))
    made.run(e.ConflictDecided(conflict="c", chosen=1))
    made.run(e.ConflictDecided(conflict="c", chosen=0))
    found = waiting(made)
    assert (found.open, found.by_rule, found.by_person) == (0, 1, 2)
