"""The half-migrated platform as it was found, in its variants, and the "fix" made by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

import psycopg

from tests.scenarios.half_migrated_files import (
    CARTS_FILE,
    HALF_OF_SESSIONS,
    MARKED,
    NOTIFICATIONS_FILE,
    ORDERS_FILE,
    SCANS_FILE,
    STOREFRONT_FILE,
    USERS,
    Kind,
    files,
    sql,
)
from tests.support.oracle import sqlite_path

Variant = Literal["uuid", "integer", "orders_missing"]
"""``uuid`` and ``integer`` tell what ``users.id`` is; in ``orders_missing`` it is uuid too."""

VARIANTS: tuple[Variant, ...] = ("uuid", "integer", "orders_missing")

ROWS = {
    "users": 60,
    "shopping_carts": 150,
    "cart_items": 400,
    "orders": 90,
    "order_items": 210,
    "notifications": 120,
    "food_scan_history": 80,
    "storefront_items": 40,
    "sessions": 12,
}
DUPLICATES = (("Day pass", "single"), ("Monthly", "bundle"))
"""Pairs of ``storefront_items (name, package_type)`` that stand there twice."""

ORPHANS = (901, 902, 903)
"""``user_id`` of notifications whose user is not there."""

_BY_HAND = """
CREATE TABLE audit_log (id {serial}, what text NOT NULL);
CREATE TABLE "SequelizeMeta" (name varchar(255) NOT NULL PRIMARY KEY);"""
_BY_HAND_POSTGRESQL = """
CREATE TYPE enum_orders_status_old AS ENUM ('new', 'done');
ALTER TABLE food_scan_history ADD COLUMN scannedat timestamptz;"""
_PLACES = ("shopping_carts", 153), ("cart_items", 431), ("orders", 97), ("order_items", 222)


def as_found(variant: Variant, kind: Kind) -> str:
    """Return the script that makes the database as it was found, rows and all."""
    text = files(kind)
    users = USERS.replace("{uuid} {new_uuid} PRIMARY KEY", "{serial}")
    parts = [
        sql(users if variant == "integer" else USERS, kind),
        *(text[name] for name in (CARTS_FILE, ORDERS_FILE, NOTIFICATIONS_FILE, SCANS_FILE)),
        text[STOREFRONT_FILE],
        sql(HALF_OF_SESSIONS, kind),
        sql(_BY_HAND, kind),
        _BY_HAND_POSTGRESQL if kind == "postgresql" else "",
        _rows(variant, kind),
        *(f"INSERT INTO \"SequelizeMeta\" VALUES ('{name}.js');\n" for name in MARKED),
    ]
    if variant == "orders_missing":
        parts.append(_without_orders(kind))
    return "".join(parts)


def seed(url: str, variant: Variant) -> None:
    """Bring an empty database into the state in which it was found."""
    kind: Kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    if kind == "sqlite":
        with closing(sqlite3.connect(sqlite_path(url))) as db:
            db.executescript(as_found(variant, kind))
        return
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(as_found(variant, kind).encode())


def recreate_sql(kind: Kind) -> str:
    """Return the "fix": four tables dropped with their rows, made anew with other user ids."""
    uuid, new = ("text", "") if kind == "sqlite" else ("uuid", " DEFAULT gen_random_uuid()")
    key = "integer PRIMARY KEY AUTOINCREMENT" if kind == "sqlite" else "serial PRIMARY KEY"
    one = "11111111-1111-4111-8111-111111111111"
    return f"""
DROP VIEW IF EXISTS open_carts;
DROP TABLE cart_items;
DROP TABLE shopping_carts;
DROP TABLE order_items;
DROP TABLE IF EXISTS orders;
CREATE TABLE shopping_carts (
    id {key}, user_id {uuid} NOT NULL{new}, state text NOT NULL DEFAULT 'open');
CREATE TABLE cart_items (
    id {key}, cart_id integer NOT NULL REFERENCES shopping_carts (id), package text NOT NULL);
CREATE TABLE orders (id {key}, user_id {uuid} NOT NULL{new}, total numeric(10,2));
CREATE TABLE order_items (
    id {key}, order_id integer NOT NULL REFERENCES orders (id), what text NOT NULL);
