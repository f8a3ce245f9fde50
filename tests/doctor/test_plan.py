"""The repair: a migration that runs as it stands, does what a person filled in, and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.script import read_script
from commands.sources import read_sources
from tests.doctor.ward import Ward

KEYS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 6)]


def half_migrated(ward: Ward) -> None:
    """Make the platform whose users got uuids, and nobody else did."""
    uuid = "text" if ward.sqlite else "uuid"
    users = ", ".join(f"('{key}', 'u{n}@x')" for n, key in enumerate(KEYS, 1))
    ward.made(
        f"CREATE TABLE users (id {uuid} PRIMARY KEY, email text NOT NULL)",
        f"INSERT INTO users VALUES {users}",
        f"CREATE TABLE shopping_carts (id {ward.key}, user_id integer NOT NULL, state text NOT NULL"
        " DEFAULT 'open')",
        f"CREATE TABLE cart_items (id {ward.key}, cart_id integer NOT NULL REFERENCES"
        " shopping_carts (id) ON DELETE CASCADE, what text)",
        f"CREATE TABLE orders (id {ward.key}, user_id integer, total numeric)",
        f'CREATE TABLE sessions (id {ward.key}, user_id integer NOT NULL, "trainerId" integer)',
        "CREATE INDEX carts_by_user ON shopping_carts (user_id)",
        "CREATE VIEW open_carts AS SELECT id, user_id FROM shopping_carts WHERE state = 'open'",
        "INSERT INTO shopping_carts (user_id) VALUES (1), (2), (3), (4), (9)",
        "INSERT INTO cart_items (cart_id, what) VALUES (1, 'a'), (2, 'b'), (5, 'c')",
        "INSERT INTO orders (user_id, total) VALUES (1, 10), (NULL, 5), (8, 7.5)",
    )


def filled(plan: Path) -> None:
    """Fill in the mapping, as a person does."""
    values = ", ".join(f"({n}, '{key}')" for n, key in enumerate(KEYS, 1))
    lines = plan.read_text(encoding="utf-8").splitlines()
    (place,) = [n for n, line in enumerate(lines) if line.startswith("-- FILL IN: ")]
    head = lines[place].removeprefix("-- FILL IN: ").partition(" VALUES ")[0]
    lines[place] = f"{head} VALUES {values};"
    plan.write_text("\n".join(lines), encoding="utf-8")


def planned(ward: Ward, *, code: int = 1) -> Path:
    """Ask for the plan."""
    plan = ward.migrations / "0001_repair.sql"
    ward.type("doctor", "--plan", str(plan), code=code)
    return plan


def carts(ward: Ward) -> list[tuple[Any, ...]]:
    """Return whose carts there are, before and after."""
    rows = ward.application("SELECT id, user_id, user_id_legacy FROM shopping_carts ORDER BY id")
    return [(number, None if key is None else str(key), old) for number, key, old in rows]


def test_type_change_through_a_mapping(ward: Ward) -> None:
    """Numbered users become uuids by a mapping that a person fills; what it lacks is kept."""
    half_migrated(ward)
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan = planned(ward)
    filled(plan)
    ward.type("apply", str(ward.migrations))
    assert carts(ward) == [(n, KEYS[n - 1], n) for n in range(1, 5)] + [(5, None, 9)]
    left = {one["where"]: one["evidence"][0]["count"] for one in ward.found("legacy-column")}
    assert left["shopping_carts.user_id_legacy"] == 1
    assert left["orders.user_id_legacy"] == 1
    ward.application("INSERT INTO shopping_carts (user_id) VALUES (NULL)")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        ward.application("INSERT INTO shopping_carts (user_id) VALUES ('" + KEYS[0][:-1] + "9')")
    ward.application("DELETE FROM shopping_carts WHERE id = 6")
    ward.fingerprint()
    ward.back("before:0001_repair", "--if-changed", "overwrite")
    after = ward.fingerprint()
    assert {k: v for k, v in after.items() if "sequence" not in k} == {
        k: v for k, v in before.items() if "sequence" not in k
    }


def test_mapping_that_is_there(ward: Ward) -> None:
    """A second plan uses the mapping that the first one made."""
    half_migrated(ward)
    ward.type("init", "--name", "ward")
    planned(ward)
    ward.type("apply", str(ward.migrations))
    ward.application(f"CREATE TABLE letters (id {ward.key}, user_id integer)")
    ward.type("accept", "--reason", "letters were made by hand")
    ward.type("doctor", "--plan", str(ward.migrations / "0002_repair.sql"), code=1)
    ward.type("apply", str(ward.migrations))
    assert ward.found("foreign-key-types") == []


def test_former_keys(ward: Ward) -> None:
    """Where the table knows its former keys, the plan says how to fill the mapping from them."""
    half_migrated(ward)
    ward.made(
        "ALTER TABLE users ADD COLUMN legacy_id integer",
        "ALTER TABLE users ADD COLUMN age_no integer DEFAULT 7",
        *(f"UPDATE users SET legacy_id = {n} WHERE id = '{key}'" for n, key in enumerate(KEYS, 1)),
    )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    carts_found = next(
        one
        for one in ward.found("foreign-key-types", code=1)
        if one["where"] == "shopping_carts.user_id"
    )
    assert carts_found["advice"].endswith("users.legacy_id holds 4 of them.")
    plan = planned(ward)
    text = plan.read_text(encoding="utf-8")
    assert "age_no" not in text
    assert text.count("-- or by users.legacy_id: INSERT") == 1
    plan.write_text(text.replace("-- or by users.legacy_id: INSERT", "INSERT"), encoding="utf-8")
    ward.type("apply", str(ward.migrations))
    assert carts(ward) == [(n, KEYS[n - 1], n) for n in range(1, 5)] + [(5, None, 9)]
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before


def test_unfilled(ward: Ward) -> None:
    """The plan runs as it stands, keeps every old value, and comes back exactly."""
    half_migrated(ward)
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    planned(ward)
    ward.type("apply", str(ward.migrations))
    assert carts(ward) == [(n, None, n) for n in range(1, 5)] + [(5, None, 9)]
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before


def decided(plan: Path, what: str) -> None:
    """Take one of the choices, and what comes after it, by taking the dashes away."""
    taking, lines = False, []
    for line in plan.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--   "):
            taking = line.startswith((f"-- DECIDE: {what}", "-- and then:", "-- A note"))
        lines.append(line.removeprefix("--   ") if taking and line.startswith("--   ") else line)
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_duplicates(postgresql_ward: Ward) -> None:
    """Duplicates are moved aside, what referred to them refers to the first, the index is made."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE items (id integer PRIMARY KEY, name text, kind text)",
        "INSERT INTO items VALUES (1, 'a', 'x'), (2, 'a', 'x'), (3, 'b', 'x'), (4, 'b', 'x')",
        "INSERT INTO items VALUES (5, 'c', NULL), (6, 'c', NULL), (7, 'a', 'x')",
        "CREATE TABLE parts (id integer PRIMARY KEY, item_id integer REFERENCES items)",
        "INSERT INTO parts VALUES (1, 2), (2, 3), (3, 7), (4, 5)",
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        ward.made("CREATE UNIQUE INDEX CONCURRENTLY items_one ON items (name, kind)")
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan = planned(ward)
    decided(plan, "keep the first of each")
    ward.type("apply", str(ward.migrations))
    assert ward.application("SELECT id FROM items ORDER BY id") == [(1,), (3,), (5,), (6,)]
    assert ward.application("SELECT id FROM items_duplicates ORDER BY id") == [(2,), (4,), (7,)]
    parts = ward.application("SELECT item_id FROM parts ORDER BY id")
    assert parts == [(1,), (3,), (1,), (5,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        ward.application("INSERT INTO items VALUES (8, 'b', 'x')")
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before


@pytest.mark.parametrize("what", ["move them", "let them refer to nothing"])
def test_orphans(ward: Ward, what: str) -> None:
    """Rows that refer to nothing are moved aside or let go, and the foreign key holds."""
    inline = " REFERENCES users (id)" if ward.sqlite else ""
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        f"CREATE TABLE carts (id {ward.key}, user_id integer{inline}, what text)",
        "INSERT INTO users VALUES (1), (2)",
        "INSERT INTO carts (user_id, what) VALUES (1, 'a'), (7, 'b'), (NULL, 'c'), (8, 'd')",
    )
    if not ward.sqlite:
        ward.made("ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID")
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan = planned(ward)
    decided(plan, what)
    ward.type("apply", str(ward.migrations))
    assert not [one for one in ward.diagnosis() if one["severity"] == "error"]
    if what == "move them":
        moved = ward.application("SELECT what FROM carts_orphans ORDER BY id")
        assert moved == [("b",), ("d",)]
    else:
        assert ward.application("SELECT count(*) FROM carts") == [(4,)]
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before


def test_undecided(ward: Ward) -> None:
    """What nobody decided is not done: the plan runs, and changes nothing."""
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE boxes (id integer PRIMARY KEY, user_id integer REFERENCES users (id))",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer)",
        "INSERT INTO users VALUES (1), (2)",
        "INSERT INTO carts VALUES (1, 1), (2, 7)",
    )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    planned(ward)
    ward.type("apply", str(ward.migrations))
    assert ward.fingerprint() == before


