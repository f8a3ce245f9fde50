"""Accept: drift is taken in, with identities for all that is new."""

from __future__ import annotations

import pytest

from commands.accept import accept
from commands.init import init
from commands.running import known_schema
from commands.status import status
from journal.errors import AnswerIsNo
from tests.commands.places import Place


def test_drift_is_taken_in(place: Place) -> None:
    """After accepting, the journal's schema is the live one, parts under their tables."""
    place.sql("create table person (id integer primary key, name text)")
    init(place.target, asker=place.asker)
    with pytest.raises(AnswerIsNo):
        accept(place.target, asker=place.asker)
    place.sql(
        "alter table person add column note text",
        "create table pet (id integer primary key, owner integer references person (id))",
        "create index pet_owner on pet (owner)",
    )
    assert status(place.target, [place.directory]).drift
    found = accept(place.target, asker=place.asker)
    assert found.changes
    assert status(place.target, [place.directory]).drift == ()
    with place.target.journal() as journal:
        known = known_schema(journal)
    named = {(one.kind, one.path[-1]): one for one in known.objects.values()}
    assert named["index", "pet_owner"].parent == named["table", "pet"].id
    ids = [one.id for one in known.objects.values()]
    ids += [column.id for one in known.objects.values() for column in one.columns]
    assert len(set(ids)) == len(ids)
    assert min(ids) >= 1
