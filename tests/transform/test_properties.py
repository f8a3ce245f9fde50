"""Whatever records and rules are: nothing is lost, a trial says the truth, and all comes back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from commands.transform import rules as r
from commands.transform.choosing import Refusal
from commands.transform.outcome import Record
from commands.transform.report import Transformed
from commands.transform.running import run_transform
from commands.transform.spec import Policy, Rows, Rule, Select, Transform
from commands.transform.subject import transform_subject
from commands.transform.values import canonical, write
from journal import open_journal
from journal.opening import parse_url
from journal.session import OpenJournal
from projections.findings import Findings
from projections.fold import replay
from tests.support.oracle import fingerprint

ASKER = Asker(actor="dana")
EXAMPLES = 300 if os.environ.get("CLEW_PROFILE") == "nightly" else 8
TABLES = (
    "CREATE TABLE old (n integer PRIMARY KEY, who text, part text, data text)",
    "CREATE TABLE parent (who text PRIMARY KEY, real boolean)",
    "CREATE TABLE person (who text PRIMARY KEY REFERENCES parent (who), a text, b text, c json,"
    " number numeric, size integer CHECK (size < 3))",
    "CREATE TABLE part (id text, who text NOT NULL, part text, x text, PRIMARY KEY (who, part))",
)
NAMES = st.sampled_from(["x", "y", "z", "part", "", "a.b", "__proto__", "\ud800", "it's"])
TEXTS = st.sampled_from(["", "a", "b", "1", "\0", "\ud800", "\\N", "🙂", "tab\t\n\r\\", "null"])
NUMBERS = st.integers(-3, 3) | st.sampled_from(
    [2**53 + 1, 2**63, -(2**70), Decimal("1e400"), Decimal("0.1"), Decimal("0.10"), Decimal("1.0")]
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
DATA = st.dictionaries(NAMES, JSON, max_size=4).map(write) | st.sampled_from(
    ["[]", "{", "null", ""]
)
POLICIES: st.SearchStrategy[Policy] = st.sampled_from(["decide", "park"])
WHEN = st.sampled_from([(), r.where("part", "p"), r.where("z"), (r.where("x"), r.where("part"))])
FIELDS = st.lists(NAMES, min_size=1, max_size=2, unique=True)


class Old(NamedTuple):
    """A row of the old table."""

    who: str | None
    part: str | None
    data: str | None


OLD = st.lists(
    st.builds(
        Old,
        st.sampled_from(["a", "b", "c", "d", "e", "", None]),
        st.sampled_from(["p", "q", "", None]),
        st.none() | DATA,
    ),
    max_size=9,
)


@st.composite
def rules(draw: st.DrawFn, policies: st.SearchStrategy[Policy] = POLICIES) -> Rule:
    """Return a rule that draws from records."""
    fields, when, policy = draw(FIELDS), draw(WHEN), draw(policies)
    return draw(
        st.sampled_from(
            [
                r.first(*fields, when=when, on_conflict=policy),
                r.last(*fields, when=when, on_conflict=policy),
                r.only(*fields, when=when, on_conflict=policy),
                r.prefer(*fields, by="part", order=("q", ""), on_conflict=policy),
                r.merge_lists(*fields, when=when),
                r.merge_objects(
                    *fields, when=when, later_wins=draw(st.booleans()), on_conflict=policy
                ),
                r.minimum(*fields, when=when),
                r.maximum(*fields, when=when),
                r.total(*fields, when=when),
                r.constant(draw(JSON)),
                r.compute(_computed, *fields),
                r.derive(len),
                r.generated("x"),
            ]
        )
    )


def _computed(*values: Any) -> Any:
    """Go wrong, pass on, or make something else."""
    if values[0] == "a":
        raise ValueError(values[0])
    return values[0] if len(values) == 1 else list(values)


@st.composite
def specs(draw: st.DrawFn) -> Transform:
    """Return a transform into parents, persons and parts."""
    matched: dict[str, Any] = draw(
        st.sampled_from([{}, {"match": ("who",)}, {"match": ("who",), "missing": "insert"}])
    )
    columns = {name: draw(rules()) for name in draw(st.sets(st.sampled_from("abc"), max_size=3))}
    if draw(st.booleans()):
        columns["number"] = draw(st.sampled_from([r.total("x"), r.maximum("y", "x"), r.first("x")]))
        columns["size"] = r.first("y")
    parts = {"who": r.key("who"), "part": r.key("part"), "x": draw(rules())}
    into = [
        r.provision(
            "parent", match="who", columns={"who": r.key("who"), "real": r.constant(False)}
        ),
        Rows(table="person", columns={"who": r.key("who"), **columns}, **matched),
    ]
    if draw(st.booleans()):
        into.append(Rows(table="part", per=("part",), columns={"id": r.generated("p"), **parts}))
    return Transform(
        name="everything",
        source=Select(sql="SELECT * FROM old", order="n", unpack=("data",)),
        subject="who",
        record=("n",),
        into=tuple(into),
        ignore=draw(st.sampled_from([(), ("y",), ("", "a.b")])),
    )


class Play:
    """A database of one kind with a journal; each example begins from the same place."""

    def __init__(self, url: str) -> None:
        self.url = url
        init(Target(url=parse_url(url)), name="test", asker=ASKER)
        with open_journal(url) as journal, journal.recording(actor="dana") as run:
            for statement in TABLES:
                run.execute(statement)
        self.start = self.head()

    def head(self) -> int:
        with open_journal(self.url) as journal:
            return journal.head().position

    def fill(self, old: Sequence[Old], persons: Sequence[str]) -> int:
        """Begin anew, with rows in the old table and persons that are there."""
        if self.head() > self.start:
            self.back(self.start)
        with open_journal(self.url) as journal, journal.recording(actor="dana") as run:
            for n, row in enumerate(old):
                run.execute(f"INSERT INTO old VALUES ({n}, {', '.join(map(_literal, row))})")
            for who in persons:
                run.execute(f"INSERT INTO parent VALUES ({_literal(who)}, true)")
                run.execute(
                    "INSERT INTO person VALUES "
                    f"""({_literal(who)}, 'a', '["a"]', '{{"x": 1}}', 1, NULL)"""
                )
        return self.head()

    def back(self, position: int) -> None:
        rollback(Target(url=parse_url(self.url), holder="test"), str(position), asker=ASKER)

    def run(self, spec: Transform, batch: int = 500) -> Transformed:
        with open_journal(self.url) as journal, journal.recording(actor="dana") as run:
            return run_transform(spec, run.recording, migration="0002", batch=batch)

    def trial(self, spec: Transform) -> Transformed:
        """Run, and take everything back, as a dry run does."""
        found: list[Transformed] = []
        with (
            pytest.raises(_Enough),
            open_journal(self.url) as journal,
            journal.recording(actor="dana") as run,
        ):
            found.append(run_transform(spec, run.recording, migration="0002"))
            raise _Enough
        return found[0]

    def seen(self) -> tuple[dict[str, str], list[Any]]:
        """Return the rows, and what was found, as nothing but values."""
        with open_journal(self.url) as journal:
            return fingerprint(self.url), sorted(_told(journal))


class _Enough(Exception):
    """Nothing of the trial is to stay."""


def _literal(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _told(journal: OpenJournal) -> list[str]:
    found = replay(Findings, journal.read())
    conflicts = [
        ["conflict", one.id, one.field, one.chosen, journal.content(one.candidates), one.content]
        for one in found.conflicts
    ]
    left = [["left", one.record, journal.content(one.content)] for one in found.unmapped]
    rejected = [["rejected", one.record, one.error, one.content] for one in found.rejected]
    return [repr(one) for one in (*conflicts, *left, *rejected)]


@pytest.fixture
def play(url: str) -> Play:
    """A database of each kind."""
    return Play(url)


on_databases = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
THERE = st.lists(st.sampled_from(["a", "b", ""]), unique=True)


@given(old=OLD, spec=specs(), persons=THERE, size=st.sampled_from([1, 2, 7]))
@on_databases
def test_everything(
    play: Play, old: list[Old], spec: Transform, persons: list[str], size: int
) -> None:
    """Conservation, an honest trial, no trace of the batch's size, and an exact way back."""
    at = play.fill(old, persons)
    before = fingerprint(play.url)
    trial = play.trial(spec)
    assert fingerprint(play.url) == before
    assert sum(trial.fates.values()) == trial.values
    seen = []
    for batch in (500, size):
        done = play.run(spec, batch)
        assert done == trial
        seen.append(play.seen())
        play.back(at)
        assert fingerprint(play.url) == before
    assert seen[0] == seen[1]


