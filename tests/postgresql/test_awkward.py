"""Rows written in ways that are easily missed, or that are hard to take back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import NotKnownExact, Refused
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = r"""
CREATE TABLE item (id int PRIMARY KEY, v text, n int DEFAULT 5);
CREATE TABLE log (what text, part int) PARTITION BY LIST (part);
CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
CREATE TABLE log_x PARTITION OF log DEFAULT;
CREATE TABLE twin (a int, b text);
CREATE TABLE ring (id int PRIMARY KEY, next int NOT NULL, v text DEFAULT 'r',
    FOREIGN KEY (next) REFERENCES ring DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int,
    g int GENERATED ALWAYS AS (a * 2) STORED, v text);
CREATE TABLE hidden (id int PRIMARY KEY, who text);
CREATE TABLE only_made (g int GENERATED ALWAYS AS (7) STORED);
CREATE UNLOGGED TABLE quick (a int);
CREATE TABLE later (id int PRIMARY KEY, done boolean);
CREATE VIEW shown AS SELECT id, v FROM item WHERE id < 100 WITH CASCADED CHECK OPTION;
CREATE VIEW joined AS SELECT i.id, i.v, t.b FROM item i JOIN twin t ON t.a = i.id;
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO twin VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, NULL), (2, NULL), (NULL, NULL);
INSERT INTO ring VALUES (1, 2, 'a'), (2, 3, 'b'), (3, 1, 'c');
INSERT INTO made (a, v) SELECT i, 'm' FROM generate_series(1, 4) i;
INSERT INTO hidden VALUES (1, 'me'), (2, 'you'), (3, 'me');
INSERT INTO quick VALUES (1), (1), (2);
CREATE TABLE owner (id int PRIMARY KEY);
INSERT INTO owner VALUES (1), (3), (4);
CREATE TABLE loose (id int PRIMARY KEY, owner int, n int, up int);
INSERT INTO loose VALUES (1, 1, 1), (2, 99, 2), (3, 3, -3), (4, 98, -4);
ALTER TABLE loose ADD FOREIGN KEY (owner) REFERENCES owner NOT VALID,
    ADD CONSTRAINT positive CHECK (n > 0) NOT VALID, ADD CONSTRAINT "to Self" FOREIGN KEY (up) REFERENCES loose;
COMMENT ON CONSTRAINT positive ON loose IS 'since ''24';
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON hidden USING (who = 'me');
CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF coalesce(new.id, old.id) = 3 THEN RETURN NULL; END IF;
    IF tg_op = 'DELETE' THEN UPDATE item SET n = 0 WHERE id = 1; RETURN old; END IF;
    new.v := new.v || '/bent'; RETURN new; END $$;
CREATE TRIGGER bend BEFORE INSERT OR UPDATE OR DELETE ON made
    FOR EACH ROW EXECUTE FUNCTION bend();
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO public.log VALUES (tg_op, coalesce(new.id, old.id) % 3);
    UPDATE public.log SET part = 1 WHERE part = 2; RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION tell();
CREATE FUNCTION finish() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO item VALUES (new.id + 1000, 'late'); UPDATE later SET done = true WHERE id = new.id;
    RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER finish AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION finish();
CREATE FUNCTION through() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE item SET v = new.v WHERE id = old.id; DELETE FROM twin WHERE a = old.id; RETURN new; END $$;
CREATE TRIGGER through INSTEAD OF UPDATE ON joined FOR EACH ROW EXECUTE FUNCTION through();
CREATE RULE also AS ON INSERT TO quick DO ALSO INSERT INTO log VALUES ('rule', new.a);
CREATE RULE instead AS ON DELETE TO quick DO INSTEAD UPDATE item SET v = 'instead' WHERE id = old.a;
CREATE PROCEDURE trying(k int) LANGUAGE plpgsql AS $$ BEGIN
    FOR i IN 1..k LOOP
        BEGIN
            INSERT INTO item VALUES (50 + i, 'tried'); DELETE FROM twin WHERE a = i;
            IF i % 2 = 0 THEN RAISE 'no'; END IF;
        EXCEPTION WHEN raise_exception THEN INSERT INTO log VALUES ('caught', i); END;
    END LOOP; END $$;
