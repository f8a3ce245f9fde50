"""The drills every release must pass, on both databases, judged by the oracle."""

from __future__ import annotations

import pytest

from tests.drills.operator import Operator
from tests.support.oracle import fingerprint

MANY = 3000
"""Rows of the large drills; their number changes nothing but the time."""


def numbers(operator: Operator, count: int) -> str:
    """Return a query of the numbers 1 to ``count`` as column ``n``."""
    if operator.sqlite:
        return (
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
            f" WHERE n < {count}) SELECT n FROM s"
        )
    return f"SELECT n FROM generate_series(1, {count}) AS s(n)"


def people(operator: Operator, count: int = MANY) -> str:
    """Return the script of a table of people with mixed-case e-mails."""
    return (
        "CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, email text,"
        " born integer DEFAULT 1900);\n"
        "INSERT INTO person (id, name, email) SELECT n, 'Person ' || n, 'Mail' || n ||"
        f" '@Example.ORG' FROM ({numbers(operator, count)}) AS x"
    )


def test_dropped_column(operator: Operator) -> None:
    """DROP COLUMN, rolled back, returns every value in the old column order."""
    before = operator.begin_with(people(operator))
    operator.apply("0001_drop", "ALTER TABLE person DROP COLUMN email;")
    assert operator.fingerprint() != before
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before
    operator.back("after:0001_drop")
    assert operator.application("SELECT count(*) FROM person") == [(MANY,)]
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before


def test_update(operator: Operator) -> None:
    """An UPDATE that folds letters comes back byte by byte."""
    before = operator.begin_with(people(operator))
    operator.apply("0001_upper", "UPDATE person SET email = upper(email) WHERE id % 3 = 0;")
    operator.back("before:0001_upper")
    assert operator.fingerprint() == before


def test_third_statement_fails(operator: Operator) -> None:
    """A failing statement leaves nothing half done; the attempt is on record; retry works."""
    before = operator.begin_with(people(operator, 10))
    failing = (
        "CREATE TABLE team (id integer PRIMARY KEY);\n"
        "UPDATE person SET name = 'x' WHERE id = 1;\n"
        "INSERT INTO person (id, name) VALUES (2, 'twice');\n"
    )
    operator.apply("0001_team", failing, code=5)
    assert operator.fingerprint() == before
    failed = [line for line in operator.lines("log") if line["type"] == "RunFailed"]
    (attempt,) = failed
    assert attempt["data"]["statement"]["number"] == 3
    assert attempt["data"]["statement"]["line"] == 3
    expected = "SQLITE_CONSTRAINT_PRIMARYKEY" if operator.sqlite else "23505"
    assert attempt["data"]["sqlstate"] == expected
    operator.apply("0001_team", failing.replace("(2, 'twice')", "(11, 'once')"))
    operator.back("before:0001_team")
    assert operator.fingerprint() == before


def test_files_told_apart(operator: Operator) -> None:
    """Edited, renamed, missing and late files are told apart and refused until accepted."""
    operator.type("init", "--name", "drill")
    for number in (1, 2, 3, 5):
        operator.file(f"000{number}_t{number}.sql", f"CREATE TABLE t{number} (id integer);")
    operator.type("apply", str(operator.migrations))
    (operator.migrations / "0001_t1.sql").write_text("CREATE TABLE t1 (id integer, a integer);")
    (operator.migrations / "0002_t2.sql").rename(operator.migrations / "0002_tt.sql")
    (operator.migrations / "0003_t3.sql").unlink()
    operator.file("0004_t4.sql", "CREATE TABLE t4 (id integer);")
    operator.application("CREATE TABLE by_hand (id integer)")
    status = operator.json("status", str(operator.migrations))
    assert status["changed_files"] == ["0001_t1"]
    assert len(status["renamed_files"]) == 1
    assert status["missing_files"] == ["0003_t3"]
    assert status["late_files"] == ["0004_t4"]
    assert any("by_hand" in str(one) for one in status["drift"])
    operator.type("apply", str(operator.migrations), code=3)


def test_application_rows_stay(operator: Operator) -> None:
    """Rows an application adds, in the same and in other tables, stay and abort nothing."""
    operator.begin_with(people(operator, 20) + ";\nCREATE TABLE note (id integer PRIMARY KEY)")
    operator.apply(
        "0001_both",
        "UPDATE person SET name = upper(name);\nALTER TABLE person DROP COLUMN email;\n",
    )
    operator.application(
        "INSERT INTO person (id, name) VALUES (100, 'new')", "INSERT INTO note VALUES (1)"
    )
    operator.back("before:0001_both")
    rows = operator.application("SELECT id, name, email FROM person WHERE id IN (1, 100)")
    assert sorted(rows) == [(1, "Person 1", "Mail1@Example.ORG"), (100, "new", None)]
    assert operator.application("SELECT id FROM note") == [(1,)]


