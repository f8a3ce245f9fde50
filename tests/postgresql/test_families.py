"""Rows of partitioned tables and of tables with heirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = """
CREATE TABLE sale (id int, at int NOT NULL, v text, n numeric DEFAULT 1, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE sale_1 PARTITION OF sale FOR VALUES FROM (0) TO (10);
CREATE TABLE sale_2 PARTITION OF sale FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id);
CREATE TABLE sale_2a PARTITION OF sale_2 FOR VALUES IN (1, 2, 3);
CREATE TABLE sale_2b (gone int, n numeric, v text, at int NOT NULL, id int NOT NULL);
ALTER TABLE sale_2b DROP COLUMN gone;
ALTER TABLE sale_2 ATTACH PARTITION sale_2b FOR VALUES IN (4, 5, 6, 7, 8, 9);
CREATE TABLE sale_x PARTITION OF sale DEFAULT;
CREATE TABLE line (sale int, at int, k int, FOREIGN KEY (sale, at) REFERENCES sale
    ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY (k, at)) PARTITION BY LIST (at);
CREATE TABLE line_a PARTITION OF line FOR VALUES IN (1, 2, 3, 4, 5, 11);
CREATE TABLE line_b PARTITION OF line DEFAULT;
CREATE TABLE seen (what text, sale int);
CREATE TABLE hashed (a text, b int) PARTITION BY HASH (a);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION part_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT lower($1)$$;
CREATE TABLE odd ("B c" text, "found" text, "new" int) PARTITION BY LIST (part_of("B c"));
CREATE TABLE odd_n PARTITION OF odd FOR VALUES IN (NULL, 'n');
CREATE TABLE odd_x PARTITION OF odd FOR VALUES IN ('it''s \\ %', 'y');
CREATE VIEW early AS SELECT * FROM sale WHERE at < 15 WITH CHECK OPTION;
INSERT INTO sale SELECT i, i * 2, 'v' || i FROM generate_series(1, 15) i;
INSERT INTO line SELECT i, i * 2, i FROM generate_series(1, 15) i;
INSERT INTO hashed SELECT 'h' || i % 5, i % 3 FROM generate_series(1, 20) i;
INSERT INTO odd VALUES ('N', 'x', 1), (NULL, NULL, NULL), ('IT''s \\ %', 'f', 2);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO seen VALUES (tg_op || tg_table_name, coalesce(new.id, old.id)); RETURN NULL; END $$;
CREATE TRIGGER see AFTER DELETE ON sale FOR EACH ROW EXECUTE FUNCTION see();
CREATE FUNCTION both_ways() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    UPDATE sale SET n = 2 WHERE id = 1; UPDATE sale_1 SET n = 3 WHERE id = 2;
    INSERT INTO sale_2 VALUES (3, 12, 'z'); END $$;
CREATE TABLE city (id int PRIMARY KEY, name text, people int);
CREATE TABLE capital (state text, crown json) INHERITS (city);
CREATE TABLE old_capital (fell date, PRIMARY KEY (id)) INHERITS (capital);
CREATE TABLE thing (a int); CREATE TABLE both_of (b int) INHERITS (city, thing);
INSERT INTO city SELECT i, 'c' || i, i FROM generate_series(1, 4) i;
INSERT INTO capital SELECT i, 'C' || i, i, 's''' || i, '{"a":  1}' FROM generate_series(3, 8) i;
INSERT INTO capital VALUES (9, NULL, NULL, NULL, NULL), (9, NULL, NULL, NULL, NULL);
INSERT INTO old_capital VALUES (10, 'x', 1, 's', NULL, '1453-05-29');
INSERT INTO both_of VALUES (11, 'b', 2, 3, 4);
"""
Written = dict[str, tuple[int, int, int]]
Statement = str | tuple[str, str]


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database of families with a journal."""
    found = Run(postgresql_url, BASE)
    yield found
    found.database.close()


