"""Which transforms many workers may do, and why others are for one."""

from __future__ import annotations

import pytest

from commands.observing import known_schema
from commands.opening import target
from commands.transform import Rows, Select, Transform, first, generated, key, provision, unmapped
from commands.transform.spec import Rule
from commands.transform.splitting import hindrance
from tests.drills.operator import Operator

TABLES = {
    "plain": "CREATE TABLE t (who integer PRIMARY KEY, name text)",
    "two": "CREATE TABLE t (who integer NOT NULL, name text NOT NULL, PRIMARY KEY (name, who))",
    "made": "CREATE TABLE t (id varchar(40) PRIMARY KEY, who integer UNIQUE, name text)",
    "claimed": "CREATE TABLE t (who integer PRIMARY KEY, name text UNIQUE)",
    "index": "CREATE TABLE t (who integer PRIMARY KEY, name text);\nCREATE UNIQUE INDEX t_name ON t (lower(name))",
    "friend": "CREATE TABLE t (who integer PRIMARY KEY, name integer REFERENCES t (who))",
    "no friend": "CREATE TABLE t (who integer PRIMARY KEY, name text, friend integer REFERENCES t (who))",
    "view": "CREATE TABLE t (who integer PRIMARY KEY, name text);\nCREATE VIEW v AS SELECT * FROM t",
}
WHY = {
    "plain": "",
    "two": "",
    "made": "",
    "claimed": "two subjects may claim one row of",
    "index": "two subjects may claim one row of",
    "friend": "may refer to t of another subject",
    "no friend": "",
    "view": "",
}


def why(operator: Operator, spec: Transform) -> str:
    """Ask about a transform, as the journal knows the tables."""
    place = target(operator.url)
    with place.journal() as journal:
        return hindrance(spec, known_schema(journal).objects, journal.database.kind)


def spec(sql: str = "SELECT who, name FROM old", **more: Rule) -> Transform:
    """Return a transform into ``t``."""
    columns: dict[str, Rule] = {"who": key("who"), "name": first("name"), **more}
    return Transform(
        name="people",
        source=Select(sql=sql),
        subject="who",
        into=(Rows(table="t", columns=columns),),
    )


@pytest.mark.parametrize("name", TABLES)
def test_tables(operator: Operator, name: str) -> None:
    """Rows that only their own subject can claim, or refer to, are nobody else's."""
    operator.begin_with(f"CREATE TABLE old (who integer, name text);\n{TABLES[name]}")
    more: dict[str, Rule] = {"id": generated("t")} if name == "made" else {}
    found = why(operator, spec(**more))
    assert WHY[name] in found
    assert bool(found) == bool(WHY[name])


def test_numbered(operator: Operator) -> None:
    """Rows that the table numbers as they come are done in the order of the source."""
    kind = "serial" if not operator.sqlite else "integer"
    operator.begin_with(
        f"CREATE TABLE t (id {kind} PRIMARY KEY, who integer UNIQUE, name text);\n"
        "CREATE TABLE old (who integer, name text)"
    )
    assert "numbered as they come (id)" in why(operator, spec())
    assert why(operator, spec(id=key("who"))) == ""


def test_what_it_reads(operator: Operator) -> None:
    """A source that reads what the transform fills, through a view too, is for one worker."""
    operator.begin_with(
        "CREATE TABLE t (who integer PRIMARY KEY, name text);\n"
        "CREATE TABLE old (who integer, name text);\n"
        "CREATE VIEW v AS SELECT old.* FROM old LEFT JOIN t ON t.who = old.who WHERE t.who IS NULL;\n"
        "CREATE VIEW w AS SELECT * FROM v"
    )
    assert why(operator, spec()) == ""
    assert why(operator, spec("SELECT who, name FROM w")) == "it reads t, which it fills"


def test_triggers(operator: Operator) -> None:
    """A trigger on a table that is filled may see rows in another order."""
    body = (
        "BEGIN SELECT 1; END"
        if operator.sqlite
        else "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    operator.begin_with(
        "CREATE TABLE t (who integer PRIMARY KEY, name text);\n"
        "CREATE TABLE old (who integer, name text);\n"
        f"CREATE TRIGGER seen {'AFTER' if operator.sqlite else 'BEFORE'} UPDATE ON t {body}"
    )
    assert "trigger seen of" in why(operator, spec())


def test_rows_that_subjects_share(operator: Operator) -> None:
    """Rows that several subjects merge into, or make for each other, are for one worker."""
    operator.begin_with(
        "CREATE TABLE t (who integer PRIMARY KEY, name text);\n"
        "CREATE TABLE old (who integer, name text)"
    )
    stand_in = provision("t", match="who", columns={"who": key("who"), "name": first("name")})
    shared = Transform(
        name="people",
        source=Select(sql="SELECT who, name FROM old"),
        subject="who",
        into=(stand_in,),
    )
    assert why(operator, shared) == "subjects may meet in rows of t"
    kept = Transform(
        name="more", source=unmapped("x", of="people"), subject="who", into=spec().into
    )
    assert why(operator, kept) == "it reads what another transform left unmapped"


def test_said_in_one_line(operator: Operator) -> None:
    """Where one worker does what many were asked for, the answer says why."""
    operator.begin_with(
        "CREATE TABLE t (who integer PRIMARY KEY, name text UNIQUE);\n"
        "CREATE TABLE old (who integer, name text);\n"
        "INSERT INTO old VALUES (1, 'a'), (2, 'a'), (3, 'c')"
    )
    operator.file(
        "0001_t.py",
        "from commands.transform import Migration, Rows, Select, Transform, first, key\n"
        "columns = {'who': key('who'), 'name': first('name')}\n"
        "old = Select(sql='SELECT who, name FROM old', order='name')\n"
        "people = Transform(name='people', source=old,\n"
        "    subject='who', into=(Rows(table='t', columns=columns),))\n"
        "migration = Migration(batched=1, steps=(people,))\n",
    )
    said = operator.type("apply", str(operator.migrations), "--jobs", "4")
    assert "note: people was done by one worker: two subjects may claim one row of" in said
    assert operator.application("SELECT who FROM t ORDER BY who") == [(1,), (3,)]
