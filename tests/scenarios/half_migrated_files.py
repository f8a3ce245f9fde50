"""The migration files of the half-migrated platform, as SQL and as Sequelize writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

Kind = Literal["postgresql", "sqlite"]

USERS = """
CREATE TABLE users (
    id {uuid} {new_uuid} PRIMARY KEY,
    legacy_id integer UNIQUE,
    email text NOT NULL UNIQUE,
    created_at {moment} NOT NULL DEFAULT {now}
);"""
REPAIR_EARLY = """
ALTER TABLE shopping_carts ALTER COLUMN user_id TYPE uuid USING user_id::text::uuid;
ALTER TABLE food_scan_history ALTER COLUMN user_id TYPE uuid USING user_id::text::uuid;"""
REPAIR_EARLY_SQLITE = """
ALTER TABLE shopping_carts ADD COLUMN user_uuid text;
ALTER TABLE food_scan_history ADD COLUMN user_uuid text;"""
CARTS = """
CREATE TABLE shopping_carts (
    id {serial},
    user_id integer NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state <> ''),
    created_at {moment} NOT NULL DEFAULT {now}
);
CREATE TABLE cart_items (
    id {serial},
    cart_id integer NOT NULL REFERENCES shopping_carts (id) ON DELETE CASCADE,
    package text NOT NULL,
    price numeric(10,2)
);
CREATE INDEX cart_items_by_cart ON cart_items (cart_id, package);
CREATE VIEW open_carts AS SELECT id, user_id FROM shopping_carts WHERE state = 'open';"""
ORDERS = """
{order_status}
CREATE TABLE orders (
    id {serial},
    user_id integer NOT NULL,
    status {order_status_type} NOT NULL DEFAULT 'pending',
    total numeric(10,2)
);
CREATE TABLE order_items (
    id {serial},
    order_id integer NOT NULL REFERENCES orders (id),
    what text NOT NULL,
    UNIQUE (order_id, what)
);"""
NOTIFICATIONS = """
CREATE TABLE notifications (
    id {serial},
    user_id integer NOT NULL,
    message text NOT NULL,
    read_at {moment}
);"""
SCANS = """
CREATE TABLE food_scan_history (
    id {serial},
    user_id integer NOT NULL,
    barcode text NOT NULL,
    "scannedAt" {moment}
);"""
STOREFRONT = """
CREATE TABLE storefront_items (
    id {serial},
    name text NOT NULL,
    package_type text NOT NULL,
    price numeric(10,2)
);"""
SESSIONS = """
{session_status}
CREATE TABLE sessions (
    id {uuid} {new_uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL,
    status {session_status_type} NOT NULL DEFAULT 'scheduled',
    created_at {moment} NOT NULL DEFAULT {now}
);
ALTER TABLE sessions ADD COLUMN trainer_id {uuid} REFERENCES trainers (id);
ALTER TABLE sessions ADD COLUMN starts_at {moment};
ALTER TABLE sessions ADD COLUMN ends_at {moment};
ALTER TABLE sessions ADD COLUMN duration integer;
ALTER TABLE sessions ADD COLUMN location text;
ALTER TABLE sessions ADD COLUMN notes text;
ALTER TABLE sessions ADD COLUMN rating integer;
ALTER TABLE sessions ADD COLUMN feedback text;
ALTER TABLE sessions ADD COLUMN cancelled_at {moment};"""
HALF_OF_SESSIONS = SESSIONS.split("ALTER TABLE", maxsplit=1)[0]
MISSING_COLUMNS = (
    "trainer_id starts_at ends_at duration location notes rating feedback cancelled_at".split()
)
TRAINERS = """
CREATE TABLE trainers (
    id {uuid} {new_uuid} PRIMARY KEY,
    name text NOT NULL
);"""
DISPLAY_ORDER = """
ALTER TABLE storefront_items ADD COLUMN display_order integer NOT NULL DEFAULT 0;"""
MEAL_PLANS = """
CREATE TABLE meal_plans (
    id {serial},
    user_id {uuid} NOT NULL,
    plan text NOT NULL
);"""
REVIEWS = """
CREATE TABLE session_reviews (
    id {serial},
    session_id {uuid} NOT NULL REFERENCES sessions (id),
    stars integer NOT NULL
);"""
PREFERENCES = """
ALTER TABLE users ADD COLUMN preferences {json};"""
UNIQUE_ITEMS = """
ALTER TABLE storefront_items
    ADD CONSTRAINT storefront_items_name_package_type_key UNIQUE (name, package_type);"""
UNIQUE_ITEMS_SQLITE = """
CREATE UNIQUE INDEX storefront_items_name_package_type_key
    ON storefront_items (name, package_type);"""
OWNERS = """
ALTER TABLE notifications
    ADD CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);"""
OWNERS_SQLITE = """
CREATE TABLE notifications_new (
    id {serial},
    user_id integer NOT NULL REFERENCES users (legacy_id),
    message text NOT NULL,
    read_at {moment}
);
INSERT INTO notifications_new SELECT id, user_id, message, read_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_new RENAME TO notifications;"""

USERS_FILE = "20240105090000-create-users"
LATE = "20240110090000-repair-user-ids"
CARTS_FILE = "20240112090000-create-shopping-carts"
ORDERS_FILE = "20240119090000-create-orders"
NOTIFICATIONS_FILE = "20240126090000-create-notifications"
SCANS_FILE = "20240202090000-create-food-scan-history"
AUDIT_LOG_FILE = "20240206090000-create-audit-log"
STOREFRONT_FILE = "20240209090000-create-storefront-items"
SESSIONS_FILE = "20240216090000-create-sessions"
TRAINERS_FILE = "20240223090000-create-trainers"
DISPLAY_ORDER_FILE = "20240301090000-add-display-order"
MEAL_PLANS_FILE = "20240308090000-create-meal-plans"
REVIEWS_FILE = "20240315090000-create-session-reviews"
REFERRALS_FILE = "20240322090000-create-referrals"
PREFERENCES_FILE = "20240329090000-add-user-preferences"
UNIQUE_FILE = "20240405090000-unique-storefront-items"
OWNERS_FILE = "20240412090000-owners-of-notifications"

RAN = (
    USERS_FILE,
    CARTS_FILE,
    ORDERS_FILE,
    NOTIFICATIONS_FILE,
    SCANS_FILE,
    AUDIT_LOG_FILE,
    STOREFRONT_FILE,
    SESSIONS_FILE,
)
"""Names in the bookkeeping that ran; the last of them only in part."""

NEVER_RAN = (
    TRAINERS_FILE,
    DISPLAY_ORDER_FILE,
    MEAL_PLANS_FILE,
    REVIEWS_FILE,
    REFERRALS_FILE,
    PREFERENCES_FILE,
)
"""Names in the bookkeeping whose effect is nowhere."""

MARKED = (*RAN, *NEVER_RAN)
"""What stands in the bookkeeping, there with ``.js`` behind it."""

MISSING = (AUDIT_LOG_FILE, REFERRALS_FILE)
"""Names in the bookkeeping that have no file."""

PENDING = (LATE, UNIQUE_FILE, OWNERS_FILE)
"""Files that the bookkeeping does not know; the first is dated before files that ran."""

_POSTGRESQL = {
    "uuid": "uuid",
    "new_uuid": "DEFAULT gen_random_uuid()",
    "moment": "timestamptz",
    "now": "now()",
    "serial": "serial PRIMARY KEY",
    "json": "jsonb",
    "order_status": "CREATE TYPE enum_orders_status AS ENUM ('pending', 'paid', 'sent');",
    "order_status_type": "enum_orders_status",
    "session_status": "CREATE TYPE enum_sessions_status AS ENUM ('scheduled', 'held', 'missed');",
    "session_status_type": "enum_sessions_status",
}
_SQLITE = {
    "uuid": "text",
    "new_uuid": "NOT NULL",
    "moment": "text",
    "now": "CURRENT_TIMESTAMP",
    "serial": "integer PRIMARY KEY AUTOINCREMENT",
    "json": "text",
    "order_status": "",
    "order_status_type": "text",
    "session_status": "",
    "session_status_type": "text",
}


def sql(template: str, kind: Kind) -> str:
    """Word a template for a database."""
    words = _POSTGRESQL if kind == "postgresql" else _SQLITE
    return template.format(**words).strip() + "\n"


def files(kind: Kind) -> dict[str, str]:
    """Return the text of each migration that has a file, by its name, in their order."""
    postgresql = kind == "postgresql"
    found = {
        USERS_FILE: USERS,
        LATE: REPAIR_EARLY if postgresql else REPAIR_EARLY_SQLITE,
        CARTS_FILE: CARTS,
        ORDERS_FILE: ORDERS,
        NOTIFICATIONS_FILE: NOTIFICATIONS,
        SCANS_FILE: SCANS,
        STOREFRONT_FILE: STOREFRONT,
        SESSIONS_FILE: SESSIONS,
        TRAINERS_FILE: TRAINERS,
        DISPLAY_ORDER_FILE: DISPLAY_ORDER,
        MEAL_PLANS_FILE: MEAL_PLANS,
        REVIEWS_FILE: REVIEWS,
        PREFERENCES_FILE: PREFERENCES,
        UNIQUE_FILE: UNIQUE_ITEMS if postgresql else UNIQUE_ITEMS_SQLITE,
        OWNERS_FILE: OWNERS if postgresql else OWNERS_SQLITE,
    }
    return {name: sql(template, kind) for name, template in found.items()}


def write_sql(directory: Path, kind: Kind) -> None:
    """Write the migrations as SQL files."""
    directory.mkdir(exist_ok=True)
    for name, text in files(kind).items():
        (directory / f"{name}.sql").write_text(text)


def write_cjs(directory: Path, kind: Kind) -> None:
    """Write the same migrations as Sequelize runs them; the bookkeeping names them ``.js``."""
    directory.mkdir(exist_ok=True)
    for name, text in files(kind).items():
        (directory / f"{name}.cjs").write_text(_cjs(text))


def _cjs(text: str) -> str:
    queries = [
        f"    await queryInterface.sequelize.query({json.dumps(statement.strip())});"
        for statement in text.split(";\n")
        if statement.strip()
    ]
    return "\n".join(
        [
            "'use strict';",
            "",
            "/** @type {import('sequelize-cli').Migration} */",
            "module.exports = {",
            "  async up(queryInterface) {",
            *queries,
            "  },",
            "  async down() {",
            "    throw new Error('there is no way back');",
            "  },",
            "};",
            "",
        ]
    )
