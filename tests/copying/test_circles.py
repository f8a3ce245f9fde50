"""References that go in a circle, into tables that stand already and check them at once."""

from __future__ import annotations

from tests.copying.conftest import Journey, by_name

SOURCE = (
    "CREATE TABLE team (id integer PRIMARY KEY, lead integer REFERENCES person (id));\n"
    "CREATE TABLE person (id integer PRIMARY KEY, team integer REFERENCES team (id),"
    " boss integer REFERENCES person (id));\n"
    "INSERT INTO team VALUES (1, NULL), (2, NULL);\n"
    "INSERT INTO person VALUES (1, 2, NULL), (2, 1, 1), (3, 1, 2);\n"
    "UPDATE person SET boss = 3 WHERE id = 1;\n"
    "UPDATE team SET lead = 3 - id;\n"
)
TARGET = {
    True: "CREATE TABLE team (id integer PRIMARY KEY, lead integer REFERENCES person (id));\n"
    "CREATE TABLE person (id integer PRIMARY KEY, team integer REFERENCES team (id),"
    " boss integer REFERENCES person (id));\n",
    False: "CREATE TABLE team (id integer PRIMARY KEY, lead integer);\n"
    "CREATE TABLE person (id integer PRIMARY KEY, team integer REFERENCES team (id),"
    " boss integer REFERENCES person (id));\n"
    "ALTER TABLE team ADD FOREIGN KEY (lead) REFERENCES person (id);\n",
}


def test_null_first(into: Journey) -> None:
    """Rows come first without what they refer to, and get it when all are there."""
    into.source.script(SOURCE)
    before = into.target.begin_with(TARGET[into.target.sqlite])
    into.target.type("mark", "start")
    done = into.copy("--batch", "1")
    for sql in ("SELECT * FROM team ORDER BY 1", "SELECT * FROM person ORDER BY 1"):
        assert into.target.application(sql) == into.source.application(sql)
    assert all(check["passed"] for check in done["checks"])
    assert into.copy()["nothing"]
    into.source.application(
        "INSERT INTO team VALUES (3, NULL)",
        "INSERT INTO person VALUES (4, 3, NULL), (5, 3, 4)",
        "UPDATE person SET boss = 5 WHERE id = 4",
        "UPDATE team SET lead = 5 WHERE id IN (1, 3)",
    )
    changed = by_name(into.copy("--batch", "1"))
    assert (changed["team"]["inserted"], changed["team"]["updated"]) == (1, 1)
    for sql in ("SELECT * FROM team ORDER BY 1", "SELECT * FROM person ORDER BY 1"):
        assert into.target.application(sql) == into.source.application(sql)
    into.target.back("@start")
    assert into.target.fingerprint() == before
