"""The half-migrated platform in its variants: what the catalog and the rows tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor.ward import Ward

TABLES = ("shopping_carts", "orders", "notifications", "food_scan_history")


def platform(key: str, *, orders: bool) -> list[str]:
    """Return the platform: users have keys of a type, everybody else numbers them."""
    users = (
        "INSERT INTO users (id) SELECT gen_random_uuid() FROM generate_series(1, 50)"
        if key == "uuid"
        else "INSERT INTO users (id) SELECT n FROM generate_series(1, 50) n"
    )
    made = [
        f"CREATE TABLE users (id {key} PRIMARY KEY, email text)",
        users,
        "CREATE TYPE session_state AS ENUM ('planned', 'done')",
        "CREATE TYPE old_state AS ENUM ('on', 'off')",
        "CREATE TABLE sessions (id serial PRIMARY KEY, state session_state)",
        'CREATE TABLE "Food_Scan_History" (id serial PRIMARY KEY, what text)',
        "INSERT INTO \"Food_Scan_History\" (what) VALUES ('soup')",
        "CREATE TABLE storefront_items (id serial PRIMARY KEY, name text, package_type text)",
        "INSERT INTO storefront_items (name, package_type) VALUES ('a', 'x'), ('a', 'x'),"
        " ('b', 'y'), ('b', 'y'), ('c', 'x')",
        "CREATE TABLE migration_names (name text PRIMARY KEY)",
        "INSERT INTO migration_names VALUES ('001_users.js')",
    ]
    for table in TABLES:
        if table == "orders" and not orders:
            continue
        made += [
            f"CREATE TABLE {table} (id serial PRIMARY KEY, user_id integer NOT NULL, note text)",
            f"INSERT INTO {table} (user_id) SELECT 1 + n % 50 FROM generate_series(1, 150) n",
        ]
    if orders:
        made += [
            "CREATE TABLE order_items (id serial PRIMARY KEY, order_id integer NOT NULL)",
            "INSERT INTO order_items (order_id) SELECT 1 + n % 90 FROM generate_series(1, 210) n",
        ]
    return made


@pytest.mark.parametrize(("key", "orders"), [("uuid", True), ("integer", True), ("uuid", False)])
def test_variants(postgresql_ward: Ward, key: str, *, orders: bool) -> None:
    """What is broken is found and nothing else; the repair runs, and comes back exactly."""
    ward = postgresql_ward
    ward.made(*platform(key, orders=orders))
    users = {f"{table}.user_id" for table in TABLES if orders or table != "orders"}
    held = {"order_items.order_id"} if orders else set()
    found = ward.diagnosis(code=1)
    wrong = {(one["kind"], one["where"]) for one in found if one["severity"] != "note"}
    case = ("names-differ-in-case", "Food_Scan_History / food_scan_history")
    types = {("foreign-key-types", where) for where in users} if key == "uuid" else set()
    assert wrong == {case} | types
    noted = {(one["kind"], one["where"]) for one in found if one["severity"] == "note"}
    missing = held if key == "uuid" else held | users
    assert noted >= {("unused-type", "old_state")} | {("missing-foreign-key", w) for w in missing}
    assert ("unused-type", "session_state") not in noted
    ward.type("init", "--name", "ward")
    before = ward.fingerprint()
    plan: Path = ward.migrations / "0001_repair.sql"
    ward.type("doctor", "--plan", str(plan), code=1)
    assert plan.read_text().count("CREATE TABLE") == (1 if key == "uuid" else 0)
    ward.type("apply", str(ward.migrations), "--reason", "after the failed migration")
    after = ward.diagnosis(code=1)
    assert {(o["kind"], o["where"]) for o in after if o["severity"] != "note"} == {case}
    ward.back("before:0001_repair")
    assert ward.fingerprint() == before
