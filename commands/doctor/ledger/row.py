"""A row of a tool's bookkeeping, as SQL finds and mends it."""

from __future__ import annotations

from collections.abc import Iterable

from commands.adopt.bookkeeping import Bookkeeping, Tool
from commands.quoting import quoted

_KEYS: dict[Tool, str] = {
    "alembic": "version_num",
    "dbmate": "version",
    "golang-migrate": "version",
    "knex": "name",
    "prisma": "migration_name",
    "rails": "version",
    "sequelize": "name",
    "yoyo": "migration_id",
}
"""The column that alone names a migration, where there is one."""
_RENAMED = ("knex", "prisma", "sequelize")
_FORGOTTEN = ("dbmate", "knex", "prisma", "rails", "sequelize", "yoyo")


def literal(text: str) -> str:
    """Return text as SQL reads it."""
    return "'" + text.replace("'", "''") + "'"


def find(books: Bookkeeping, names: Iterable[str]) -> str:
    """Return the query that finds the rows of some names; of all, where names are put together."""
    key = _KEYS.get(books.tool)
    if key is None or books.tool == "golang-migrate":
        return books.query
    listed = ", ".join(map(literal, names))
    return f"SELECT * FROM {quoted(*books.table)} WHERE {quoted(key)} IN ({listed})"


def forget(books: Bookkeeping, name: str) -> tuple[str, ...]:
    """Return the statement that makes the tool run a migration again; none where it is not one."""
    if books.tool not in _FORGOTTEN:
        return ()
    where = f"{quoted(_KEYS[books.tool])} = {literal(name)}"
    return (f"DELETE FROM {quoted(*books.table)} WHERE {where}",)


def rename(books: Bookkeeping, old: str, new: str) -> tuple[str, ...]:
    """Return the statement that gives a migration the name that its file bears."""
    if books.tool not in _RENAMED:
        return ()
    key = quoted(_KEYS[books.tool])
    table = quoted(*books.table)
    return (f"UPDATE {table} SET {key} = {literal(new)} WHERE {key} = {literal(old)}",)