PARTITIONS: dict[str, tuple[Sequence[Statement], Written]] = {
    "insert through the root": (
        ["INSERT INTO sale VALUES (1, 3, 'a'), (2, 15, 'b'), (5, 15, 'c'), (9, 99, 'd')"],
        {"sale_1": (1, 0, 0), "sale_2a": (1, 0, 0), "sale_2b": (1, 0, 0), "sale_x": (1, 0, 0)},
    ),
    "insert through a part of the tree": (
        ["INSERT INTO sale_2 VALUES (2, 15, 'b'), (5, 15, 'c')"],
        {"sale_2a": (1, 0, 0), "sale_2b": (1, 0, 0)},
    ),
    "insert into a leaf": (["INSERT INTO sale_2b VALUES (7, 'c', 15, 5)"], {"sale_2b": (1, 0, 0)}),
    "update through the root": (
        ["UPDATE sale SET v = v || '!'"],
        {"sale_1": (0, 4, 0), "sale_2b": (0, 5, 0), "sale_x": (0, 6, 0)},
    ),
    "update of a leaf": (["UPDATE sale_1 SET n = 7"], {"sale_1": (0, 4, 0)}),
    "rows that move": (
        ["UPDATE sale SET at = 11, id = 3 WHERE id = 4", "UPDATE sale SET at = 3 WHERE id = 5"],
        {},
    ),
    "every row moves": (["UPDATE sale SET at = 30 - at, n = id WHERE id <> 10"], {}),
    "delete with cascade": (["DELETE FROM sale WHERE id < 7"], {}),
    "delete from a leaf": (["DELETE FROM sale_x"], {}),
    "truncate the root": (["TRUNCATE sale CASCADE"], {}),
    "truncate a leaf": (["TRUNCATE sale_1 CASCADE"], {}),
    "truncate and write again": (
        ["DO $$ BEGIN TRUNCATE hashed_0; INSERT INTO hashed VALUES ('h1', 1), ('q', 2); END $$"],
        {},
    ),
    "copy": (
        [("COPY sale FROM STDIN", "20\t1\tx\\ty\t\\N\n4\t11\tq\t1.50\n")],
        {"sale_1": (1, 0, 0), "sale_2b": (1, 0, 0)},
    ),
    "upsert": (
        [
            "INSERT INTO sale VALUES (1, 2, 'up'), (50, 50, 'new')"
            " ON CONFLICT (id, at) DO UPDATE SET v = excluded.v"
        ],
        {"sale_1": (0, 1, 0), "sale_x": (1, 0, 0)},
    ),
    "merge": (
        [
            "MERGE INTO sale s USING (VALUES (1, 2), (8, 16), (70, 70)) x(i, t) ON s.id = x.i"
            " WHEN MATCHED AND s.id = 1 THEN UPDATE SET at = 19, v = 'moved'"
            " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (x.i, x.t, 'in')"
        ],
        {},
    ),
    "function, by two names": (
        ["SELECT both_ways()"],
        {"sale_1": (0, 2, 0), "sale_2a": (1, 0, 0)},
    ),
    "with, by two names": (
        [
            "WITH a AS (UPDATE sale SET v = 'a' WHERE id = 1 RETURNING *),"
            " b AS (DELETE FROM sale_1 WHERE id = 2 RETURNING *),"
            " c AS (INSERT INTO hashed SELECT v, id FROM b RETURNING *)"
            " INSERT INTO seen SELECT v, id FROM a UNION ALL SELECT a, b FROM c"
        ],
        {},
    ),
    "equal rows by hash": (
        ["DELETE FROM hashed WHERE ctid = '(0,1)'", "UPDATE hashed SET a = a || 'x' WHERE b = 1"],
        {},
    ),
    "odd names and nulls": (
        ["INSERT INTO odd VALUES ('y', NULL, 3)", "UPDATE odd SET \"B c\" = 'n', found = NULL"],
        {},
    ),
    "view": (["UPDATE early SET v = 'e', at = at + 1 WHERE id BETWEEN 2 AND 6"], {}),
    "caught exception": (
        [
            "DO $$ BEGIN BEGIN UPDATE sale SET at = 12, id = 3 WHERE id = 1; RAISE 'x';"
            " EXCEPTION WHEN OTHERS THEN NULL; END; UPDATE sale SET v = 'kept' WHERE id = 2; END $$"
        ],
        {"sale_1": (0, 1, 0)},
    ),
    "nothing": (["UPDATE sale SET v = 'x' WHERE false", "DELETE FROM sale_2a"], {}),
}
HEIRS: dict[str, tuple[Sequence[Statement], Written]] = {
    "update through the parent": (
        ["UPDATE city SET people = people + 1"],
        {
            "city": (0, 4, 0),
            "capital": (0, 8, 0),
            "old_capital": (0, 1, 0),
            "both_of": (0, 1, 0),
        },
    ),
    "update of the parent only": (["UPDATE ONLY city SET name = 'o'"], {"city": (0, 4, 0)}),
    "update of an heir": (
        ["UPDATE capital SET state = state || id"],
        {"capital": (0, 8, 0), "old_capital": (0, 1, 0)},
    ),
    "delete through the parent": (["DELETE FROM city WHERE id > 3"], {}),
    "delete of one of two equal rows": (
        ["DELETE FROM capital WHERE ctid = (SELECT min(ctid) FROM ONLY capital WHERE id = 9)"],
        {"capital": (0, 0, 1)},
    ),
    "insert": (
        ["INSERT INTO city VALUES (20, 'n', 1)", "INSERT INTO capital VALUES (20, 'n', 1, 's')"],
        {"city": (1, 0, 0), "capital": (1, 0, 0)},
    ),
    "truncate through the parent": (
        ["TRUNCATE city"],
        {
            "city": (0, 0, 4),
            "capital": (0, 0, 8),
            "old_capital": (0, 0, 1),
            "both_of": (0, 0, 1),
        },
    ),
    "two parents": (["UPDATE thing SET a = 9", "DELETE FROM both_of"], {"both_of": (0, 0, 1)}),
    "upsert": (
        [
            "INSERT INTO city VALUES (1, 'u', 0), (30, 'v', 0)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name"
        ],
        {"city": (1, 1, 0)},
    ),
    "merge": (
        [
            "MERGE INTO city c USING (VALUES (1), (10), (40)) x(i) ON c.id = x.i"
            " WHEN MATCHED THEN UPDATE SET name = 'm' WHEN NOT MATCHED THEN INSERT VALUES (x.i)"
        ],
        {"city": (1, 1, 0), "old_capital": (0, 1, 0)},
    ),
    "function": (
        ["DO $$ BEGIN UPDATE city SET name = 'f'; DELETE FROM city WHERE id = 5; END $$"],
        {},
    ),
    "shifted keys": (["UPDATE city SET id = 100 - id"], {}),
    "caught exception": (
        [
            "DO $$ BEGIN BEGIN DELETE FROM city; RAISE 'x'; EXCEPTION WHEN OTHERS THEN NULL; END;"
            " UPDATE city SET name = 'kept' WHERE id = 4; END $$"
        ],
        {"city": (0, 1, 0), "capital": (0, 1, 0)},
    ),
}
CASES = PARTITIONS | {f"heirs: {name}": case for name, case in HEIRS.items()}


