"""What only PostgreSQL has: identities, partitions, heirs, deferred constraints, policies."""

from __future__ import annotations

import psycopg
import pytest

from tests.backups.files import events, take
from tests.drills.operator import Operator
from tests.restoring.story import foresee, refused, restore, there_and_back

CARDS = (
    "CREATE TYPE suit AS ENUM ('cups', 'wands');\n"
    "CREATE TABLE card (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, suit suit, name text,"
    " price numeric, loud text GENERATED ALWAYS AS (upper(name)) STORED, seen timestamptz);\n"
    "CREATE SEQUENCE ticket;\n"
    "CREATE TABLE drawn (card integer REFERENCES card (id) DEFERRABLE INITIALLY DEFERRED,"
    " number bigint DEFAULT nextval('ticket') UNIQUE DEFERRABLE, tags text[], doc jsonb, raw bytea);\n"
    "INSERT INTO card (id, suit, name, price, seen) OVERRIDING SYSTEM VALUE"
    " SELECT n, (ARRAY['cups', 'wands']::suit[])[n % 2 + 1], 'card ' || n, n + 0.50,"
    " '2026-01-01 00:00+00'::timestamptz + n * interval '1 day' FROM generate_series(188, 265) n;\n"
    "SELECT setval('card_id_seq', 265);\n"
    "INSERT INTO drawn (card, tags, doc, raw) SELECT n, ARRAY['a\\b', NULL, 'x,\"y'],"
    " '{\"n\": 1.10}', '\\x00ff' FROM generate_series(188, 200) n;\n"
)


def test_identities_and_sequences(postgresql_operator: Operator) -> None:
    """Identities come back as they were, and the next one is beyond them."""
    operator = postgresql_operator
    operator.begin_with(CARDS)
    place = there_and_back(
        operator,
        "DELETE FROM drawn WHERE card < 195",
        "DELETE FROM card WHERE id < 195",
        "UPDATE card SET price = 1.500, name = NULL WHERE id = 200",
        "INSERT INTO card (name) VALUES ('new'), ('newer')",
        "INSERT INTO drawn (card) VALUES (267), (266)",
    )
    assert operator.application("INSERT INTO card (name) VALUES ('x') RETURNING id") == [(266,)]
    restore(operator, place)
    operator.application("SELECT setval('ticket', 3)")
    answer = foresee(operator, place)
    assert [one["sequence"] for one in answer["sequences"]] == ["public.ticket"]


