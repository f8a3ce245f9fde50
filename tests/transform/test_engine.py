"""Transforms on real databases: rows, events, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from commands.transform import rules as r
from commands.transform.report import Transformed
from commands.transform.running import run_transform
from commands.transform.spec import Rows, Select, Transform
from journal import open_journal
from journal.errors import NotExact, Refused
from journal.events import ConflictFound, FieldUnmapped, RecordRejected
from journal.opening import parse_url
from journal.session import OpenJournal
from tests.support.oracle import fingerprint

ASKER = Asker(actor="dana")
PEOPLE = Transform(
    name="people",
    source=Select(
        sql="SELECT who, n, data FROM old",
        order="n",
        unpack=("data",),
    ),
    subject="who",
    record=("n",),
    into=(
        Rows(
            table="person",
            columns={
                "who": r.key("who"),
                "name": r.first("name", "fullName"),
                "tags": r.merge_lists("tags"),
                "age": r.maximum("age"),
            },
        ),
    ),
)
OLD = [
    (1, 1, {"name": "Ada", "tags": ["x"], "age": 36}),
    (1, 2, {"fullName": "Ada L.", "tags": ["x", "y"]}),
    (2, 3, {"name": "it's 100%", "preferences": {"a": [1]}, "": 0}),
    (3, 4, {"name": "NUL \0", "age": 1}),
    (4, 5, {"name": {"first": "Eve"}}),
    (5, 6, []),
    (6, 7, {}),
    (7, 9, {"\ud83d": 1, "name": "Half"}),
    (None, 8, {"name": "nobody"}),
]


@pytest.fixture
def journal(url: str) -> Iterator[OpenJournal]:
    """A database of each kind with the old table filled, and a journal."""
    with open_journal_on(url) as opened:
        yield opened


def open_journal_on(url: str) -> OpenJournal:
    """Make the tables and open the journal."""
    init(Target(url=parse_url(url)), name="test", asker=ASKER)
    with open_journal(url) as journal, journal.recording(actor="dana") as run:
        json_type = "text"
        run.execute(f"CREATE TABLE old (who integer, n integer PRIMARY KEY, data {json_type})")
        run.execute(
            "CREATE TABLE person (who integer PRIMARY KEY, name text, tags text, age integer)"
        )
        for who, n, data in OLD:
            text = json.dumps(data).replace("'", "''")
            shown = "NULL" if who is None else str(who)
            run.execute(f"INSERT INTO old VALUES ({shown}, {n}, '{text}')")
    return open_journal(url)


def transform(journal: OpenJournal, spec: Transform = PEOPLE, batch: int = 500) -> Transformed:
    """Run a transform in a run of its own."""
    with journal.recording(actor="dana") as run:
        return run_transform(spec, run.recording, migration="0002", batch=batch)


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_people(journal: OpenJournal, url: str, batch: int) -> None:
    """Rows are made, disagreements and homeless fields told, bad subjects set aside, all undone."""
    before = fingerprint(url)
    at = journal.head().position
    report = transform(journal, batch=batch)
    assert (report.subjects, report.rows, report.rejected) == (8, {"person": 3}, 5)
    assert sum(report.fates.values()) == report.values
    with journal.recording(actor="dana"):
        sql = "SELECT who, name, tags, age FROM person ORDER BY who"
        with journal.database.select(sql) as found:
            assert [tuple(row) for row in found.rows] == [
                (1, "Ada", '["x","y"]', 36),
                (2, "it's 100%", None, None),
                (6, None, None, None),
            ]
    events = [entry.event for entry in journal.read(after=at)]
    (conflict,) = [one for one in events if isinstance(one, ConflictFound)]
    assert conflict.field == "person.name"
    candidates = json.loads(journal.content(conflict.candidates))
    assert [one["value"] for one in candidates] == ["Ada", "Ada L."]
    (left,) = [one for one in events if isinstance(one, FieldUnmapped)]
    assert json.loads(journal.content(left.content)) == {"preferences": {"a": [1]}, "": 0}
    rejected = {one.record: one.error for one in events if isinstance(one, RecordRejected)}
    assert rejected.keys() == {"[4]", "[5]", "[6]", "[8]", "[9]"}
    assert rejected["[5]"] == "name: expected text, found object"
    assert rejected["[6]"] == "data: expected an object, found list"
    assert rejected["[8]"] == "who is null"
    assert rejected["[9]"] == "data: a field's name holds half of a surrogate pair"
    rollback(Target(url=parse_url(url), holder="test"), str(at), asker=ASKER)
    assert fingerprint(url) == before


def test_a_trigger_that_leaves_out(journal: OpenJournal, url: str) -> None:
    """A row that a trigger drops is no row that was written: its subject is set aside."""
    with journal.recording(actor="dana") as run:
        if url.startswith("sqlite"):
            run.execute(
                "CREATE TRIGGER odd BEFORE INSERT ON person WHEN new.name = 'Ada'"
                " BEGIN SELECT RAISE(IGNORE); END"
            )
        else:
            run.execute(
                "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN IF new.name = ''Ada'' THEN RETURN NULL; END IF; RETURN new; END'"
            )
            run.execute(
                "CREATE TRIGGER odd BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION odd()"
            )
    report = transform(journal)
    assert (report.rows, report.rejected) == ({"person": 2}, 6)
    assert sum(report.fates.values()) == report.values


def test_broken_rule(journal: OpenJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that no fate is counted for aborts the run, and nothing stays."""
    monkeypatch.setattr("commands.transform.subject._Subject.homeless", lambda _: iter(()))
    with pytest.raises(NotExact, match="values were read"):
        transform(journal)
    with journal.recording(actor="dana"), journal.database.select("SELECT 1 FROM person") as found:
        assert list(found.rows) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"into": (Rows(table="nowhere", columns={}),)}, "no table nowhere"),
        ({"into": (Rows(table="person", columns={"nme": r.key("who")}),)}, "no column nme"),
        ({"record": ("whom",)}, "selects no column whom"),
        ({"source": Select(sql="SELECT who, who FROM old", order="1")}, "selects who twice"),
        ({"source": Select(sql="DELETE FROM old", order="1")}, "expected a SELECT"),
        (
            {"into": (Rows(table="person", columns={"name": r.only("name", "fullName")}),)},
            "disagree about person.name",
        ),
    ],
)
def test_bad_specs(journal: OpenJournal, change: dict[str, object], said: str) -> None:
    """What does not fit is refused in one line."""
    fields = {name: getattr(PEOPLE, name) for name in PEOPLE.__struct_fields__}
    with pytest.raises(Refused, match=said):
        transform(journal, Transform(**{**fields, **change}))
