"""What the names of migration files say: the migration, its database, its place in the order.

Shapes: ``NNNN_name.sql``, ``NNNN_name.up.sql``, ``<timestamp>_name/migration.sql`` (Prisma),
``V1.2__name.sql`` (Flyway), and any of the first with ``.sqlite`` or ``.postgresql`` before
``.sql`` for a file of one database.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from journal.errors import Refused
from journal.values import DatabaseKind

Order = tuple[tuple[int, ...], str]

_FLYWAY = re.compile(r"V(?P<version>[0-9]+(?:[._][0-9]+)*)__(?P<what>.+)")
_FLYWAY_OTHER = re.compile(r"(?P<kind>[RUB])[0-9._]*__.+|(?:before|after)[A-Z][A-Za-z]+(?:__.+)?")
_NUMBER = re.compile(r"[0-9]+")
_ALIASES = {
    **dict.fromkeys(("postgres", "pg", "pgsql", "psql"), "postgresql"),
    **dict.fromkeys(("sqlite3", "lite"), "sqlite"),
}
_OTHERS = ("mysql", "mariadb", "mssql", "oracle", "cockroachdb")
_WITHOUT_NUMBER = (1,)
_LONG = 4000
"""Digits of a number beyond which Python reads none."""


class FileName(msgspec.Struct, frozen=True, kw_only=True):
    """A file name as understood.

    ``database`` is ``None`` where the file serves every database; ``shape`` tells Flyway's
    order from the plain one; ``down`` marks the way back, which Clew does not need.
    """

    migration: str
    shape: Literal["plain", "flyway"]
    order: Order
    database: DatabaseKind | None = None
    down: bool = False


def understand(stem: str) -> FileName:
    """Read a file's name without ``.sql``, or that of a directory with ``migration.sql``.

    Raises:
        Refused: it is of a kind that cannot run here, or names a database in another way.
    """
    stem, database = _database(stem)
    if found := _FLYWAY.fullmatch(stem):
        return FileName(
            migration=stem,
            shape="flyway",
            order=(_version(found["version"]), ""),
            database=database,
        )
    if _FLYWAY_OTHER.fullmatch(stem):
        raise Refused(
            f"{stem}.sql is not a versioned migration",
            hint="Repeatable, undo, baseline and callback files of Flyway do not run here; "
            "write what they do as a versioned migration, or keep them elsewhere.",
        )
    down = stem.endswith(".down")
    name = stem.removesuffix(".down").removesuffix(".up")
    if not name:
        raise Refused(f"{stem}.sql has no name")
    number = _NUMBER.match(name)
    key = (0, _whole(number.group())) if number else _WITHOUT_NUMBER
    return FileName(migration=name, shape="plain", order=(key, name), database=database, down=down)


def order_of(name: str) -> Order:
    """Return the place of a migration that is known by its name alone."""
    try:
        return understand(name).order
    except Refused:  # a name of another tool's history
        return (_WITHOUT_NUMBER, name)


def _database(stem: str) -> tuple[str, DatabaseKind | None]:
    rest, dot, last = stem.rpartition(".")
    known: tuple[DatabaseKind, ...] = get_args(DatabaseKind)
    for kind in known:
        if dot and last == kind:
            return rest, kind
    if dot and last.lower() in (*_ALIASES, *_OTHERS, *known):
        meant = _ALIASES.get(last.lower(), last.lower() if last.lower() in known else "")
        hint = f"Name it {rest}.{meant}.sql." if meant else "Clew knows sqlite and postgresql."
        raise Refused(f"{stem}.sql: expected .sqlite.sql or .postgresql.sql", hint=hint)
    return stem, None


def _whole(digits: str) -> int:
    if len(digits) > _LONG:
        raise Refused(f"a name with a number of {len(digits):,} digits")
    return int(digits)


def _version(text: str) -> tuple[int, ...]:
    """Flyway's order: number by number, and trailing zeros do not count."""
    numbers = [_whole(number) for number in _NUMBER.findall(text)]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