@pytest.mark.parametrize("policy", ["refuse", "keep", "overwrite"])
def test_changed_since(operator: Operator, policy: str) -> None:
    """Rows written since are refused, kept or overwritten, as the operator says."""
    operator.begin_with(people(operator, 20))
    operator.apply("0001_upper", "UPDATE person SET name = upper(name);")
    operator.application("UPDATE person SET name = 'mine' WHERE id = 7")
    plan = operator.json("rollback", "before:0001_upper", "--plan")
    assert [row["live"]["name"] for row in plan["changed_since"]] == ["mine"]
    code = 3 if policy == "refuse" else 0
    operator.back("before:0001_upper", "--if-changed", policy, code=code)
    names = dict(operator.application("SELECT id, name FROM person WHERE id IN (6, 7)"))
    assert (
        names
        == {
            "refuse": {6: "PERSON 6", 7: "mine"},
            "keep": {6: "Person 6", 7: "mine"},
            "overwrite": {6: "Person 6", 7: "Person 7"},
        }[policy]
    )


def test_keys_that_shift(operator: Operator) -> None:
    """Keys that shift by one in a single statement come back."""
    key = "PRIMARY KEY" if operator.sqlite else "PRIMARY KEY DEFERRABLE INITIALLY DEFERRED"
    before = operator.begin_with(
        f"CREATE TABLE t (id integer {key}, v text);\n"
        f"INSERT INTO t SELECT n, 'v' || n FROM ({numbers(operator, 100)}) AS x"
    )
    if operator.sqlite:
        shift = "UPDATE t SET id = -id;\nUPDATE t SET id = -id + 1;"
    else:
        shift = "UPDATE t SET id = id + 1;"
    operator.apply("0001_shift", shift)
    operator.back("before:0001_shift")
    assert operator.fingerprint() == before


def test_swapped_unique_values(operator: Operator) -> None:
    """Two rows that swap a unique value come back."""
    unique = "UNIQUE" if operator.sqlite else "UNIQUE DEFERRABLE INITIALLY DEFERRED"
    before = operator.begin_with(
        f"CREATE TABLE t (id integer PRIMARY KEY, seat integer {unique});\n"
        "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)"
    )
    if operator.sqlite:
        swap = (
            "UPDATE t SET seat = -seat WHERE id < 3;\nUPDATE t SET seat = 30 + seat WHERE id < 3;"
        )
    else:
        swap = "UPDATE t SET seat = 30 - seat WHERE id < 3;"
    operator.apply("0001_swap", swap)
    assert dict(operator.application("SELECT id, seat FROM t")) == {1: 20, 2: 10, 3: 30}
    operator.back("before:0001_swap")
    assert operator.fingerprint() == before


def test_table_without_key(operator: Operator) -> None:
    """Equal rows of a table without a key come back, as many as there were."""
    before = operator.begin_with(
        "CREATE TABLE t (a integer, b text);\n"
        "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, NULL), (2, NULL), (3, 'y')"
    )
    operator.apply(
        "0001_some",
        "UPDATE t SET b = 'z' WHERE a = 2;\nDELETE FROM t WHERE a = 1;\n"
        "INSERT INTO t VALUES (1, 'x');\nINSERT INTO t VALUES (3, 'y');",
    )
    operator.back("before:0001_some")
    assert operator.fingerprint() == before


def test_trigger_that_writes_elsewhere(operator: Operator) -> None:
    """What a user's trigger writes elsewhere is journaled, and taken back without firing it."""
    operator.script(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer);\n"
        "CREATE TABLE audit (id integer, old integer, new integer);\n"
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)"
    )
    if operator.sqlite:
        operator.application(
            "CREATE TRIGGER t_audit AFTER UPDATE ON t BEGIN"
            " INSERT INTO audit VALUES (new.id, old.v, new.v); END"
        )
    else:
        operator.application(
            "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO audit VALUES (new.id, old.v, new.v); RETURN new; END $$",
            "CREATE TRIGGER t_audit AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION audit()",
        )
    operator.type("init", "--name", "drill")
    before = operator.fingerprint()
    operator.apply("0001_up", "UPDATE t SET v = v * 10;")
    assert operator.application("SELECT count(*) FROM audit") == [(3,)]
    operator.back("before:0001_up")
    assert operator.fingerprint() == before
    operator.back("after:0001_up")
    assert operator.application("SELECT count(*) FROM audit") == [(3,)]


