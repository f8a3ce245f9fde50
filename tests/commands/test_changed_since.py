"""Rows that others wrote since: told with before, journaled and live value, and kept on record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import pytest

from commands.apply import apply
from commands.init import init
from commands.rollback import preview, rollback
from commands.verify import verify
from journal.errors import ChangedSince
from journal.events import RunCompleted, RunFailed, RunStarted
from tests.commands.places import Place

CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "changed": (
        "update t set v = 'm' where id = 1",
        "update t set v = 'app' where id = 1",
        {"key": 1, "before": "v1", "journaled": "m", "live": "app"},
    ),
    "deleted": (
        "update t set v = 'm' where id = 1",
        "delete from t where id = 1",
        {"key": 1, "before": "v1", "journaled": "m", "live": None},
    ),
    "key reused": (
        "delete from t where id = 1",
        "insert into t values (1, 'app')",
        {"key": 1, "before": "v1", "journaled": None, "live": "app"},
    ),
    "a new row changed": (
        "insert into t values (9, 'm')",
        "update t set v = 'app' where id = 9",
        {"key": 9, "before": None, "journaled": "m", "live": "app"},
    ),
}


@pytest.mark.parametrize("rowid", [True, False])
@pytest.mark.parametrize("policy", ["refuse", "keep", "overwrite"])
@pytest.mark.parametrize("case", CASES)
def test_rows_changed_since(
    place: Place, case: str, policy: Literal["refuse", "keep", "overwrite"], rowid: bool
) -> None:
    """Each policy tells the three values of a row, does what it says, and is on record."""
    if not rowid and place.kind == "postgresql":
        pytest.skip("PostgreSQL knows no other kind of table")
    migration, application, expected = CASES[case]
    made = "create table t (id integer primary key, v text)"
    place.sql(
        made + ("" if rowid else " without rowid"), "insert into t values (1, 'v1'), (2, 'v2')"
    )
    init(place.target, asker=place.asker)
    place.write("0001_change.sql", f"{migration};")
    apply(place.target, [place.directory], asker=place.asker)
    place.sql(application)
    seen = preview(place.target, "before:0001_change", if_changed=policy)
    (row,) = seen.changed_since
    told = {"key": int(row.key["id"])} | {
        name: value and value["v"]
        for name, value in (
            ("before", row.before),
            ("journaled", row.journaled),
            ("live", row.live),
        )
    }
    assert told == expected
    assert row.what == ("changed" if case == "a new row changed" else case)
    live = place.sql("select id, v from t order by id")
    if policy == "refuse":
        with pytest.raises(ChangedSince):
            rollback(place.target, "before:0001_change", asker=place.asker)
        assert place.sql("select id, v from t order by id") == live
    else:
        rollback(place.target, "before:0001_change", asker=place.asker, if_changed=policy)
        wanted = live if policy == "keep" else [(1, "v1"), (2, "v2")]
        assert place.sql("select id, v from t order by id") == wanted
    hold_record(place, policy, expected, case)


def hold_record(place: Place, policy: str, expected: dict[str, Any], case: str) -> None:
    """Hold what the journal says of the policy, and of what it found, against that."""
    with place.target.journal() as journal:
        assert verify(journal).ok
        events = [entry.event for entry in journal.read()]
        started = [e for e in events if isinstance(e, RunStarted) and e.verb == "rollback"][-1]
        assert started.if_changed == policy
        ended = [
            e for e in events if isinstance(e, RunFailed if policy == "refuse" else RunCompleted)
        ]
        (found,) = contents(journal.content(ended[-1].changed))
    assert (found["table"].split(".")[-1], int(found["key"]["id"])) == ("t", expected["key"])
    for name in ("before", "journaled", "live"):
        assert (found[name] and found[name]["v"]) == expected[name]
    assert found["kept"] == (policy == "keep")


def contents(text: bytes | str | None) -> Sequence[dict[str, Any]]:
    """Return the objects of a text, one a line."""
    assert text is not None
    return [json.loads(line) for line in text.splitlines()]