@given(old=OLD, persons=THERE, policy=POLICIES, when=WHEN)
@on_databases
def test_twice(play: Play, old: list[Old], persons: list[str], policy: Policy, when: Any) -> None:
    """A second run writes nothing where the first value stands."""
    columns = {
        "who": r.key("who"),
        "a": r.first("x", when=when, on_conflict=policy),
        "b": r.merge_lists("y"),
        "c": r.merge_objects("z", later_wins=False),
    }
    spec = Transform(
        name="twice",
        source=Select(sql="SELECT * FROM old", order="n", unpack=("data",)),
        subject="who",
        record=("n",),
        into=(
            r.provision("parent", match="who", columns={"who": r.key("who")}),
            Rows(table="person", match=("who",), missing="insert", columns=columns),
        ),
    )
    play.fill(old, persons)
    done = play.run(spec)
    filled = fingerprint(play.url)
    again = play.run(spec)
    assert (again.rows, again.rejected, again.values) == ({}, done.rejected, done.values)
    assert fingerprint(play.url) == filled


@given(
    data=st.lists(st.dictionaries(NAMES, JSON, max_size=4), min_size=1, max_size=4), spec=specs()
)
def test_every_value_has_a_fate(data: list[dict[str, Any]], spec: Transform) -> None:
    """Whatever the rules, fates add up, the same again, and nothing is raised but a refusal."""
    records = [Record(str(n), {"who": "a", "n": n, **one}) for n, one in enumerate(data)]
    try:
        outcome = transform_subject(spec, "a", records)
    except Refusal:
        return
    assert sum(outcome.fates.values()) == outcome.values == sum(len(one.fields) for one in records)
    again = transform_subject(spec, "a", records)
    assert [canonical(row.values) for row in outcome.rows] == [
        canonical(row.values) for row in again.rows
    ]
    left = {(one.record, name) for one in outcome.unmapped for name in one.values}
    assert len(left) == outcome.fates.get("unmapped", 0)
