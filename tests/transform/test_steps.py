"""Steps beside transforms: limits, commands, what a dry run explains, and files that make no sense."""

from __future__ import annotations

import json

import pytest

from tests.drills.operator import Operator

OLD = """CREATE TABLE old (who integer, n integer PRIMARY KEY, name text);
CREATE TABLE person (who integer PRIMARY KEY, name text);
INSERT INTO old VALUES (1, 1, 'Ada'), (1, 2, 'Ada L.'), (2, 3, 'Bob')"""

HEAD = """import sys
from commands.transform import *
"""
TRANSFORM = """Transform(
    name="people", source=Select(sql="SELECT who, n, name FROM old", order="n"),
    subject="who", record=("n",),
    into=(Rows(table="person", columns={"who": key("who"), "name": first("name")}),),
)"""


def migration(*steps: str, **settings: str) -> str:
    """Return a file with a transform of people and more steps."""
    said = "".join(f", {name}={value}" for name, value in settings.items())
    return f"{HEAD}migration = Migration(steps=({', '.join((TRANSFORM, *steps))},){said})\n"


@pytest.fixture
def begun(operator: Operator) -> Operator:
    """Two people with three records."""
    operator.begin_with(OLD)
    return operator


def apply(begun: Operator, text: str, *words: str, code: int = 0) -> str:
    """Write the migration and apply it."""
    begun.file("0001_people.py", text)
    return begun.type("apply", str(begun.migrations), *words, code=code)


@pytest.mark.parametrize("settings", [{}, {"batched": "1"}])
def test_limits(begun: Operator, settings: dict[str, str]) -> None:
    """A bound that is passed stops the run, or only warns; shares are of subjects."""
    before = begun.fingerprint()
    half = 'Limit(name="few", of="people", conflicts=0.4)'
    apply(begun, migration(half, **settings), code=5)
    assert "few: expected conflicts at most 40.00%, found conflicts 1 (50.00%)" in begun.err
    if settings:
        begun.back("before:0001_people")
    assert begun.fingerprint() == before
    warns = half.replace(")", ", warns=True)")
    fits = 'Limit(name="fits", of="people", conflicts=0.5, rejected=0, seconds=300)'
    said = apply(begun, migration(warns, fits, **settings))
    assert "check few: expected" in said
    assert "check fits: holds" in said


def test_a_command_after_commit(begun: Operator) -> None:
    """A program sees what is committed; how it ended and what it said last is kept."""
    ask = (
        "import os, sqlite3, psycopg; url = os.environ['DATABASE_URL'];"
        "db = sqlite3.connect(url[10:]) if url.startswith('sqlite') else psycopg.connect(url);"
        "print('people:', db.execute('SELECT count(*) FROM person').fetchone()[0], url)"
    )
    good = f'Command(name="ask", argv=(sys.executable, "-c", {ask!r}))'
    answer = json.loads(apply(begun, migration(good), "--format", "json"))
    (check,) = answer["runs"][0]["checks"]
    assert (check["passed"], check["found"]) == (True, "exit code 0")
    shown = begun.type("show", answer["runs"][0]["run"])
    assert "people: 2" in shown
    assert ":clew@" not in shown
    begun.type("verify")
    begun.back("before:0001_people")
    bad = 'Command(name="no", argv=("false",)), Command(name="never", argv=("true",))'
    apply(begun, migration(bad), code=5)
    assert "command no: expected exit code 0, found exit code 1" in begun.err
    assert begun.application("SELECT count(*) FROM person") == [(2,)]
    begun.back("before:0001_people")
    warns = 'Command(name="no", argv=("/nowhere",), warns=True)'
    assert "check no: expected exit code 0, found no program" in apply(begun, migration(warns))
    begun.back("before:0001_people")
    late = 'Command(name="late", argv=("sleep", "9"), timeout=0.1, warns=True)'
    assert "found no end within 0.1 seconds" in apply(begun, migration(late))


def test_explained(begun: Operator) -> None:
    """A dry run says in words what goes where, and runs no program."""
    kept = begun.home / "kept"
    touch = f'Command(name="touch", argv=("touch", {str(kept)!r}))'
    said = apply(begun, migration(touch), "--dry-run")
    for line in (
        "transform people: SELECT who, n, name FROM old",
        "a subject is one who; its records in the order n",
        "person: one row for each subject",
        "name = first of name",
        "who = the key who",
        'when committed, command touch: "touch"',
        "conflicts: 1",
    ):
        assert line in said
    assert "ConflictFound" not in said
    assert not kept.exists()
    apply(begun, migration(touch))
    assert kept.exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('order="n"', 'order=""', "the source states no order"),
        (', order="n"', "", "the source states no order"),
        ('"name": first("name")', '"name": first("name"), "name": last("name")', "two rules"),
        ('first("name")', 'first("nme")', "a rule takes nme, which no record has"),
        ('first("name")', "first()", "takes no field"),
        ('first("name")', "3", "into, columns name: expected Pick or Key or"),
        ('record=("n",)', 'record="n"', "record: expected a tuple of str, found str"),
        ("),),\n)", "),)[0],\n)", "into: expected a tuple of Rows, found Rows"),
        ("steps=(", "batched='x', steps=(", "batched: expected int or None, found str"),
        ("steps=(", "batched=0, steps=(", "batched is less than 1"),
        ('table="person"', 'table="nobody"', "no table nobody"),
        ('"name": first', '"nme": first', "no column nme"),
        ("into=(Rows", "into=() and (Rows", "goes into no table"),
        ("),),\n)", "),),\n), " + TRANSFORM, "two transforms are named people"),
        ("),),\n)", '),),\n), Limit(name="l", of="x")', "no transform x stands before it"),
        ('subject="who"', 'subject="whom"', "selects no column whom"),
        ("FROM old", "FROM nowhere", "nowhere"),
        ('order="n"', 'order="nowhere"', "nowhere"),
    ],
)
def test_no_sense(begun: Operator, old: str, new: str, said: str) -> None:
    """A file that cannot mean anything is refused in one line before it changes anything."""
    before = begun.fingerprint()
    text = migration()
    assert old in text
    begun.file("0001_people.py", text.replace(old, new))
    begun.capsys.readouterr()
    code = 5 if "nowhere" in new else 3
    begun.type("apply", str(begun.migrations), code=code)
    assert said in begun.err
    assert begun.fingerprint() == before
