"""A part that is done again: later, or at the same time by somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import msgspec
import pytest

from commands.batched import Taken, sum_of
from commands.opening import Asker, clew_version, target
from commands.parts import Job, Order, do_part
from commands.reached import Part
from commands.sources import read_sources
from commands.transform.reading import Span
from journal.envelope import Head
from journal.errors import Refused
from journal.events import RunInterrupted, RunStarted
from journal.postgresql.database import PostgresqlDatabase as Database
from tests.beyond.conftest import People


@pytest.fixture
def order(people: People) -> Order:
    """The second part of a run that has begun, of people 4 to 7."""
    people.write()
    place = target(people.url, lock_timeout=60)
    run = str(uuid4())
    with place.journal() as journal:
        (file,) = read_sources([people.migrations], journal.database.kind).files
        started = RunStarted(verb="apply", migration=file.name, digest=file.digest, batched=True)
        (entry,) = journal.append(started, run=run, actor="dana")
    job = Job(
        target=place,
        asker=Asker(actor="dana"),
        run=run,
        file=file,
        step="people",
        number=1,
        clew=clew_version(),
    )
    return Order(job=job, part=Part(2, Span("4", "7")), since=entry.position)


def noted(people: People) -> list[int]:
    """Return the parts that the journal noted, by number."""
    found = [one["data"] for one in people.lines("log") if one["type"] == "RowsTransformed"]
    return [one["batch"] for one in found]


def test_done_again(people: People, order: Order) -> None:
    """A part that a run has noted is not done again; who asks hears what was noted."""
    first = do_part(order)
    again = do_part(order)
    assert (first.before, again.before) == (False, True)
    assert again.event == first.event
    assert again.names == first.names
    assert noted(people) == [2]
    assert people.application("SELECT count(*) FROM person") == [(3,)]
    people.type("verify")


def test_at_the_same_time(people: People, order: Order) -> None:
    """Of those who do the same part at the same time one notes it, the others hear of that."""
    with ThreadPoolExecutor(4) as threads:
        found: list[Taken] = list(threads.map(do_part, [order] * 4))
    assert sorted(one.before for one in found) == [False, True, True, True]
    assert noted(people) == [2]
    assert people.application("SELECT count(*) FROM person") == [(3,)]


def test_nobody_waits_for_the_other(
    people: People, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing keeps two from the same part, the journal's head does: one is taken back."""
    if people.sqlite:
        pytest.skip("one writer at a time has the file")
    monkeypatch.setattr("journal.postgresql.beside.claim", lambda *_: None)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(do_part, [order] * 3))
    assert noted(people) == [2]
    assert people.application("SELECT count(*) FROM person") == [(3,)]
    people.type("verify")


def test_side_by_side(people: People, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is not committed yet stands in nobody's way, though it fills the same tables."""
    if people.sqlite:
        pytest.skip("one writer at a time has the file")
    do_part(msgspec.structs.replace(order, part=Part(1, Span("0", "3"))))  # stores what all share
    written, go_on = Event(), Event()
    take = Database.take_head
    waiting = iter([True])

    def slow(database: Database) -> Head:
        if next(waiting, False):
            written.set()
            assert go_on.wait(120)
        return take(database)

    monkeypatch.setattr(Database, "take_head", slow)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(do_part, order)
        assert written.wait(120)
        second = do_part(msgspec.structs.replace(order, part=Part(3, Span("8", "11"))))
        assert not first.done()
        go_on.set()
        assert first.result().position > second.position
    assert noted(people) == [1, 3, 2]
    assert people.application("SELECT count(*) FROM person") == [(11,)]
    people.type("verify")


def test_a_closed_run(people: People, order: Order) -> None:
    """A worker whose run was closed meanwhile notes nothing more."""
    with order.job.target.journal() as journal:
        journal.append(RunInterrupted(found_by="dana"), run=order.job.run, actor="dana")
    with pytest.raises(Refused, match="closed by another command"):
        do_part(order)
    assert people.application("SELECT count(*) FROM person") == [(0,)]


def test_another_release(order: Order) -> None:
    """A worker that runs another release does nothing."""
    other = msgspec.structs.replace(order.job, clew="0.1")
    with pytest.raises(Refused, match=r"found .* at a worker"):
        do_part(msgspec.structs.replace(order, job=other))


def test_the_sum_is_the_journals(people: People, order: Order) -> None:
    """What is added up is what the run noted, whoever did it."""
    for number, span in ((1, Span("0", "3")), (3, Span("8", "11"))):
        do_part(msgspec.structs.replace(order, part=Part(number, span)))
    with order.job.target.database() as session:
        found = sum_of(session, order.job.run, "people", since=order.since)
    assert (found.subjects, found.rows) == (8, {"person": 8, "tag": 8})


def test_what_a_scheduler_logs(order: Order) -> None:
    """What is given to a cluster shows neither the database nor the text of the migration."""
    said = repr(order)
    assert order.job.target.url.database not in said
    assert "merge_lists" not in said
    assert order.job.run in said
