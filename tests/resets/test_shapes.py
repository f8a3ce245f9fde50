"""Shapes that PostgreSQL's tables have: partitions, heirs, schemas, policies, rules."""

from __future__ import annotations

import psycopg
import pytest

from tests.drills.operator import Operator
from tests.resets import shop

pytestmark = pytest.mark.listed

PARTS = """
CREATE TABLE log (id integer, day integer, before integer, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
CREATE TABLE log_2a PARTITION OF log_2 DEFAULT;
CREATE TABLE line (id integer PRIMARY KEY, log_id integer, day integer,
    FOREIGN KEY (log_id, day) REFERENCES log (id, day) ON DELETE {action});
INSERT INTO log VALUES (1, 1), (2, 2), (3, 12);
INSERT INTO line VALUES (1, 1, 1), (2, 3, 12);
"""


def test_partitions(postgresql_operator: Operator) -> None:
    """Partitions go with their table, also where rows refer from one to the other."""
    operator = postgresql_operator
    before = operator.begin_with(
        PARTS.format(action="RESTRICT")
        + "ALTER TABLE log ADD FOREIGN KEY (before, day) REFERENCES log (id, day);\n"
    )
    shop.migration(operator, shop.step(tables=("log", "line")))
    done = shop.reset(operator)
    assert {one["table"]: one["rows"] for one in done["tables"]} == {
        "public.line": 2,
        "public.log_1": 2,
        "public.log_2a": 1,
    }
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


def test_one_partition(postgresql_operator: Operator) -> None:
    """One partition goes alone; rows that refer to others of them are in nobody's way."""
    operator = postgresql_operator
    before = operator.begin_with(PARTS.format(action="CASCADE"))
    shop.migration(operator, shop.step(tables=("log_1",)))
    shop.refused(operator, "1 row of public.line (log_id, day) would be deleted by a cascade")
    operator.application("DELETE FROM line WHERE id = 1")
    shop.apply(operator)
    assert shop.rows(operator, "log", "line") == [1, 1]
    operator.back("before:0001_reset")
    operator.application("INSERT INTO line VALUES (1, 1, 1)")
    assert operator.fingerprint() == before