INSERT INTO shopping_carts (user_id) VALUES ('{one}'), ('{one}'), ('{one}');
INSERT INTO cart_items (cart_id, package) VALUES (1, 'first'), (3, 'second');
INSERT INTO orders (user_id, total) VALUES ('{one}', 12.50);
INSERT INTO order_items (order_id, what) VALUES (1, 'one'), (1, 'two');
""".lstrip()


def recreate_py(kind: Kind) -> str:
    """Return the same as a program that finds its database in DATABASE_URL."""
    if kind == "sqlite":
        body = (
            "import sqlite3\n",
            'db = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))\n'
            "db.executescript(SCRIPT)\ndb.close()\n",
        )
    else:
        body = (
            "\nimport psycopg\n",
            'with psycopg.connect(os.environ["DATABASE_URL"]) as db:\n    db.execute(SCRIPT)\n',
        )
    said = '"""Make carts and orders anew."""'
    return f'{said}\n\nimport os\n{body[0]}\nSCRIPT = """\n{recreate_sql(kind)}"""\n\n{body[1]}'


def write_recreate(directory: Path, kind: Kind) -> tuple[Path, Path]:
    """Write ``recreate.sql`` and ``recreate.py``, and return where they are."""
    directory.mkdir(exist_ok=True)
    script, program = directory / "recreate.sql", directory / "recreate.py"
    script.write_text(recreate_sql(kind))
    program.write_text(recreate_py(kind))
    return script, program


# --- rows ---------------------------------------------------------------------------------


def _rows(variant: Variant, kind: Kind) -> str:
    users = ROWS["users"]
    owner = f"1 + n % {users}"
    duplicate = " ".join(
        f"WHEN {n} THEN '{pair[0]}' WHEN {n + 20} THEN '{pair[0]}'"
        for n, pair in enumerate(DUPLICATES, start=1)
    )
    package = " ".join(
        f"WHEN {n} THEN '{pair[1]}' WHEN {n + 20} THEN '{pair[1]}'"
        for n, pair in enumerate(DUPLICATES, start=1)
    )
    orphan = " ".join(f"WHEN {n} THEN {user}" for n, user in enumerate(ORPHANS, start=5))
    made = [
        _insert("users (legacy_id, email)", "n, 'u' || n || '@fit.example'"),
        _insert("shopping_carts (user_id, state)", f"{owner}, 'open'"),
        _insert("cart_items (cart_id, package, price)", "1 + n % 150, 'p' || n, n * 1.25"),
        _insert("orders (user_id, total)", f"{owner}, n * 3.50"),
        _insert("order_items (order_id, what)", "1 + n % 90, 'w' || n"),
        _insert(
            "notifications (user_id, message)", f"CASE n {orphan} ELSE {owner} END, 'hello ' || n"
        ),
        _insert("food_scan_history (user_id, barcode)", f"{owner}, '885' || (100000 + n)"),
        _insert(
            "storefront_items (name, package_type, price)",
            f"CASE n {duplicate} ELSE 'Item ' || n END, CASE n {package} ELSE 'single' END, n * 9.90",
        ),
        _insert("sessions (id, user_id)", f"{_uuid('s', kind)}, {_uuid('u', kind)}"),
    ]
    if variant != "integer":
        made[0] = _insert(
            "users (id, legacy_id, email)", f"{_uuid('u', kind)}, n, 'u' || n || '@fit.example'"
        )
    return ";\n".join([*made, *_places(kind)]) + ";\n"


def _insert(into: str, values: str) -> str:
    most = ROWS[into.split(maxsplit=1)[0]]
    numbers = (
        "WITH RECURSIVE numbers (n) AS"
        f" (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {most})"
    )
    return f"INSERT INTO {into} {numbers} SELECT {values} FROM numbers ORDER BY n"


def _uuid(letter: str, kind: Kind) -> str:
    """Word a uuid made of a number, of the fourth version."""
    group = {"s": "5e551085", "u": "0a5e0000"}[letter]
    if kind == "sqlite":
        return f"printf('{group}-0000-4000-8000-%012d', n)"
    return f"('{group}-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"


def _places(kind: Kind) -> list[str]:
    """Rows were deleted in the past, so that counters stand beyond the rows there are."""
    if kind == "sqlite":
        return [f"UPDATE sqlite_sequence SET seq = {n} WHERE name = '{t}'" for t, n in _PLACES]
    return [f"SELECT setval('{table}_id_seq', {place})" for table, place in _PLACES]


def _without_orders(kind: Kind) -> str:
    if kind == "postgresql":
        return "DROP TABLE orders CASCADE;\n"
    return "PRAGMA foreign_keys = off;\nDROP TABLE orders;\n"