def test_never_behind_a_row(postgresql_operator: Operator) -> None:
    """Where rows need more than the backup says, a sequence goes beyond them; or it is kept."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE SEQUENCE s;\nCREATE TABLE a (id bigint DEFAULT nextval('s'));\n"
        "CREATE TABLE b (id bigint DEFAULT nextval('s'));\n"
        "INSERT INTO a DEFAULT VALUES;\n"
    )
    place = take(operator, "a")
    operator.application(
        "INSERT INTO b DEFAULT VALUES",
        "INSERT INTO b DEFAULT VALUES",
        "INSERT INTO a DEFAULT VALUES",
    )
    restore(operator, place, "--sequences", "keep")
    assert operator.application("SELECT last_value FROM s") == [(4,)]
    restore(operator, place)
    assert operator.application("SELECT nextval('s')") == [(4,)]


def test_a_dry_run_leaves_sequences(postgresql_operator: Operator) -> None:
    """A restore that is aborted has moved no sequence."""
    operator = postgresql_operator
    operator.begin_with(CARDS)
    place = take(operator)
    operator.application("SELECT setval('card_id_seq', 900)", "SELECT setval('ticket', 900)")
    answer = foresee(operator, place)
    assert len(answer["sequences"]) == 2
    operator.application("DELETE FROM drawn WHERE card = 188", "DELETE FROM card WHERE id = 188")
    operator.application("ALTER TABLE card ADD CHECK (price > 189)")
    operator.type("accept", "--reason", "ours")
    refused(operator, place)


FAMILY = (
    "CREATE TABLE event (id integer, at date NOT NULL, what text, PRIMARY KEY (id, at))"
    " PARTITION BY RANGE (at);\n"
    "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');\n"
    "CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');\n"
    "CREATE TABLE base (id integer, note text);\n"
    "CREATE TABLE heir (more text) INHERITS (base);\n"
    "INSERT INTO event SELECT n, '2026-01-01'::date + n * 30, 'e' || n FROM generate_series(1, 11) n;\n"
    "INSERT INTO base VALUES (1, 'b'), (1, 'b');\n"
    "INSERT INTO heir VALUES (1, 'b', 'm'), (2, NULL, NULL);\n"
)


def test_partitions_and_heirs(postgresql_operator: Operator) -> None:
    """Each partition and each heir gets its own rows back."""
    operator = postgresql_operator
    operator.begin_with(FAMILY)
    place = there_and_back(
        operator,
        "UPDATE event SET at = '2026-12-24' WHERE id = 1",
        "DELETE FROM event WHERE id = 8",
        "UPDATE base SET note = 'all'",
        "DELETE FROM heir WHERE id = 2",
    )
    operator.application("DELETE FROM event")
    restore(operator, place, "--table", "event")
    assert operator.application("SELECT count(*) FROM event_2") == [(5,)]


def test_a_family_that_is_gone(postgresql_operator: Operator) -> None:
    """A partitioned table, an enum, an identity and its sequence are made again."""
    operator = postgresql_operator
    before = operator.begin_with(CARDS + FAMILY)
    place = take(operator)
    operator.apply(
        "0001_drop",
        "DROP TABLE event;\nDROP TABLE base CASCADE;\nDROP TABLE drawn;\nDROP TABLE card;\n"
        "DROP TYPE suit;\nDROP SEQUENCE ticket;\n",
    )
    restore(operator, place)
    assert operator.fingerprint() == before
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before


def test_triggers_stay_silent(postgresql_operator: Operator) -> None:
    """Triggers and rules of users do not fire, and are named beforehand."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY, n integer);\n"
        "CREATE TABLE seen (id integer);\n"
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO seen VALUES (NEW.id); NEW.n := 99; RETURN NEW; END';\n"
        "INSERT INTO a VALUES (1, 1), (2, 2);\n"
        "CREATE TRIGGER sees BEFORE INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION see();\n"
        "ALTER TABLE a ENABLE ALWAYS TRIGGER sees;\n"
    )
    there_and_back(
        operator, "DELETE FROM a WHERE id = 1", "INSERT INTO a VALUES (3, 3)", "DELETE FROM seen"
    )
    place = take(operator)
    assert foresee(operator, place)["tables"][0]["silent"] == ["sees"]


def test_policies_that_bind_the_owner(postgresql_operator: Operator) -> None:
    """Rows that a policy hides even from the owner are restored, and stay hidden."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY, n integer);\n"
        "INSERT INTO a VALUES (1, 1), (2, 2), (3, 3);\n"
        "CREATE POLICY one ON a USING (n = 1);\n"
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY;\n"
    )
    place = take(operator)
    operator.application("DELETE FROM a WHERE id > 1")
    operator.apply("0001_force", "ALTER TABLE a FORCE ROW LEVEL SECURITY;")
    restore(operator, place)
    assert operator.application("SELECT count(*) FROM a") == [(1,)]
    operator.application("ALTER TABLE a NO FORCE ROW LEVEL SECURITY")
    assert operator.application("SELECT count(*) FROM a") == [(3,)]


def test_types_changed_since(postgresql_operator: Operator) -> None:
    """Values that a column's new type would round or refuse are not restored into it."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY, n numeric, t text);\n"
        "INSERT INTO a VALUES (1, 1.255, '7'), (2, 2, 'x');\n"
    )
    place = take(operator)
    operator.apply("0001_narrow", "ALTER TABLE a ALTER n TYPE numeric(4, 2);")
    assert "2 values would not come back as they were" in refused(operator, place)
    operator.apply(
        "0002_wide",
        "ALTER TABLE a ALTER n TYPE text;\n"
        "DELETE FROM a WHERE id = 2;\nALTER TABLE a ALTER t TYPE integer USING t::integer;\n",
    )
    assert "column t of" in refused(operator, place)
    answer = foresee(operator, place, "--leave-out", "a.t")
    assert answer["tables"][0]["retyped"] == ["n"]


