"""Rows that are there: merged into, provisioned, and given homes from the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.transform import rules as r
from commands.transform.report import Transformed
from commands.transform.running import run_transform
from commands.transform.spec import Rows, Select, Transform
from journal import open_journal
from journal.errors import Refused
from journal.events import ConflictFound, RowProvisioned
from journal.opening import parse_url
from journal.session import OpenJournal
from projections.findings import Findings
from projections.fold import replay
from tests.support.oracle import fingerprint

ASKER = Asker(actor="dana")


class Played:
    """A journal with tables, transforms run one after another."""

    def __init__(self, url: str) -> None:
        self.url = url
        init(Target(url=parse_url(url)), name="test", asker=ASKER)
        self.stack = ExitStack()
        self.journal: OpenJournal = self.stack.enter_context(open_journal(url))
        self.sql(
            "CREATE TABLE users (id text PRIMARY KEY, name text, tags text, real boolean, n numeric)",
            "CREATE TABLE referral (id integer PRIMARY KEY, who text REFERENCES users (id))",
            "CREATE TABLE hook (n integer PRIMARY KEY, who text, data text)",
        )

    def sql(self, *statements: str) -> None:
        with self.journal.recording(actor="dana") as run:
            for statement in statements:
                run.execute(statement)

    def hook(self, n: int, who: str | None, /, **fields: Any) -> None:
        shown = "NULL" if who is None else f"'{who}'"
        data = json.dumps(fields).replace("'", "''")
        self.sql(f"INSERT INTO hook VALUES ({n}, {shown}, '{data}')")

    def run(self, spec: Transform, batch: int = 500) -> Transformed:
        with self.journal.recording(actor="dana") as run:
            return run_transform(spec, run.recording, migration="0002", batch=batch)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with (
            self.journal.recording(actor="dana"),
            self.journal.database.select(sql) as found,
        ):
            return [tuple(row) for row in found.rows]

    def events(self, kind: type) -> list[Any]:
        return [one.event for one in self.journal.read() if isinstance(one.event, kind)]

    def findings(self) -> Findings:
        return replay(Findings, self.journal.read())


@pytest.fixture
def played(url: str) -> Iterator[Played]:
    """A database of each kind with users, referrals and hooks."""
    found = Played(url)
    yield found
    found.stack.close()


def merge(**settings: Any) -> Transform:
    """Hooks merged into users by id."""
    columns = {
        "id": r.key("who"),
        "name": r.last("name", "full_name"),
        "tags": r.merge_lists("tags"),
        "n": r.total("n"),
        "real": r.constant(True),
    }
    target = {"match": ("id",), "missing": "insert", **settings}
    return Transform(
        name="hooks",
        source=Select(sql="SELECT n AS hook, who, data FROM hook", order="hook", unpack=("data",)),
        subject="who",
        record=("hook",),
        into=(Rows(table="users", columns=columns, **target),),
    )


REFERRALS = Transform(
    name="referrals",
    source=Select(sql="SELECT n AS hook, who FROM hook", order="hook"),
    subject="hook",
    into=(
        r.provision("users", match="id", columns={"id": r.key("who"), "real": r.constant(False)}),
        Rows(table="referral", columns={"id": r.key("hook"), "who": r.key("who")}),
    ),
)


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_merge(played: Played, batch: int) -> None:
    """What stands counts as the first record; rows that do not change are not written."""
    played.sql("""INSERT INTO users VALUES ('a', 'Ada', '["x"]', NULL, 1)""")
    played.hook(1, "a", name="Ada L.", tags=["x", "y"], n=2)
    played.hook(2, "b", name="Bob")
    played.hook(3, "a", full_name="Ada L.", n=3)
    before = fingerprint(played.url)
    done = played.run(merge(), batch)
    assert (done.rows, done.conflicts, done.rejected) == ({"users": 2}, 1, 0)
    rows = played.rows("SELECT id, name, tags, n FROM users ORDER BY id")
    assert rows == [("a", "Ada L.", '["x","y"]', 6), ("b", "Bob", None, None)]
    (conflict,) = played.events(ConflictFound)
    candidates = json.loads(played.journal.content(conflict.candidates))
    assert [(one["record"], one["value"]) for one in candidates] == [
        ("target", "Ada"), ("[1]", "Ada L."), ("[3]", "Ada L."),
    ]  # fmt: skip
    assert fingerprint(played.url) != before
    settled = Rows(
        table="users", match=("id",), columns={"id": r.key("who"), "name": r.last("name", "full_name")}
    )  # fmt: skip
    again = Transform(**{**_fields(merge()), "into": (settled,), "ignore": ("tags", "n")})
    assert played.run(again).rows == {}


def test_reject_missing(played: Played) -> None:
    """A row that is not there rejects the subject, unless it is to be inserted."""
    played.hook(1, "a", name="Ada")
    done = played.run(merge(missing="reject"))
    assert (done.rejected, done.rows) == (1, {})
    (rejected,) = played.findings().rejected
    assert rejected.error == "no row of users bears its id"


@pytest.mark.parametrize("batch", [1, 500])
def test_a_key_that_no_column_takes(played: Played, batch: int) -> None:
    """A row that cannot even be looked for rejects its subject, and nobody else."""
    for n, nick in enumerate(["Ada", "NUL \0", "half \ud800", "Bob"], start=1):
        played.hook(n, None, nick=nick)
    target = Rows(
        table="users", match=("id",), missing="insert", columns={"id": r.key("nick")}
    )  # fmt: skip
    spec = Transform(**{**_fields(merge()), "subject": "hook", "into": (target,)})
    done = played.run(spec, batch)
    assert (done.rows, done.rejected) == ({"users": 2}, 2)
    assert played.rows("SELECT id FROM users ORDER BY id") == [("Ada",), ("Bob",)]


@pytest.mark.parametrize("batch", [1, 500])
def test_provision(played: Played, batch: int) -> None:
    """A missing parent is made once, told of, and never written over; the real one merges in."""
    played.sql("INSERT INTO users VALUES ('r', 'Real', NULL, true, NULL)")
    for n, who in enumerate(["p", "r", "p", "q"], start=1):
        played.hook(n, who)
    done = played.run(REFERRALS, batch)
    assert done.rows == {"users": 2, "referral": 4}
    made = [
        json.loads(played.journal.content(one.content)) for one in played.events(RowProvisioned)
    ]
    assert [one["id"] for one in made] == ["p", "q"]
    rows = played.rows("SELECT id, name FROM users ORDER BY id")
    assert rows == [("p", None), ("q", None), ("r", "Real")]
    played.sql("DELETE FROM hook")
    played.hook(9, "p", name="Pat")
    assert played.run(merge()).rows == {"users": 1}
    assert played.rows("SELECT name FROM users WHERE id = 'p'") == [("Pat",)]
    assert len(played.rows("SELECT 1 FROM users WHERE real")) == 2


def test_provision_for_one_rejected(played: Played) -> None:
    """A stand-in of a subject that is rejected is made by the next one that needs it."""
    played.sql("CREATE TABLE loose (id integer PRIMARY KEY, who text, n integer)")
    played.hook(1, "p", n="many")
    played.hook(2, "p", n=2)
    loose = {"id": r.key("hook"), "who": r.key("who"), "n": r.first("n")}
    source = Select(sql="SELECT n AS hook, who, data FROM hook", order="hook", unpack=("data",))
    into = (REFERRALS.into[0], Rows(table="loose", columns=loose))
    done = played.run(Transform(**{**_fields(REFERRALS), "source": source, "into": into}))
    assert (done.rejected, done.rows) == (1, {"users": 1, "loose": 1})
    assert played.rows("SELECT id FROM users") == [("p",)]
    assert len(played.events(RowProvisioned)) == 1


@pytest.mark.parametrize("batch", [1, 2, 500])
@pytest.mark.parametrize("standing", [True, False])
def test_provision_in_turn(played: Played, standing: bool, batch: int) -> None:
    """Each subject finds the parent as the one before it left it; nothing is written over."""
    if standing:
        played.sql("INSERT INTO users (id) VALUES ('p')")
    played.hook(1, "p", tags=["a"])
    played.hook(2, "p", name="Pat", tags=["b"])
    played.hook(3, "p", name="Other", tags=["a", "c"])
    columns = {"id": r.key("who"), "name": r.first("name"), "tags": r.merge_lists("tags")}
    source = Select(sql="SELECT n AS hook, who, data FROM hook", order="hook", unpack=("data",))
    into = (r.provision("users", match="id", columns=columns),)
    done = played.run(Transform(**{**_fields(REFERRALS), "source": source, "into": into}), batch)
    assert (done.conflicts, done.rejected) == (1, 0)
    assert played.rows("SELECT id, name, tags FROM users") == [("p", "Pat", '["a","b","c"]')]
    (conflict,) = played.events(ConflictFound)
    candidates = json.loads(played.journal.content(conflict.candidates))
    assert [one["value"] for one in candidates] == ["Pat", "Other"]


def test_match_finds_one(played: Played) -> None:
    """Columns that find two rows are no key."""
    played.sql("INSERT INTO users (id, name) VALUES ('a', 'x'), ('b', 'x')")
    played.hook(1, "x")
    target = Rows(table="users", match=("name",), columns={"name": r.key("who")})
    with pytest.raises(Refused, match="finds more than one row of users"):
        played.run(Transform(**{**_fields(merge()), "into": (target,)}))
    bad = Rows(table="users", match=("name",), columns={"id": r.key("who")})
    with pytest.raises(Refused, match="matched by name, which has no rule"):
        played.run(Transform(**{**_fields(merge()), "into": (bad,)}))


@pytest.mark.parametrize("batch", [1, 500])
def test_a_home_from_the_journal(played: Played, batch: int) -> None:
    """Unmapped fields find a home though their table is gone; the rest stays unmapped."""
    for n, who in enumerate("abc", start=1):
        played.hook(n, who, name=who, pets=[n], odd={"": n})
    played.hook(4, "c", pets=["late"], name="c")
    played.run(merge())
    played.sql("DROP TABLE hook", "ALTER TABLE users ADD COLUMN pets text")
    played.sql("DELETE FROM users WHERE id = 'b'")
    follow = Transform(
        name="pets",
        source=r.unmapped("pets", of="hooks"),
        subject="user",
        into=(
            Rows(
                table="users",
                match=("id",),
                columns={"id": r.key("user"), "pets": r.merge_lists("pets")},
            ),
        ),
    )
    done = played.run(follow, batch)
    assert (done.subjects, done.rows, done.rejected) == (3, {"users": 2}, 1)
    rows = played.rows("SELECT id, pets FROM users ORDER BY id")
    assert rows == [("a", "[1]"), ("c", '[3,"late"]')]
    left = {(one.subject, one.fields) for one in played.findings().unmapped}
    assert left == {('"a"', ("odd",)), ('"b"', ("pets", "odd")), ('"c"', ("odd",))}
    assert played.run(follow).subjects == 1
    with pytest.raises(Refused, match="no transform nothing stands"):
        played.run(Transform(**{**_fields(follow), "source": r.unmapped("pets", of="nothing")}))


def _fields(spec: Transform) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__struct_fields__}


def test_two_stand_ins_of_one_key(played: Played) -> None:
    """A subject that names one missing parent twice gets it once."""
    played.sql("CREATE TABLE pair (id integer PRIMARY KEY, a text, b text)")
    played.sql("INSERT INTO pair VALUES (1, 'p', 'p'), (2, 'p', 'q'), (3, 'q', 'r')")
    played.sql("CREATE TABLE kept (id integer PRIMARY KEY)")
    spec = Transform(
        name="pairs",
        source=Select(sql="SELECT id, a, b FROM pair", order="id"),
        subject="id",
        into=(
            r.provision("users", match="id", columns={"id": r.key("a"), "name": r.first("a")}),
            r.provision("users", match="id", columns={"id": r.key("b")}),
            Rows(table="kept", columns={"id": r.key("id")}),
        ),
    )
    done = played.run(spec)
    assert (done.rows, done.rejected) == ({"users": 3, "kept": 3}, 0)
    assert played.rows("SELECT id, name FROM users ORDER BY id") == [
        ("p", "p"), ("q", "q"), ("r", None),
    ]  # fmt: skip
