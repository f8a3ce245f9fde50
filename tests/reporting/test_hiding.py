"""Columns that are hidden: their values stand in no report, in whatever form."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.made_of import made_of
from tests.drills.operator import Operator

OLD = """CREATE TABLE person (id integer PRIMARY KEY, n integer NOT NULL, email text, data text);
INSERT INTO person VALUES (1, 1, 'SECRET-a@x', '{"city": "Rome", "note": "open-1", "pin": "SECRET-p1"}');
INSERT INTO person VALUES (2, 1, 'SECRET-b@x', '{"city": "Oslo", "pin": "SECRET-p2"}');
INSERT INTO person VALUES (3, 2, 'SECRET-c@x', '{"city": {"a": 1}, "pin": "SECRET-p3"}')"""
NEW = "CREATE TABLE profile (n integer PRIMARY KEY, mail text, city text);\n"
MOVE = """
from commands.transform import *
migration = Migration(steps=(
    Transform(
        name="move",
        source=Select(sql="SELECT {select} FROM person", order="id", unpack=("data",)),
        subject="n",
        record=("id",),
        into=(Rows(table="profile", columns={{
            "n": key("n"),
            "mail": first({field!r}),
            "city": first("city", on_conflict="park"),
        }}),),
    ),
    Check(name="first", sql="SELECT min(email) FROM person", equals="SECRET-a@x"),
))
"""
WAYS = {
    "by its name": ("id, n, email, data", "email"),
    "all columns": ("*", "email"),
    "under another name": ("id, n, email AS contact, data", "contact"),
    "made of it": ("id, n, email || '-SECRET' AS contact, data", "contact"),
    "through a table of its own": (
        "id, n, contact, data FROM (SELECT id, n, email AS contact, data FROM person) AS p"
        " WHERE id IN (SELECT id",
        "contact",
    ),
}

SELECTS = {
    "SELECT id, email FROM person": {"email"},
    "SELECT * FROM person WHERE email > 'a' ORDER BY email": set(),
    "SELECT p.*, upper(p.email) AS x, city FROM person p JOIN c ON c.e = p.email": {"x"},
    "SELECT (SELECT max(email) FROM person) AS most, id FROM other": {"most"},
    "SELECT x FROM (SELECT email AS x FROM person) q": None,
    "SELECT j.value FROM person, json_each(person.email) AS j": None,
    "WITH q AS (SELECT email AS x FROM person) SELECT x FROM q": None,
    "SELECT id FROM a UNION SELECT email FROM person": None,
    "SELECT to_jsonb(p) AS x FROM person p": None,
    "SELECT 'email' AS x, id FROM person": set(),
    'SELECT "email" x FROM person': {"x"},
    "SELECT id, upper(email) FROM person": None,
    "SELECT email || 'x', id FROM person": None,
    "not SQL at all (": None,
}


@pytest.mark.parametrize("sql", SELECTS)
def test_what_is_made_of_it(sql: str) -> None:
    """Of a SELECT it is known which columns are made of hidden ones; or it is not known."""
    assert made_of(sql, {"email"}) == SELECTS[sql]


def moved(operator: Operator, way: str = "by its name") -> Operator:
    """Move people whose addresses disagree; one is rejected, and a statement fails."""
    operator.begin_with(OLD)
    operator.apply("0001_profile", NEW)
    select, field = WAYS[way]
    text = MOVE.format(select=select, field=field)
    if "FROM (" in select:
        text = text.replace('FROM person", order', 'FROM person)", order')
    operator.file("0002_move.py", text)
    operator.type("apply", str(operator.migrations))
    operator.apply("0003_bad", "UPDATE person SET email = 'SECRET-d' || nowhere;\n", code=5)
    return operator


def everything(operator: Operator, *words: str) -> str:
    """Return the report in every form, with values."""
    forms = (("--html", "-"), (), ("--format", "json"), ("--format", "jsonl"))
    return "".join(operator.type("report", "--values", *words, *form) for form in forms)


@pytest.mark.parametrize("way", WAYS)
def test_hidden(operator: Operator, way: str) -> None:
    """A hidden column's values are nowhere: as candidates, without a home, rejected, in statements."""
    moved(operator, way)
    assert "SECRET-a@x" in everything(operator)
    hidden = everything(operator, "--hide", "person.email", "--hide", "move.pin")
    assert "SECRET" not in hidden
    assert "hidden" in hidden
    assert "person.email" in hidden
    if way in ("by its name", "all columns", "under another name", "made of it"):
        assert "Oslo" in hidden
        assert "open-1" in hidden


def test_hidden_whole(operator: Operator) -> None:
    """A hidden column that is unpacked, or a key, hides all that comes of it."""
    moved(operator)
    said = everything(operator, "--hide", "person.data")
    assert "Oslo" not in said
    assert "SECRET-p" not in said
    assert "SECRET" not in everything(operator, "--hide", "PERSON.Data", "--hide", "person.email")
    (conflict,) = operator.json("report", "--hide", "person.n")["waiting"]["conflicts"]
    assert conflict["subject"] == "hidden"
    assert operator.json("report")["waiting"]["conflicts"][0]["subject"] == "1"


def test_hidden_by_the_project(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file beside the project hides without being asked; a slip in a call is an error."""
    moved(operator)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "clew-hidden.txt"
    file.write_text("# people\nperson.email   # addresses\n\nmove.pin\nelsewhere.phone\n")
    said = everything(operator)
    assert "SECRET" not in said
    assert "elsewhere.phone" in operator.err
    assert "elsewhere.phone" in operator.type("report", "--html", "-")
    operator.type("report", "--hide", "person.emial", code=4)
    operator.type("report", "--hide", "email", code=2)
    file.write_text("person\n")
    operator.type("report", code=2)
    monkeypatch.setenv("CLEW_HIDDEN", str(tmp_path / "other.txt"))
    operator.type("report", code=4)
    (tmp_path / "other.txt").write_text("person.email\nmove.pin\n")
    assert "SECRET" not in everything(operator)


def test_hidden_through_names(operator: Operator) -> None:
    """A column stays hidden under each name that it had or has, and its table too."""
    moved(operator)
    names = "ALTER TABLE person RENAME COLUMN email TO mail_address;\n"
    operator.apply("0003_bad", names + "ALTER TABLE person RENAME TO people;\n")
    for name in ("person.email", "person.mail_address", "people.mail_address"):
        assert "SECRET" not in everything(operator, "--hide", name, "--hide", "move.pin")


def test_erased(operator: Operator) -> None:
    """What was erased for good stands in no report, and is told: where it was, and what it costs."""
    moved(operator)
    operator.type("erase", "subject", "1", "--reason", "asked for on 3 May", "--yes")
    operator.type("verify")
    page = operator.type("report", "--values", "--html", "-")
    said = everything(operator)
    for gone in ("SECRET-p1", "open-1", "Oslo", "Rome"):
        assert gone not in said
    for words in ("Erased and archived", "asked for on 3 May", "erased at"):
        assert words in page
