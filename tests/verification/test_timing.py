"""Queries measured before and after a migration."""

from __future__ import annotations

from typing import Any

import pytest

from journal.events import CheckRun
from journal.verified import Measured, Times
from projections.named import named_content
from tests.drills.operator import Operator

TABLE = """
CREATE TABLE visit (id integer PRIMARY KEY, page text NOT NULL, secret text);
INSERT INTO visit VALUES (1, '/a', 'x'), (2, '/b', 'y'), (3, '/a', 'z')"""
HEAD = "from commands.transform import Migration, Sql, Timing\n\n"
INDEX = "CREATE INDEX visit_by_page ON visit (page)"
BY_PAGE = "SELECT secret FROM visit WHERE page = 'LITERAL-a' OR page = '/a'"


@pytest.fixture
def visits(operator: Operator) -> Operator:
    """A table with three rows."""
    operator.begin_with(TABLE)
    return operator


def write(visits: Operator, *timings: str, step: str = INDEX, more: str = "") -> None:
    """Write a migration that times queries."""
    visits.file(
        "0001_timed.py",
        f"{HEAD}migration = Migration(steps=(Sql(sql={step!r}),),"
        f" verify=({', '.join(timings)},){more})\n",
    )


def timing(sql: str, **more: Any) -> str:
    """Return the text of a timing."""
    said = "".join(f", {name}={value!r}" for name, value in more.items())
    return f"Timing(name='by page', sql={sql!r}{said})"


def applied(visits: Operator) -> dict[str, Any]:
    """Apply, and return the one check."""
    (run,) = visits.json("apply", str(visits.migrations))["runs"]
    (check,) = run["checks"]
    return dict(check)


def test_before_and_after(visits: Operator) -> None:
    """Both moments have their seconds, rows and plan; texts stand in content, not in the entry."""
    write(visits, timing(BY_PAGE, runs=3))
    check = applied(visits)
    assert (check["passed"], check.get("expected", "")) == (True, "")
    sides = [check["details"][side] for side in ("before", "after")]
    assert [(len(side["seconds"]), side["rows"]) for side in sides] == [(3, 2), (3, 2)]
    assert all(second > 0 for side in sides for second in side["seconds"])
    (entry,) = visits.lines("log", "--type", "CheckRun")
    assert "LITERAL" not in str(entry)
    assert "LITERAL" not in visits.type("report")
    shown = visits.json("show", str(entry["position"]))["content"]
    assert shown[check["details"]["query"]] == BY_PAGE
    plans = [shown[side["plan"]] for side in sides]
    if visits.sqlite:
        assert plans[0].startswith("SCAN visit")
        assert "USING INDEX visit_by_page" in plans[1]
    else:
        assert all('"Node Type"' in plan for plan in plans)
    page = visits.type("report", "--values")
    assert "| plan before | plan after |" in page
    assert "LITERAL" in page
    visits.type("verify")


def test_only_after(visits: Operator) -> None:
    """A query of a new table says that it did not run before, one of a lost table not after."""
    write(visits, timing("SELECT 1 FROM anew"), step="ALTER TABLE visit RENAME TO anew")
    check = applied(visits)
    assert check["passed"]
    assert check["found"].startswith("did not run before, ")
    assert "anew" in check["details"]["before"]["error"]
    page = visits.type("report")
    assert "did not run: " in page
    visits.back("before:0001_timed")
    write(visits, timing("SELECT 1 FROM visit"), step="ALTER TABLE visit RENAME TO anew")
    check = applied(visits)
    assert check["passed"]
    assert check["found"].endswith(" ms before, did not run after")
    visits.back("before:0001_timed")
    write(visits, timing("SELECT 1 FROM never"))
    check = applied(visits)
    assert not check["passed"]
    assert check["found"] == "did not run before, did not run after"


def test_limits_only_warn(visits: Operator) -> None:
    """A limit that is passed is told, and the migration stands."""
    for more, passed in (
        ({"seconds": 1e-9}, False),
        ({"seconds": 60.0}, True),
        ({"ratio": 1e-9}, False),
        ({"ratio": 1e9, "seconds": 60}, True),
    ):
        write(visits, timing(BY_PAGE, runs=1, **more))
        check = applied(visits)
        assert check["passed"] == passed
        assert check["expected"].startswith("at most ")
        visits.back("before:0001_timed")
    write(visits, timing(BY_PAGE, runs=1, seconds=1e-9))
    said = visits.type("apply", str(visits.migrations))
    assert "verification: 0 of 1 passed" in said
    assert "timing by page: expected at most 1e-09 s, found " in said


def test_cannot_write(postgresql_operator: Operator) -> None:
    """A query that would write, through a function or a sequence, does not run, and leaves nothing."""
    visits = postgresql_operator
    visits.begin_with(
        TABLE + ";\nCREATE SEQUENCE counter;\n"
        "CREATE FUNCTION sneak() RETURNS integer LANGUAGE sql AS"
        " $$ INSERT INTO visit VALUES (9, '/s', 'SECRET') RETURNING id $$"
    )
    names = ("sneak()", "nextval('counter')", "set_config('transaction_read_only', 'off', true)")
    for sql in names:
        before = visits.fingerprint()
        write(visits, timing(f"SELECT {sql}"), step="SELECT 1")
        check = applied(visits)
        assert check["found"] == "did not run before, did not run after"
        assert visits.fingerprint() == before
        visits.back("before:0001_timed")


def test_batched(visits: Operator) -> None:
    """Batched migrations time, too, and so does a dry run."""
    write(visits, timing(BY_PAGE, runs=2), more=", batched=5")
    (trial,) = visits.json("apply", str(visits.migrations), "--dry-run")["migrations"]
    check = applied(visits)
    (tried,) = trial["checks"]
    for side in ("before", "after"):
        assert tried["details"][side]["rows"] == check["details"][side]["rows"] == 2
        assert check["details"][side]["plan"]
        if visits.sqlite:  # a server may know more of the table by now
            assert tried["details"][side]["plan"] == check["details"][side]["plan"]
    first, last = visits.lines("log", "--type", "CheckRun")
    assert "after" not in first["data"]["details"]
    assert last["data"]["details"] == check["details"]
    assert "before the first step" in visits.type("log", "--type", "CheckRun")


def test_content_is_vouched_for() -> None:
    """The texts of query and plans are content that ``clew verify`` asks for."""
    before, after = (
        Measured(seconds=(0.1,), plan="p1"),
        Measured(seconds=(0.3, 0.1, 0.2), plan="p2"),
    )
    event = CheckRun(name="x", passed=True, details=Times(query="q", before=before, after=after))
    assert [one for one in named_content(event) if one] == ["q", "p1", "p2"]
    assert after.median == 0.2