def test_keys_that_are_equal_and_read_otherwise(postgresql_operator: Operator) -> None:
    """A key that the table holds to be equal comes back as it was written."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE a (id numeric PRIMARY KEY, t text);\n"
        "CREATE TABLE b (a numeric REFERENCES a (id) ON DELETE CASCADE);\n"
        "INSERT INTO a VALUES (1.00, 'x'), (2, 'y');\n"
        "INSERT INTO b VALUES (1), (2.0);\n"
    )
    before = operator.fingerprint()
    place = take(operator)
    operator.application("UPDATE a SET id = 1.0 WHERE id = 1", "UPDATE b SET a = 2 WHERE a = 2")
    restore(operator, place)
    assert operator.fingerprint() == before


def test_without_a_key_and_with_a_column_more(postgresql_operator: Operator) -> None:
    """Rows that cannot be told apart by what the backup has are not chosen from."""
    operator = postgresql_operator
    operator.begin_with("CREATE TABLE a (t text);\nINSERT INTO a VALUES ('x'), ('y');\n")
    place = take(operator)
    operator.apply("0001_n", "ALTER TABLE a ADD n integer DEFAULT 5;")
    operator.application("INSERT INTO a VALUES ('z', 1), ('y', 2)", "DELETE FROM a WHERE t = 'x'")
    assert "differ only in columns that are not restored" in refused(operator, place)
    operator.application("DELETE FROM a WHERE n = 2")
    restore(operator, place)
    assert operator.application("SELECT t, n FROM a ORDER BY 1") == [("x", 5), ("y", 5)]


@pytest.mark.parametrize("columns", [2, 310])
def test_wide_tables(postgresql_operator: Operator, columns: int) -> None:
    """Hundreds of columns come back like a few."""
    operator = postgresql_operator
    names = ", ".join(f"c{n} text" for n in range(columns))
    values = ", ".join(f"E'a\"\\\\{n}\\t'" if n % 3 else "NULL" for n in range(columns))
    operator.begin_with(
        f"CREATE TABLE a (id integer PRIMARY KEY, {names});\n"
        f"INSERT INTO a VALUES (1, {values}), (2, {values}), (3, {values});\n"
    )
    there_and_back(
        operator,
        "DELETE FROM a WHERE id = 1",
        "UPDATE a SET c1 = 'z' WHERE id = 2",
        "INSERT INTO a (id) VALUES (9)",
    )


def test_a_lock_that_is_held(postgresql_operator: Operator) -> None:
    """A lock that does not become free ends it with one line, and the attempt is on record."""
    operator = postgresql_operator
    operator.begin_with("CREATE TABLE a (id integer PRIMARY KEY);\nINSERT INTO a VALUES (1);\n")
    place = take(operator)
    operator.application("DELETE FROM a")
    with psycopg.connect(operator.url) as other:
        other.execute("LOCK TABLE a IN ROW EXCLUSIVE MODE")
        restore(operator, place, "--lock-timeout", "0.1", code=5)
        assert "lock timeout" in operator.err
        assert "--lock-timeout" in operator.err
    assert events(operator, "RunFailed")
    restore(operator, place)


def test_a_connection_that_is_lost(
    postgresql_operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that ends in the middle leaves all as it was, and RunFailed on record."""
    operator = postgresql_operator
    operator.begin_with(CARDS)
    place = take(operator)
    operator.application("DELETE FROM drawn", "SELECT setval('ticket', 900)")
    before = operator.fingerprint()
    from journal.postgresql import placing

    def lost(session: object, *_: object) -> None:
        operator.application(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            " current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )

    monkeypatch.setattr(placing, "_beyond", lost)
    restore(operator, place, code=5)
    monkeypatch.undo()
    assert operator.err.count("error:") == 1
    assert operator.fingerprint() == before
    assert events(operator, "RunFailed")
    restore(operator, place)