def test_cascade_three_levels_deep(operator: Operator) -> None:
    """Rows deleted by a cascade three levels deep come back, whoever asked for one."""
    before = operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY);\n"
        "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a ON DELETE CASCADE);\n"
        "CREATE TABLE c (id integer PRIMARY KEY, b integer REFERENCES b ON DELETE CASCADE);\n"
        "CREATE TABLE d (id integer PRIMARY KEY, c integer REFERENCES c ON DELETE SET NULL);\n"
        "INSERT INTO a VALUES (1), (2);\nINSERT INTO b VALUES (1, 1), (2, 1), (3, 2);\n"
        "INSERT INTO c VALUES (1, 1), (2, 2), (3, 3);\nINSERT INTO d VALUES (1, 1), (2, 2), (3, 3)"
    )
    operator.apply("0001_delete", "DELETE FROM a WHERE id = 1;")
    assert operator.application("SELECT count(*) FROM c") == [(1,)]
    operator.back("before:0001_delete")
    assert operator.fingerprint() == before


def test_dropped_tables(operator: Operator) -> None:
    """Dropped tables come back with rows, keys, indexes and references."""
    before = operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY, v text NOT NULL DEFAULT 'x' UNIQUE);\n"
        "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id));\n"
        "CREATE INDEX b_a ON b (a) WHERE a > 1;\nCREATE VIEW ab AS SELECT a.v, b.id FROM a, b;\n"
        "INSERT INTO a VALUES (1, 'one'), (2, 'two');\nINSERT INTO b VALUES (1, 1), (2, 2)"
    )
    operator.apply("0001_drop", "DROP VIEW ab;\nDROP TABLE b;\nDROP TABLE a;")
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before


def test_every_position(operator: Operator) -> None:
    """Each position can be reached from each other, also those before an earlier rollback."""
    seen = {2: operator.begin_with(people(operator, 15))}
    for name, sql in {
        "0001_a": "ALTER TABLE person ADD COLUMN nick text;",
        "0002_b": "UPDATE person SET nick = lower(name);",
        "0003_c": "ALTER TABLE person RENAME COLUMN nick TO called;",
        "0004_d": "DELETE FROM person WHERE id > 10;",
        "0005_e": "ALTER TABLE person RENAME TO people;",
    }.items():
        operator.apply(name, sql)
        head = operator.json("status", str(operator.migrations))["head"]["position"]
        seen[head] = operator.fingerprint()
    places = list(seen)
    for target in [places[2], places[5], places[0], places[4], places[1], places[3], places[5]]:
        operator.back(str(target))
        assert fingerprint(operator.url) == seen[target], target


@pytest.mark.parametrize(
    "name", ["Mixed Case", 'quo"te', "select", "emoji 🙂", "semi;colon", "per%cent", "a.b"]
)
def test_odd_identifiers(operator: Operator, name: str) -> None:
    """Names with quotes, spaces, upper case, emoji and keywords come back like any other."""
    q = '"' + name.replace('"', '""') + '"'
    before = operator.begin_with(
        f"CREATE TABLE {q} ({q} integer PRIMARY KEY, v text);\n"
        f"INSERT INTO {q} VALUES (1, '<script>'), (2, '100%'), (3, 'it''s ?:')"
    )
    operator.apply(
        "0001_odd",
        f"UPDATE {q} SET v = v || '%s :x ?';\nALTER TABLE {q} ADD COLUMN extra integer DEFAULT 5;\n"
        f"ALTER TABLE {q} DROP COLUMN v;\nDROP TABLE {q};",
    )
    operator.back("before:0001_odd")
    assert operator.fingerprint() == before


def test_plan_tells_a_refusal(operator: Operator) -> None:
    """A plan that the database would refuse says so, and the rollback is refused, not failed."""
    operator.begin_with(
        "CREATE TABLE t (id integer PRIMARY KEY);\nCREATE TABLE c (t integer REFERENCES t (id))"
    )
    operator.apply("0001_row", "INSERT INTO t VALUES (1);")
    assert operator.json("rollback", "before:0001_row", "--plan")["blocked"] == ""
    operator.application("INSERT INTO c VALUES (1)")
    plan = operator.json("rollback", "before:0001_row", "--plan")
    assert plan["blocked"]
    for policy in ("refuse", "keep", "overwrite"):
        operator.back("before:0001_row", "--if-changed", policy, code=3)
    assert operator.application("SELECT count(*) FROM c JOIN t ON t.id = c.t") == [(1,)]


