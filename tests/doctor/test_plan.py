"""The repair: a migration that runs as it stands, does what a person filled in, and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