"""
CASES: dict[str, Sequence[str]] = {
    "rows that never satisfied what is not valid": [
        "DELETE FROM loose WHERE id IN (1, 2)",
        "UPDATE loose SET owner = 4, n = 7 WHERE id = 4",
        "DELETE FROM loose",
    ],
    "triggers that bend and swallow": [
        "UPDATE made SET a = a + 1, v = 'new'",
        "DELETE FROM made WHERE a > 2",
        "INSERT INTO made (a, v) VALUES (7, 'x'), (8, 'y')",
        "INSERT INTO made OVERRIDING SYSTEM VALUE VALUES (90, 1, DEFAULT, 'o')",
    ],
    "a trigger that writes to partitions": [
        "UPDATE item SET n = 1",
        "DELETE FROM item WHERE id < 4",
    ],
    "a trigger that writes at the end": ["INSERT INTO later VALUES (1), (2)"],
    "a trigger that writes early": [
        "INSERT INTO later VALUES (1), (2)",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "UPDATE item SET v = 'x' WHERE id > 1000",
    ],
    "caught exceptions": ["CALL trying(4)", "UPDATE twin SET b = 'after'"],
    "equal rows": [
        "DELETE FROM twin WHERE ctid IN (SELECT ctid FROM twin WHERE a = 1 LIMIT 2)",
        "UPDATE twin SET b = 'y' WHERE ctid = (SELECT min(ctid) FROM twin WHERE a = 2)",
        "INSERT INTO twin VALUES (1, 'x'), (1, 'x'), (NULL, NULL)",
    ],
    "keys in a ring": [
        "DO $$ BEGIN UPDATE ring SET id = id + 100;"
        " UPDATE ring SET id = (id - 100) % 3 + 1, next = next % 3 + 1; END $$"
    ],
    "keys in a ring, by steps": [
        "UPDATE ring SET id = id + 10, next = next + 10",
        "INSERT INTO ring VALUES (4, 4)",
        "UPDATE ring SET id = id % 3 + 20, next = next % 3 + 20 WHERE id > 4",
    ],
    "policies": ["UPDATE hidden SET who = 'them' WHERE false", "DELETE FROM hidden WHERE id = 1"],
    "policies and a drop": ["DROP TABLE hidden"],
    "policies and a truncate": [
        "DELETE FROM hidden",
        "ALTER TABLE hidden ADD COLUMN z int DEFAULT 4",
    ],
    "a view": [
        "UPDATE shown SET v = 's', id = id + 20 WHERE id IN (2, 5)",
        "INSERT INTO shown VALUES (70, 'in')",
        "DELETE FROM shown WHERE id = 70",
    ],
    "a view with a trigger": ["UPDATE joined SET v = 'j' WHERE id = 1"],
    "rules": ["INSERT INTO quick VALUES (1), (7)", "DELETE FROM quick WHERE a = 1"],
    "several targets": [
        "WITH a AS (DELETE FROM twin WHERE a = 1 RETURNING b), b AS (UPDATE item SET v = 'w'"
        " WHERE id < 3 RETURNING id), c AS (INSERT INTO log_1 SELECT v, 1 FROM made RETURNING part)"
        " INSERT INTO log SELECT a.b, b.id FROM a, b"
    ],
    "upsert that does nothing": [
        "INSERT INTO item VALUES (1, 'x'), (60, 'y') ON CONFLICT DO NOTHING",
        "INSERT INTO item VALUES (2, 'z') ON CONFLICT (id) DO UPDATE SET v = item.v WHERE false",
    ],
    "temporary tables": [
        "CREATE TEMP TABLE item AS SELECT 1 AS id",
        "INSERT INTO pg_temp.item VALUES (2)",
        "UPDATE public.item SET v = 't' FROM pg_temp.item t WHERE item.id = t.id",
        "DROP TABLE pg_temp.item",
    ],
    "settings of the migration's own": [
        "SET datestyle = 'German'",
        "SET search_path = nowhere",
        "SET extra_float_digits = -15",
        "SET array_nulls = off",
        "SET quote_all_identifiers = on",
        "SET row_security = on",
        "UPDATE public.item SET v = 'h', n = NULL",
        "DELETE FROM public.twin",
        "SET default_transaction_read_only = on",
    ],
}


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database of awkward tables with a journal."""
    found = Run(postgresql_url, BASE)
    yield found
    found.database.close()