def test_back_before_accepted_drift(operator: Operator) -> None:
    """A table made by hand and accepted goes, and comes back, rows and all."""
    before = operator.begin_with("CREATE TABLE t (id integer PRIMARY KEY)")
    operator.apply("0001_row", "INSERT INTO t VALUES (1);")
    operator.application("CREATE TABLE extra (a integer)", "INSERT INTO extra VALUES (5)")
    operator.type("accept", "--reason", "made by hand")
    accepted = operator.fingerprint()
    operator.type("mark", "accepted")
    operator.back("before:0001_row", code=3)
    operator.back("before:0001_row", "--if-changed", "overwrite")
    assert operator.fingerprint() == before
    operator.back("@accepted", "--if-changed", "overwrite")
    assert operator.fingerprint() == accepted


TABLES = """CREATE TABLE t (id integer PRIMARY KEY, v text, n integer);
INSERT INTO t VALUES (1, 'v1', 1), (2, 'v2', 2), (3, 'v3', 3), (4, 'v4', 4), (5, 'v5', 5);
CREATE TABLE c (id integer PRIMARY KEY, t integer REFERENCES t (id) ON DELETE CASCADE)"""


@pytest.mark.parametrize("policy", ["keep", "overwrite"])
@pytest.mark.parametrize(
    ("migration", "application", "kept", "overwritten"),
    [
        ("UPDATE t SET v = 'm' WHERE id < 3", "DELETE FROM t WHERE id = 2", [], [(2, "v2", 2)]),
        ("DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (2, 'app', 0)", [(2, "app", 0)],
         [(2, "v2", 2)]),
        ("ALTER TABLE t DROP COLUMN v", "DELETE FROM t WHERE id = 2", [], []),
        ("UPDATE t SET v = 'm'", "UPDATE t SET n = 0 WHERE id = 2", [(2, "m", 0)],
         [(2, "v2", 2)]),
        ("INSERT INTO t VALUES (6, 'm', 6)", "DELETE FROM t WHERE id = 6", [(2, "v2", 2)],
         [(2, "v2", 2)]),
    ],
)  # fmt: skip
def test_policies(
    operator: Operator,
    policy: str,
    migration: str,
    application: str,
    kept: list[tuple[object, ...]],
    overwritten: list[tuple[object, ...]],
) -> None:
    """A row written since is refused and told, kept, or overwritten, and the rest comes back."""
    operator.begin_with(TABLES)
    operator.apply("0001_change", f"{migration};")
    operator.application(application)
    plan = operator.json("rollback", "before:0001_change", "--plan")
    assert plan["changed_count"] == 1
    assert len(plan["changed_since"]) == 1
    operator.back("before:0001_change", code=3)
    operator.back("before:0001_change", "--if-changed", policy)
    wanted = kept if policy == "keep" else overwritten
    assert operator.application("SELECT * FROM t WHERE id = 2") == wanted
    others = operator.application("SELECT v FROM t WHERE id <> 2 ORDER BY id")
    assert others == [("v1",), ("v3",), ("v4",), ("v5",)]


def test_overwritten(operator: Operator) -> None:
    """Overwriting puts back what an application deleted or put in the place of a row."""
    before = operator.begin_with(TABLES)
    operator.apply("0001_change", "UPDATE t SET v = 'm' WHERE id < 3; DELETE FROM t WHERE id = 4;")
    operator.application(
        "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (4, 'app', 0)", "UPDATE t SET v = 'a'"
    )
    operator.back("before:0001_change", "--if-changed", "overwrite")
    rows = operator.application("SELECT * FROM t WHERE id IN (1, 2, 4) ORDER BY id")
    assert rows == [(1, "v1", 1), (2, "v2", 2), (4, "v4", 4)]
    assert before


def test_child_written_since(operator: Operator) -> None:
    """A row that refers to what would go refuses the rollback, though it would be deleted too."""
    operator.begin_with(TABLES)
    operator.apply("0001_row", "INSERT INTO t VALUES (6, 'm', 6);")
    operator.application("INSERT INTO c VALUES (6, 6)")
    assert "refer" in operator.json("rollback", "before:0001_row", "--plan")["blocked"]
    for policy in ("refuse", "keep", "overwrite"):
        operator.back("before:0001_row", "--if-changed", policy, code=3)
    assert operator.application("SELECT * FROM c") == [(6, 6)]


def test_nothing_to_take_back(operator: Operator) -> None:
    """A migration that changed nothing is taken back too: it is pending again."""
    before = operator.begin_with("CREATE TABLE person (id integer PRIMARY KEY);\n")
    operator.apply("0001_nothing", "DELETE FROM person;")
    operator.back("before:0001_nothing")
    assert operator.fingerprint() == before
    head = operator.json("status")["head"]
    operator.back("before:0001_nothing")
    assert operator.json("status")["head"] == head
    assert [run["migration"] for run in operator.json("apply", str(operator.migrations))["runs"]]
