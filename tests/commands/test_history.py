"""What the journal says of migrations, and files held against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.begun import Attempt
from commands.history import History, history
from commands.naming import understand
from commands.pending import Comparison, compare, refuse_unaccepted, up_to
from commands.sources import MigrationFile, Sources
from journal.envelope import Entry
from journal.errors import Refused
from journal.events import (
    AnyEvent,
    RunCompleted,
    RunFailed,
    RunStarted,
    Stamped,
    StatementIntended,
    StatementSettled,
)
from journal.values import Statement


def told(*events: tuple[str, AnyEvent]) -> History:
    """Fold events, each with its run, at positions from 1."""
    return history(
        Entry(
            position=position,
            run=run,
            recorded_at="2026-01-01T00:00:00.000000Z",
            actor="dana",
            evidence="captured",
            version=1,
            event=event,
            previous="",
            digest="",
        )
        for position, (run, event) in enumerate(events, start=1)
    )


def applied(name: str, digest: str = "", run: str = "") -> list[tuple[str, AnyEvent]]:
    """Return the events of a migration that was applied."""
    run = run or name
    started = RunStarted(verb="apply", migration=name, digest=digest or name)
    return [(run, started), (run, RunCompleted())]


def files(*named: str | tuple[str, str], partial: bool = False) -> Sources:
    """Return files by name, whose digest is the name or given."""
    pairs = [one if isinstance(one, tuple) else (one, one) for one in named]
    return Sources(
        directory=Path(),
        partial=partial,
        files=tuple(
            MigrationFile(
                name=name,
                path=f"{name}.sql",
                text="",
                digest=digest,
                order=understand(name).order,
            )
            for name, digest in pairs
        ),
    )


def settled(number: int, outcome: str = "done") -> StatementSettled:
    """Return the settling of a statement whose text has digest ``dN``."""
    statement = Statement(number=number, digest=f"d{number}")
    return StatementSettled(statement=statement, outcome=outcome)


def test_rolled_back_migrations_are_pending_again() -> None:
    """Rollback makes the migrations after its target pending, and forwards applied again."""
    entries = [*applied("1_a"), *applied("2_b")]
    back: list[tuple[str, AnyEvent]] = [
        ("r", RunStarted(verb="rollback", target=2)),
        ("r", RunCompleted()),
    ]
    forth: list[tuple[str, AnyEvent]] = [
        ("f", RunStarted(verb="rollback", target=4)),
        ("f", RunCompleted()),
    ]
    assert list(told(*entries, *back).applied) == ["1_a"]
    assert list(told(*entries, *back, *forth).applied) == ["1_a", "2_b"]


def test_statements_that_stand_are_remembered_until_the_migration_is_done() -> None:
    """Done statements of a failed attempt stand; completing the migration forgets them."""
    begun: list[tuple[str, AnyEvent]] = [
        ("x", RunStarted(verb="apply", migration="3_c")),
        ("x", settled(1)),
        ("x", settled(2, "failed")),
        ("x", RunFailed(error="no")),
    ]
    assert told(*begun).attempts == {"3_c": Attempt(statements={1: "d1"})}
    assert told(*begun, *applied("3_c", run="y")).attempts == {}
    back: list[tuple[str, AnyEvent]] = [
        ("r", RunStarted(verb="rollback", target=1)),
        ("r", RunCompleted()),
    ]
    assert told(*begun, *back).attempts == {}
    assert told(*begun, ("", Stamped(migration="3_c"))).attempts == {}


def test_runs_without_an_end_know_what_is_unsettled() -> None:
    """A run without an end names the statement that was intended and not settled."""
    intended = StatementIntended(statement=Statement(number=2), kind="vacuum")
    (found,) = told(
        *applied("1_a"),
        ("x", RunStarted(verb="apply", migration="2_b")),
        ("x", StatementIntended(statement=Statement(number=1), kind="vacuum")),
        ("x", settled(1)),
        ("x", intended),
    ).unended
    assert (found.run, found.position) == ("x", 3)
    assert found.unsettled == [intended.statement]


def test_files_are_told_apart() -> None:
    """Pending, changed, renamed, missing and late files are told apart."""
    past = told(*applied("2_b"), *applied("3_c"), *applied("4_d"), *applied("5_e"))
    found = compare(files("1_a", "2_b", ("3_c", "edited"), ("4_x", "4_d"), "6_f"), past)
    assert [file.name for file in found.pending] == ["1_a", "6_f"]
    assert found.changed == ("3_c",)
    assert found.renamed == (("4_d", "4_x"),)
    assert found.missing == ("5_e",)
    assert found.late == ("1_a",)


def test_single_files_make_none_missing() -> None:
    """Where single files are named, applied migrations are not missing."""
    assert compare(files("2_b", partial=True), told(*applied("1_a"))).missing == ()


def test_accepted_files_are_accepted() -> None:
    """A stamp with the new digest, or without one for a missing file, settles the matter."""
    past = told(*applied("1_a"), *applied("2_b"))
    assert compare(files(("1_a", "new")), past).changed == ("1_a",)
    accepted = told(
        *applied("1_a"),
        *applied("2_b"),
        ("", Stamped(migration="1_a", digest="new", file=True)),
        ("", Stamped(migration="2_b", file=True)),
    )
    assert compare(files(("1_a", "new")), accepted) == Comparison()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (Comparison(changed=("1_a", "2_b")), r"1_a was changed .* \(and 1 more\)"),
        (Comparison(renamed=(("1_a", "1_b"),)), "1_a was renamed to 1_b"),
        (Comparison(missing=("1_a",)), "the file of 1_a, which is applied, is missing"),
        (Comparison(late=("1_a",)), "1_a comes before migrations that are applied"),
    ],
)
def test_files_that_differ_are_refused(found: Comparison, message: str) -> None:
    """Each difference is refused with its own line."""
    with pytest.raises(Refused, match=message):
        refuse_unaccepted(found, allow_late=False)


def test_late_files_may_be_allowed() -> None:
    """A late file is no obstacle where that was allowed."""
    refuse_unaccepted(Comparison(late=("1_a",)), allow_late=True)


def test_up_to_a_name() -> None:
    """Pending migrations are taken up to and with a name; an unknown name is refused."""
    pending = files("1_a", "2_b", "3_c").files
    assert [file.name for file in up_to(pending, "2_b.sql")] == ["1_a", "2_b"]
    with pytest.raises(Refused, match="9_z is not pending"):
        up_to(pending, "9_z")
