"""What a tool's own table says of its migrations, in one shape for all tools."""

from __future__ import annotations

from typing import Literal

import msgspec

Tool = Literal[
    "alembic",
    "dbmate",
    "django",
    "flyway",
    "golang-migrate",
    "knex",
    "liquibase",
    "prisma",
    "rails",
    "sequelize",
    "sqitch",
    "yoyo",
]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a migration by the name its tool knows it by.

    ``why`` tells why it does not count as applied, such as "failed"; empty where it counts.
    """

    name: str
    applied_at: str = ""
    why: str = ""


class Bookkeeping(msgspec.Struct, frozen=True, kw_only=True):
    """A tool's table with its records in the order in which they were applied.

    ``query`` is the SELECT that anybody can run to see them. ``upto`` is a version up to
    which all migrations count, named or not. ``locked`` tells who holds the tool's own lock.
    """

    tool: Tool
    table: tuple[str, ...]
    query: str
    records: tuple[Record, ...] = ()
    upto: str = ""
    locked: str = ""

    @property
    def applied(self) -> tuple[Record, ...]:
        """The records that count, each name once."""
        found: dict[str, Record] = {}
        for one in self.records:
            if not one.why:
                found.setdefault(one.name, one)
        return tuple(found.values())

    @property
    def unapplied(self) -> tuple[Record, ...]:
        """The last word on names that stand in the table and do not count."""
        names = {one.name for one in self.applied}
        found = {one.name: one for one in self.records if one.why and one.name not in names}
        return tuple(found.values())