def test_foreign_keys_never_made(ward: Ward) -> None:
    """Two foreign keys that names speak of are made at once, with all that stands on the table."""
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE shops (id integer PRIMARY KEY)",
        "INSERT INTO users VALUES (1), (2)",
        "INSERT INTO shops VALUES (1)",
        f'CREATE TABLE carts (id {ward.key}, user_id integer NOT NULL, "shopId" integer, what text'
        " CHECK (what <> ''), UNIQUE (user_id, what))",
        "INSERT INTO carts (user_id, what) VALUES (1, 'a'), (2, 'b'), (2, 'c')",
        "DELETE FROM carts WHERE id = 3",
        'UPDATE carts SET "shopId" = 1',
        'CREATE INDEX carts_by_shop ON carts ("shopId" DESC)',
        "CREATE VIEW whats AS SELECT what FROM carts",
        f"CREATE TABLE items (id {ward.key}, cart_id integer REFERENCES carts (id))",
        "INSERT INTO items (cart_id) VALUES (1), (2)",
    )
    if ward.sqlite:
        ward.made(
            "CREATE TRIGGER told AFTER DELETE ON carts BEGIN DELETE FROM shops WHERE id = 77; END"
        )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan = planned(ward, code=0)
    decided(plan, "-")
    ward.type("apply", str(ward.migrations))
    assert ward.found("missing-foreign-key") == []
    assert ward.application("SELECT what FROM whats ORDER BY 1") == [("a",), ("b",)]
    ward.application("INSERT INTO carts (user_id, what) VALUES (1, 'z')")
    assert ward.application("SELECT max(id) FROM carts") == [(4,)]
    for values in ("9, 1", "1, 9"):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            ward.application(f'INSERT INTO carts (user_id, "shopId") VALUES ({values})')
    ward.application("DELETE FROM carts WHERE id = 4")
    ward.back("before:0001_repair", "--if-changed", "overwrite")
    same = ward.fingerprint()
    assert {k: v for k, v in same.items() if not k.startswith("sequence")} == {
        k: v for k, v in before.items() if not k.startswith("sequence")
    }


