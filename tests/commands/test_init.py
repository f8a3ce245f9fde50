"""Init: the journal and the baseline."""

from __future__ import annotations

import msgspec
import pytest

from commands.init import PART, baseline, init
from commands.observing import known_schema
from journal.errors import Usage
from journal.events import BaselineRecorded, JournalOpened
from journal.values import Column, SchemaObject
from tests.commands.places import Place


def test_an_empty_database(place: Place) -> None:
    """Init opens the journal and records an empty baseline."""
    made = init(place.target, asker=place.asker, name="development")
    assert (made.created, made.name, made.head, made.objects) == (
        True,
        "development",
        2,
        made.objects,
    )
    with place.target.journal() as journal:
        opened, base = list(journal.read())
        assert journal.identity.name == "development"
    assert isinstance(opened.event, JournalOpened)
    assert (opened.event.journal, opened.actor) == (made.id, "dana")
    assert isinstance(base.event, BaselineRecorded)
    assert (base.event.part, base.event.parts, base.evidence) == (1, 1, "observed")


def test_a_second_init_changes_nothing(place: Place) -> None:
    """A second init says that the journal is there and changes nothing."""
    first = init(place.target, asker=place.asker, name="a")
    second = init(place.target, asker=place.asker)
    assert not second.created
    assert (second.id, second.name, second.head) == (first.id, "a", first.head)
    with pytest.raises(Usage, match="a journal named a stands here"):
        init(place.target, asker=place.asker, name="b")


def test_the_baseline_is_the_live_schema(place: Place) -> None:
    """The baseline names every object with identities of its own, from 1 on, parents told."""
    place.sql(
        "create table parent (id integer primary key, name text not null)",
        "create table child (id integer primary key, parent_id integer references parent (id))",
        "create index child_parent on child (parent_id)",
        "create view names as select name from parent",
    )
    init(place.target, asker=place.asker)
    with place.target.journal() as journal:
        known = known_schema(journal)
        assert {o.id: o for o in journal.database.read_schema(known.objects)} == known.objects
    ids = [o.id for o in known.objects.values()]
    ids += [c.id for o in known.objects.values() for c in o.columns]
    assert sorted(ids) == list(range(1, len(ids) + 1))
    assert known.next_id == len(ids) + 1
    named = {(o.kind, o.path[-1]): o for o in known.objects.values()}
    assert named["index", "child_parent"].parent == named["table", "child"].id


def test_the_baseline_comes_in_small_parts() -> None:
    """A large baseline is cut into entries of about 40 KB, and nothing is lost."""
    columns = tuple(Column(id=n, name=f"column_{n}") for n in range(100))
    objects = tuple(
        SchemaObject(id=n, kind="table", path=(f"t{n}",), columns=columns) for n in range(200)
    )
    events = list(baseline(objects, ()))
    assert [e.part for e in events] == list(range(1, len(events) + 1))
    assert {e.parts for e in events} == {len(events)}
    assert tuple(o for e in events for o in e.objects) == objects
    assert all(len(msgspec.json.encode(e)) < PART + 10_000 for e in events)
    assert len(events) > 10
