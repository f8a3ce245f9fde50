"""Recording from Python, as the README shows it."""

from __future__ import annotations

import pytest

from commands.init import init
from commands.opening import Asker, Target
from journal import open_journal
from journal.errors import StatementFailed
from journal.events import RowsChanged, RunFailed, SchemaChanged
from journal.opening import parse_url
from projections import Schema, replay


@pytest.fixture
def opened(url: str) -> str:
    """A database of each kind with a journal."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    return url


def test_recording(opened: str) -> None:
    """What a program executes is journaled, and the schema of then can be replayed."""
    with open_journal(opened) as journal:
        before = journal.head().position
        with journal.recording(actor="dana", reason="people") as run:
            run.execute("create table person (id integer primary key, name text)")
            run.execute("insert into person values (1, '100%'), (2, 'a:b ?')")
        events = [entry.event for entry in journal.read(after=before)]
        assert [event.rows.inserted for event in events if isinstance(event, RowsChanged)] == [2]
        assert any(isinstance(event, SchemaChanged) for event in events)
        then = replay(Schema, journal.read(), at=before)
        now = replay(Schema, journal.read())
        assert [o.path[-1] for o in now.objects.values() if o.kind == "table"] == ["person"]
        assert not [o for o in then.objects.values() if o.kind == "table"]


def test_error_aborts(opened: str) -> None:
    """An error takes everything back, and the attempt is kept."""
    with open_journal(opened) as journal:
        with (
            pytest.raises(StatementFailed),
            journal.recording(actor="dana") as run,
        ):
            run.execute("create table person (id integer primary key)")
            run.execute("insert into nowhere values (1)")
        assert any(isinstance(entry.event, RunFailed) for entry in journal.read())
        assert not [o for o in journal.database.read_schema() if o.kind == "table"]
        with journal.recording(actor="dana") as run:
            run.execute("create table person (id integer primary key)")