def test_sequence_set_right(postgresql_ward: Ward) -> None:
    """A sequence that stands behind is set to the largest value, journaled and undone."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id serial PRIMARY KEY)", "INSERT INTO users VALUES (1), (2), (9)"
    )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    planned(ward)
    ward.type("apply", str(ward.migrations))
    assert ward.found("sequence-behind") == []
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before


def test_hostile_names(ward: Ward) -> None:
    """Names with quotes, line breaks and words that mean something stay names in the plan."""
    bad = 'a"b\n-- clew: no-transaction\n;drop table users;--'
    name = '"' + bad.replace('"', '""') + '"'
    kind = "text" if ward.sqlite else "uuid"
    ward.made(
        f'CREATE TABLE "us;er\'s" (id {kind} PRIMARY KEY)',
        f'CREATE TABLE {name} (id {ward.key}, "us;er\'_id" integer NOT NULL, x text)',
        f"CREATE TABLE users (id {kind} PRIMARY KEY)",
        f'CREATE TABLE "my\nclew: x" (id {ward.key}, user_id integer NOT NULL, x text)',
        'INSERT INTO "my\nclew: x" (user_id) VALUES (5)',
    )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    shown = ward.type("doctor", code=1)
    assert "my\\nclew: x" in shown
    assert max(map(len, shown.splitlines())) <= 130
    plan = planned(ward)
    ward.type("apply", str(ward.migrations))
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before
    (file,) = read_sources([plan], "sqlite" if ward.sqlite else "postgresql").files
    assert read_script(file, "sqlite" if ward.sqlite else "postgresql").transaction


def test_refused_files(ward: Ward) -> None:
    """A file that is there, that is no migration, or has no directory, is refused in one line."""
    plan = ward.file("0001_repair.sql", "-- mine\n")
    ward.type("doctor", "--plan", str(plan), code=3)
    assert "is there already" in ward.err
    assert plan.read_text() == "-- mine\n"
    ward.type("doctor", "--plan", str(ward.home / "plan.txt"), code=3)
    assert "ends in .sql" in ward.err
    ward.type("doctor", "--plan", str(ward.home / "nowhere" / "1.sql"), code=4)
    assert len(ward.err.splitlines()) == 2


def test_nothing_to_repair(ward: Ward) -> None:
    """The plan of a healthy database is a header that says so, and runs."""
    ward.made("CREATE TABLE users (id integer PRIMARY KEY, name text)")
    plan = planned(ward, code=0)
    assert "0 findings" in " ".join(plan.read_text().replace("--", "").split())
    ward.type("init", "--name", "ward")
    ward.type("apply", str(ward.migrations))


@pytest.mark.parametrize("twice", [False, True])
def test_referred_made_a_key(sqlite_ward: Ward, *, twice: bool) -> None:
    """What a foreign key of SQLite refers to is made a key, duplicates as a person decides."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY, email text)",
        "CREATE TABLE mails (id integer PRIMARY KEY, email text REFERENCES users (email))",
        f"INSERT INTO users VALUES (1, 'a'), (2, '{'a' if twice else 'b'}')",
        "INSERT INTO mails VALUES (1, 'a')",
    )
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan = planned(ward)
    if twice:
        decided(plan, "keep all")
    ward.type("apply", str(ward.migrations))
    assert ward.found("foreign-key-mismatch") == []
    assert ward.application("SELECT email FROM users ORDER BY id")[0] == ("a",)
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before