@pytest.mark.parametrize("case", CASES)
def test_rows_of_a_family_come_back(run: Run, case: str) -> None:
    """By whatever name a row was written, it comes back in its own table, and goes again."""
    statements, expected = CASES[case]
    before = fingerprint(run.url)
    steps = run.do(*statements)
    after = fingerprint(run.url)
    if expected:
        assert run.written(steps) == expected
    back = run.undo(steps)
    assert not run.anew
    assert fingerprint(run.url) == before
    assert run.net([*steps, *back]) == []
    assert run.mismatches([*steps, *back]) == []
    again = run.undo(back)
    assert fingerprint(run.url) == after
    assert run.net([*back, *again]) == []


AWKWARD: dict[str, tuple[str, Sequence[Statement]]] = {
    "a row swallowed on its way": (
        """CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF new.id = 2 THEN RETURN NULL; END IF; new.v := 'bent'; RETURN new; END $$;
        CREATE TRIGGER swallow BEFORE INSERT ON sale_2a FOR EACH ROW EXECUTE FUNCTION swallow();
        DELETE FROM line WHERE k = 2""",
        ["UPDATE sale SET at = at + 10 WHERE id < 4"],
    ),
    "a row changed on its way": (
        """CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF new.id = 3 THEN RETURN NULL; END IF; new.n := 9; RETURN new; END $$;
        CREATE TRIGGER bend BEFORE UPDATE ON sale FOR EACH ROW EXECUTE FUNCTION bend();
        CREATE TRIGGER bend BEFORE UPDATE OR DELETE ON capital
            FOR EACH ROW EXECUTE FUNCTION see_nothing()""",
        ["UPDATE sale SET v = 'b'", "UPDATE city SET name = 'n'", "DELETE FROM city"],
    ),
    "swapped keys under a foreign key": (
        """ALTER TABLE line DROP CONSTRAINT line_sale_at_fkey;
        ALTER TABLE line ADD CONSTRAINT line_sale_at_fkey FOREIGN KEY (sale, at) REFERENCES sale
            DEFERRABLE INITIALLY DEFERRED; COMMENT ON CONSTRAINT line_sale_at_fkey ON line IS 'c'""",
        [
            "DO $$ BEGIN UPDATE sale SET v = id, at = -at WHERE id < 3;"
            " UPDATE sale SET id = 3 - id, at = 6 + at WHERE id < 3; END $$",
        ],
    ),
    "a policy": (
        """ALTER TABLE sale ENABLE ROW LEVEL SECURITY; ALTER TABLE sale FORCE ROW LEVEL SECURITY;
        ALTER TABLE city ENABLE ROW LEVEL SECURITY; ALTER TABLE city FORCE ROW LEVEL SECURITY;
        CREATE POLICY part ON sale USING (id < 5); CREATE POLICY part ON city USING (id = 3)""",
        ["UPDATE sale SET v = 'p'", "DELETE FROM city", "DELETE FROM sale_1 WHERE id = 4"],
    ),
    "a rule and an instead": (
        """CREATE RULE also AS ON UPDATE TO sale DO ALSO UPDATE city SET people = 0 WHERE id = new.id;
        CREATE RULE no_delete AS ON DELETE TO thing DO INSTEAD DELETE FROM both_of""",
        ["UPDATE sale SET v = 'r' WHERE id < 6", "DELETE FROM thing"],
    ),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_awkward_families(run: Run, case: str) -> None:
    """Triggers that bend rows, policies, rules and permuted keys leave nothing behind."""
    setting, statements = AWKWARD[case]
    run.database.session.run(
        "CREATE FUNCTION see_nothing() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF old.id = 4 THEN RETURN NULL; END IF; RETURN coalesce(new, old); END $$"
    )
    run.database.session.run(setting)
    run.read()
    before = fingerprint(run.url)
    steps = run.do(*statements)
    after = fingerprint(run.url)
    assert after != before
    back = run.undo(steps)
    assert fingerprint(run.url) == before
    assert run.net([*steps, *back]) == []
    run.undo(back)
    assert fingerprint(run.url) == after


def test_a_partition_elsewhere_is_refused(run: Run, server: Server) -> None:
    """Rows that may stand on another server are refused by name before one is written."""
    name = make_url(run.url).database
    admin = make_url(server.admin).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as session:
        session.execute("CREATE FOREIGN DATA WRAPPER nowhere")
        session.execute("CREATE SERVER far FOREIGN DATA WRAPPER nowhere")
        session.execute("CREATE FOREIGN TABLE odd_far PARTITION OF odd DEFAULT SERVER far")
        session.execute("ALTER FOREIGN TABLE odd_far OWNER TO clew_owner")
    run.read()
    with pytest.raises(NotKnownExact) as refused:
        run.do("INSERT INTO odd VALUES ('y', NULL, 3)")
    assert refused.value.name == "foreign-table"
    run.database.abort()