@pytest.mark.parametrize("case", CASES)
def test_awkward_writes_come_back(run: Run, case: str) -> None:
    """However rows were written, they come back, and go again."""
    before = fingerprint(run.url)
    steps = run.do(*CASES[case])
    after = fingerprint(run.url)
    assert after != before
    back = run.undo(steps)
    assert not run.anew
    assert fingerprint(run.url) == before
    assert run.net([*steps, *back]) == []
    assert run.mismatches([*steps, *back]) == []
    run.undo(back)
    assert fingerprint(run.url) == after


REFUSED = {
    "large-object": "SELECT lo_create(77)",
    "table-without-columns": "INSERT INTO only_made DEFAULT VALUES",
    "row-security": "UPDATE others SET a = 2",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_come_back_is_refused(run: Run, server: Server, name: str) -> None:
    """What no trigger sees, and rows that policies hide for good, are refused by name."""
    admin = make_url(server.admin).set(database=make_url(run.url).database)
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as session:
        session.execute("CREATE TABLE others (a int); ALTER TABLE others ENABLE ROW LEVEL SECURITY")
        session.execute(
            "CREATE POLICY some_of ON others USING (a = 1); INSERT INTO others VALUES (1)"
        )
        session.execute("GRANT ALL ON others TO clew_owner")
    run.read()
    before = fingerprint(admin.render_as_string(hide_password=False))
    with pytest.raises(NotKnownExact) as refused:
        run.do(REFUSED[name])
    assert refused.value.name == name
    run.database.abort()
    assert fingerprint(admin.render_as_string(hide_password=False)) == before


def test_strings_of_another_language_are_refused(run: Run) -> None:
    """Where backslashes escape in plain strings, a statement means other than it is read."""
    name = make_url(run.url).database
    run.database.session.run(f'ALTER DATABASE "{name}" SET standard_conforming_strings = off')
    run.again()
    with pytest.raises(Refused, match="standard_conforming_strings"):
        run.do("UPDATE item SET v = 'x'")


def test_long_values(run: Run) -> None:
    """Values of megabytes come back; a chunk of images holds a few of them, never a thousand."""
    run.database.session.run(
        "CREATE TABLE long (id int PRIMARY KEY, t text, b bytea);"
        " ALTER TABLE long ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL; INSERT INTO long SELECT i,"
        " repeat(chr(64 + i) || '\"\\', 1000000), decode(repeat('ab00ff5c', 500000), 'hex')"
        " FROM generate_series(1, 6) i"
    )
    run.read()
    before = fingerprint(run.url)
    for statement in (
        "UPDATE long SET t = t || 'x', b = b || 'x'",
        "DELETE FROM long WHERE id > 1",
    ):
        steps = run.do(statement)
        run.undo(steps)
        assert fingerprint(run.url) == before
    most = "SELECT max(octet_length(chunk::text)) FROM clew.image"
    assert int(run.database.session.value(most)) < 32_000_000


def test_sixteen_hundred_columns(run: Run) -> None:
    """Rows of as many columns as a table can have come back, though their text fills pages."""
    columns = ", ".join(f"c{n} int" for n in range(1, 1600))
    values = ", ".join(f"i * {n} + 123456" for n in range(1, 1600))
    run.database.session.run(
        f"CREATE TABLE broad (id int PRIMARY KEY, {columns});"
        f" INSERT INTO broad SELECT i, {values} FROM generate_series(1, 3) i"
    )
    run.read()
    before = fingerprint(run.url)
    for statement in (
        "UPDATE broad SET c5 = c6, c1599 = NULL WHERE id < 3",
        "UPDATE broad SET id = 10 WHERE id = 1",
        "DELETE FROM broad WHERE id = 2",
        "INSERT INTO broad (id, c3) VALUES (9, 9)",
        "DROP TABLE broad",
    ):
        steps = run.do(statement)
        after = fingerprint(run.url)
        back = run.undo(steps)
        assert fingerprint(run.url) == before
        assert run.mismatches([*steps, *back]) == []
        again = run.undo(back)
        assert fingerprint(run.url) == after
        run.undo(again)
