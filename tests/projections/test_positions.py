"""What people write for a position."""

import pytest

from journal import events as e
from journal.errors import NotFound, Usage
from projections.fold import replay
from projections.positions import Places, resolve
from tests.projections.journals import Made


@pytest.fixture
def made() -> Made:
    """Baseline 2; 0001 runs 3-4, 0002 runs 5-6, mark "release" (7) of 4; head 7."""
    made = Made()
    made.opened()
    made.run(migration="0001_people")
    made.run(migration="0002_orders")
    made.add(e.MarkSet(name="release", at=4))
    return made


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("1", 1),
        ("head", 7),
        ("head~0", 7),
        ("head~3", 4),
        ("@release", 4),
        ("before:0001_people", 2),
        ("after:0001_people", 4),
        ("before:0002_orders.sql", 4),
        ("after:0002", 6),
        ("2026-11-21T09:00:02Z", 3),
        ("2026-11-21T09:00:02", 3),
        ("2026-11-21T10:00:02.999+01:00", 3),
        ("2026-11-22", 7),
    ],
)
def test_forms(made: Made, text: str, position: int) -> None:
    """Each form names its position; times without an offset are UTC."""
    assert resolve(text, made.entries) == position


@pytest.mark.parametrize(
    "text", ["0", "8", "head~7", "@nothing", "after:0003", "2020-01-01", "before:"]
)
def test_not_found(made: Made, text: str) -> None:
    """What names nothing is not found."""
    with pytest.raises(NotFound):
        resolve(text, made.entries)


@pytest.mark.parametrize(
    "text", ["", "heads", "head~", "-1", "yesterday", "before:000", "1.5", "٣"]
)
def test_not_understood(made: Made, text: str) -> None:
    """What is no form, or fits several migrations, is a wrong call."""
    with pytest.raises(Usage):
        resolve(text, made.entries)


def test_removed_mark(made: Made) -> None:
    """A mark that was taken off names nothing."""
    made.add(e.MarkRemoved(name="release"))
    with pytest.raises(NotFound):
        resolve("@release", made.entries)


def test_last_applied_run(made: Made) -> None:
    """A migration that was applied again is known by its last applied run."""
    made.run(target=4)
    made.run(migration="0002_orders")
    assert resolve("before:0002_orders", made.entries) == 9
    assert resolve("after:0002_orders", made.entries) == 11


def test_failed_run_is_not_applied(made: Made) -> None:
    """A failed run gives no position."""
    made.add(e.RunStarted(verb="apply", migration="0003"), run="x")
    made.add(e.RunFailed(error="no"), run="x")
    with pytest.raises(NotFound):
        resolve("after:0003", made.entries)


def test_a_stamp_on_a_file_moves_nothing(made: Made) -> None:
    """Accepting a changed file leaves the positions of its run."""
    made.add(e.Stamped(migration="0002_orders", digest="new", file=True))
    assert resolve("before:0002_orders", made.entries) == 4


def test_what_others_did_has_no_position(made: Made) -> None:
    """A migration that was stamped or imported is named with where that was said, until it ran."""
    made.run(target=4)
    made.add(e.Stamped(migration="0002_orders"))
    made.add(e.HistoryImported(tool="prisma", table="t", migrations=("0000_init",)))
    for name, said in (("0002_orders", "stamped as done"), ("0000_init", "imported from prisma")):
        for form in ("before", "after"):
            with pytest.raises(NotFound, match=f"{name} was {said} at position"):
                resolve(f"{form}:{name}", made.entries)
    made.run(migration="0002_orders")
    assert resolve("after:0002_orders", made.entries) == made.head.position


def test_times_are_of_whole_transactions(made: Made) -> None:
    """Entries of one transaction bear one time, and the time names the last of them."""
    made.add(e.MarkSet(name="a", at=1), e.MarkSet(name="b", at=1))
    assert resolve(made.entries[-1].recorded_at, made.entries) == 9


def test_renamed(made: Made) -> None:
    """A file accepted under another name bears the places of its run."""
    before, after = replay(Places, made.entries).before, replay(Places, made.entries).after
    made.add(e.Stamped(migration="0002_orders", digest="x", done=False, file=True))
    made.add(e.Stamped(migration="0002_sales", digest="x", file=True))
    found = replay(Places, made.entries)
    assert found.resolve("before:0002_sales") == before["0002_orders"]
    assert found.resolve("after:0002_sales") == after["0002_orders"]


def test_before_the_first_attempt(made: Made) -> None:
    """Where statements of a failed attempt stand, the way back leads before that attempt."""
    start = made.entries[-1].position
    made.add(e.RunStarted(verb="apply", migration="0009_alone"), run="a")
    made.add(e.RunFailed(error="StatementFailed", stayed=("statement 1",)), run="a")
    assert replay(Places, made.entries).resolve("before:0009_alone") == start
    made.add(e.RunStarted(verb="apply", migration="0009_alone"), run="b")
    made.add(e.RunCompleted(), run="b")
    assert replay(Places, made.entries).resolve("before:0009_alone") == start
