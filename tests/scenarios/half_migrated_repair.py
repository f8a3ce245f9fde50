"""The repair of the half-migrated platform as a person writes it: data kept, ids mapped."""

from __future__ import annotations

from tests.scenarios.half_migrated import Variant
from tests.scenarios.half_migrated_files import (
    MEAL_PLANS,
    ORDERS,
    REVIEWS,
    TRAINERS,
    Kind,
    sql,
)

NAME = "20240501090000-repair"

_OWNED = ("shopping_carts", "orders", "notifications", "food_scan_history")
_ADDED = {
    "trainer_id": "{uuid} REFERENCES trainers (id)",
    "starts_at": "{moment}",
    "ends_at": "{moment}",
    "duration": "integer",
    "location": "text",
    "notes": "text",
    "rating": "integer",
    "feedback": "text",
    "cancelled_at": "{moment}",
}
_USERS = """
ALTER TABLE users DROP CONSTRAINT users_pkey;
ALTER TABLE users RENAME COLUMN id TO old_id;
ALTER TABLE users ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY;
"""
_OWNER = """
ALTER TABLE {table} ADD COLUMN user_uuid uuid;
UPDATE {table} AS t SET user_uuid = u.id FROM users AS u WHERE u.legacy_id = t.user_id;
CREATE TABLE {table}_of_nobody AS SELECT * FROM {table} WHERE user_uuid IS NULL;
DELETE FROM {table} WHERE user_uuid IS NULL;
ALTER TABLE {table} DROP COLUMN user_id;
ALTER TABLE {table} RENAME COLUMN user_uuid TO user_id;
ALTER TABLE {table} ALTER COLUMN user_id SET NOT NULL;
ALTER TABLE {table} ADD CONSTRAINT {table}_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
"""
_DUPLICATES = """
CREATE TABLE storefront_items_twice AS SELECT * FROM storefront_items AS s WHERE EXISTS (
    SELECT 1 FROM storefront_items AS o
    WHERE o.name = s.name AND o.package_type = s.package_type AND o.id < s.id);
DELETE FROM storefront_items WHERE id IN (SELECT id FROM storefront_items_twice);
CREATE UNIQUE INDEX storefront_items_name_package_type_key ON storefront_items (name, package_type);
"""
_NO_ORDERS = """
CREATE TABLE order_items_of_none AS SELECT * FROM order_items;
DELETE FROM order_items;
ALTER TABLE order_items ADD CONSTRAINT order_items_order_id_fkey
    FOREIGN KEY (order_id) REFERENCES orders (id);
"""
_LEFT_OVER = """
DROP TYPE IF EXISTS enum_orders_status_old;
ALTER TABLE food_scan_history DROP COLUMN IF EXISTS scannedat;
"""
_ON_SQLITE = """
ALTER TABLE {table} ADD COLUMN user_uuid text REFERENCES users (id);
UPDATE {table} SET user_uuid = (SELECT u.id FROM users AS u WHERE u.legacy_id = {table}.user_id);
"""


def repair(variant: Variant, kind: Kind) -> str:
    """Return the repair; on PostgreSQL it works on a fresh database as well."""
    made = [TRAINERS, MEAL_PLANS]
    if variant == "orders_missing":
        made.append(ORDERS.split("{order_status}")[1].split(";")[0] + ";")
    text = "".join(_again(sql(one, kind)) for one in (*made, REVIEWS))
    text += "".join(_column("sessions", *one, kind) for one in _ADDED.items())
    text += _column("storefront_items", "display_order", "integer NOT NULL DEFAULT 0", kind)
    text += _column("users", "preferences", "{json}", kind)
    if kind == "sqlite":
        owned = [table for table in _OWNED if variant != "orders_missing" or table != "orders"]
        return text + "".join(_ON_SQLITE.format(table=table) for table in owned) + _DUPLICATES
    text += "DROP VIEW open_carts;\n" + (_USERS if variant == "integer" else "")
    text += _NO_ORDERS if variant == "orders_missing" else ""
    text += "".join(_OWNER.format(table=table) for table in _OWNED)
    text += "CREATE VIEW open_carts AS SELECT id, user_id FROM shopping_carts WHERE state = 'open';"
    return text + _DUPLICATES + _LEFT_OVER


def _again(text: str) -> str:
    return text.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")


def _column(table: str, name: str, type_: str, kind: Kind) -> str:
    once = "" if kind == "sqlite" else "IF NOT EXISTS "
    return sql(f"ALTER TABLE {table} ADD COLUMN {once}{name} {type_};", kind)