def test_partitions_that_refer(postgresql_operator: Operator) -> None:
    """A foreign key of a partitioned table is counted once."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE p (id integer PRIMARY KEY);\n"
        "CREATE TABLE c (id integer, p integer REFERENCES p ON DELETE CASCADE)"
        " PARTITION BY RANGE (id);\n"
        "CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);\n"
        "CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);\n"
        "INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1, 1), (2, 1), (11, 1);\n"
    )
    shop.migration(operator, shop.step(tables=("p", "c1")))
    shop.refused(operator, "1 row of public.c (p) would be deleted by a cascade")
    shop.migration(operator, shop.step(tables=("p", "c")))
    (key,) = shop.reset(operator)["references"]
    assert (key["rows"], key["emptied"]) == (3, True)


def test_heirs(postgresql_operator: Operator) -> None:
    """Heirs go with the table that they inherit from, and not the other way about."""
    operator = postgresql_operator
    before = operator.begin_with(
        "CREATE TABLE one (id integer);\nCREATE TABLE two (x text) INHERITS (one);\n"
        "INSERT INTO one VALUES (1);\nINSERT INTO two VALUES (2, 'x'), (3, 'y');\n"
    )
    shop.migration(operator, shop.step(tables=("two",)))
    assert [one["rows"] for one in shop.reset(operator)["tables"]] == [2]
    assert shop.rows(operator, "one") == [1]
    operator.back("before:0001_reset")
    shop.migration(operator, shop.step(tables=("one",)))
    assert sum(one["rows"] for one in shop.reset(operator)["tables"]) == 3
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "CREATE RULE away AS ON DELETE TO t DO INSTEAD NOTHING",
            "rule away of public.t rewrites every DELETE",
        ),
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY;\nALTER TABLE t FORCE ROW LEVEL SECURITY",
            "policies may hide rows of public.t from its owner too",
        ),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n"
            "CREATE CONSTRAINT TRIGGER late AFTER DELETE ON t DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION f()",
            "trigger late of public.t fires at the commit",
        ),
    ],
)
def test_meddling(postgresql_operator: Operator, made: str, said: str) -> None:
    """What has a say in a DELETE without being shown is refused."""
    operator = postgresql_operator
    operator.begin_with(f"CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\n{made};\n")
    shop.migration(operator, shop.step(tables=("t",)))
    shop.refused(operator, said)


def test_trigger_that_waits(postgresql_operator: Operator) -> None:
    """What a trigger writes to has one of its own that waits for the commit: the step fails."""
    operator = postgresql_operator
    function = (
        "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {}; RETURN NULL; END'"
    )
    before = operator.begin_with(
        "CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\n"
        "CREATE TABLE noted (id integer);\nCREATE TABLE item (id integer);\n"
        + function.format("note", "INSERT INTO noted VALUES (1)")
        + ";\nCREATE TRIGGER notes AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();\n"
        + function.format("late", "INSERT INTO item VALUES (1)")
        + ";\nCREATE CONSTRAINT TRIGGER waits AFTER INSERT ON noted DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION late();\n"
    )
    shop.migration(operator, shop.step(tables=("t",), keep=("item",)))
    shop.apply(operator, code=5)
    assert "trigger waits of public.noted fires at the commit" in operator.err
    assert operator.fingerprint() == before


def test_trigger_that_skips(postgresql_operator: Operator) -> None:
    """A trigger that keeps rows from being deleted fails the step: the table is not empty."""
    operator = postgresql_operator
    before = operator.begin_with(
        "CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1), (2);\n"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n"
        "CREATE TRIGGER keeps BEFORE DELETE ON t FOR EACH ROW WHEN (old.id = 2)"
        " EXECUTE FUNCTION f();\n"
    )
    shop.migration(operator, shop.step(tables=("t",)))
    shop.apply(operator, code=5)
    assert "reset: public.t is not empty: 1 row left" in operator.err
    assert operator.fingerprint() == before


def test_shared_sequence(postgresql_operator: Operator) -> None:
    """A sequence of which a table that stays takes numbers is not begun anew."""
    operator = postgresql_operator
    operator.begin_with(
        'CREATE TABLE "T" (id serial PRIMARY KEY);\nINSERT INTO "T" DEFAULT VALUES;\n'
        "CREATE TABLE u (id integer PRIMARY KEY DEFAULT nextval('\"T_id_seq\"'));\n"
        "INSERT INTO u DEFAULT VALUES;\n"
    )
    shop.migration(operator, shop.step(tables=("T",), sequences="restart"))
    shop.refused(operator, "public.u, which stays, takes numbers of public.T_id_seq too")
    shop.migration(operator, shop.step(tables=("T",), sequences="keep"))
    shop.apply(operator)


def test_nobody_writes_meanwhile(
    postgresql_operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others write neither to what goes, nor to what stays, nor to what refers to it."""
    from commands.reset import step

    operator = postgresql_operator
    shop.begin(operator)
    shop.migration(operator, shop.step(tables=("customer", "purchase"), keep=("item",)))
    counters, tried = step.counters, []

    def disturbed(*words: object, **more: object) -> object:
        for table in ("customer", "item", "letter"):
            with psycopg.connect(operator.url) as other:
                other.execute("SET lock_timeout = '50ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())
            tried.append(table)
        return counters(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(step, "counters", disturbed)
    shop.apply(operator)
    assert len(tried) == 3


def test_not_enforced(postgresql_operator: Operator) -> None:
    """A foreign key that is not enforced is shown, with the rows that will refer to nothing."""
    operator = postgresql_operator
    ((version,),) = operator.application("SELECT current_setting('server_version_num')::int")
    if version < 180000:
        pytest.skip("foreign keys are always enforced before PostgreSQL 18")
    before = operator.begin_with(
        "CREATE TABLE t (id integer PRIMARY KEY);\nINSERT INTO t VALUES (1);\n"
        "CREATE TABLE u (t integer REFERENCES t ON DELETE CASCADE NOT ENFORCED);\n"
        "INSERT INTO u VALUES (1), (2);\n"
    )
    shop.migration(operator, shop.step(tables=("t",), keep=("u",)))
    assert "not enforced; 1 row refers to nothing then" in shop.apply(operator, "--dry-run")
    shop.apply(operator)
    assert shop.rows(operator, "t", "u") == [0, 2]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


def test_schemas(postgresql_operator: Operator) -> None:
    """A name that two schemas have is asked for in full."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE SCHEMA other;\nCREATE TABLE t (id integer);\nCREATE TABLE other.t (id integer);\n"
        "INSERT INTO t VALUES (1);\nINSERT INTO other.t VALUES (1);\n"
    )
    shop.migration(operator, shop.step(tables=("t",)))
    shop.refused(operator, "t is the name of several tables", code=2)
    shop.migration(operator, shop.step(tables=("other.t",), keep=("public.t",)))
    shop.apply(operator)
    assert operator.application("SELECT count(*) FROM t") == [(1,)]


def test_virtual_tables(sqlite_operator: Operator) -> None:
    """A virtual table of SQLite, and what it keeps its rows in, is not emptied."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE VIRTUAL TABLE found USING fts5 (x);\nCREATE TABLE t (id integer);\n"
    )
    shop.migration(operator, shop.step(tables=("found",)))
    shop.refused(operator, "found is a virtual table")
    shop.migration(operator, shop.step(tables=("found_content",)))
    shop.refused(operator, "found_content holds what virtual table found keeps")


def test_full_text_index(sqlite_operator: Operator) -> None:
    """A full-text index that triggers keep up with the table is emptied by them, and comes back."""
    operator = sqlite_operator
    before = operator.begin_with(
        "CREATE TABLE t (id integer PRIMARY KEY, x text);\n"
        "CREATE VIRTUAL TABLE found USING fts5 (x);\n"
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN DELETE FROM found WHERE rowid = old.id; END;\n"
        "INSERT INTO t VALUES (1, 'one'), (2, 'two');\nINSERT INTO found SELECT x FROM t;\n"
    )
    shop.migration(operator, shop.step(tables=("t",)))
    assert "written by triggers: found, " in shop.apply(operator, "--dry-run")
    shop.apply(operator)
    assert operator.application("SELECT rowid FROM found WHERE found MATCH 'one'") == []
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
    assert operator.application("SELECT rowid FROM found WHERE found MATCH 'one'") == [(1,)]


def test_key_of_nothing(sqlite_operator: Operator) -> None:
    """A foreign key that refers to no key of the table is SQLite's to refuse."""
    operator = sqlite_operator
    before = operator.begin_with(
        "CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\n"
        "CREATE TABLE u (t integer REFERENCES t);\n"
    )
    shop.migration(operator, shop.step(tables=("t",)))
    shop.apply(operator, code=5)
    assert "foreign key mismatch" in operator.err
    assert operator.fingerprint() == before


def test_periods(postgresql_operator: Operator) -> None:
    """Where keys are periods, rows refer to those that they overlap."""
    operator = postgresql_operator
    ((version,),) = operator.application("SELECT current_setting('server_version_num')::int")
    if version < 180000:
        pytest.skip("periods in keys come with PostgreSQL 18")
    operator.begin_with(
        "CREATE TABLE u (id int4range, at int4range, PRIMARY KEY (id, at WITHOUT OVERLAPS));\n"
        "INSERT INTO u VALUES ('[1,2)', '[0,10)');\n"
        "CREATE TABLE v (id int4range, at int4range,"
        " FOREIGN KEY (id, PERIOD at) REFERENCES u (id, PERIOD at));\n"
        "INSERT INTO v VALUES ('[1,2)', '[3,4)');\n"
    )
    shop.migration(operator, shop.step(tables=("u",)))
    shop.refused(operator, "1 row of public.v (id, at) would refuse it")
