"""How each tool keeps its books: the table, its columns, and what the rows mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from commands.adopt.bookkeeping import Record, Tool
from journal.effect import Row
from journal.values import SchemaObject

Rows = list[Row]
Told = tuple[list[Record], str]
"""Records in order, and the version up to which all count."""


class Lock(msgspec.Struct, frozen=True):
    """Where a tool notes that it is at work: whether it is, and perhaps who."""

    table: str
    columns: tuple[str, ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """One shape of one tool's table.

    Names are compared without regard to case. A table has all of ``columns`` and, beside them,
    none but ``optional`` ones; ``types`` are parts of the types of some. ``select`` are those that are read, ``order`` sorts. ``tell``
    makes records of the rows; ``None`` says that no such tool wrote them.
    """

    tool: Tool
    table: str
    columns: frozenset[str]
    optional: frozenset[str] = frozenset()
    types: tuple[tuple[str, str], ...] = ()
    lock: Lock | None = None
    select: tuple[str, ...]
    order: tuple[str, ...]
    tell: Callable[[Rows], Told | None]

    def fits(self, table: SchemaObject) -> bool:
        """Whether a table has this shape."""
        found = {one.name.lower(): str(one.definition.get("type", "")) for one in table.columns}
        return (
            table.path[-1].lower() == self.table
            and self.columns <= found.keys() <= self.columns | self.optional
            and all(part in found[column].lower() for column, part in self.types)
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _named(rows: Rows) -> Told:
    """Name and time, as they stand."""
    return [Record(name=_text(name), applied_at=_text(when)) for name, when in rows], ""


def _names(rows: Rows) -> Told:
    return [Record(name=_text(name)) for (name,) in rows], ""


def _versions(rows: Rows) -> Told | None:
    """Versions are numbers, as text; the number is the order, whatever sorts text."""
    found = [_text(version) for (version,) in rows]
    if not all(re.fullmatch(r"[0-9]{1,255}", one) for one in found):
        return None
    return [Record(name=one) for one in sorted(found, key=int)], ""


def _django(rows: Rows) -> Told:
    return [
        Record(name=f"{_text(app)}.{_text(name)}", applied_at=_text(when))
        for app, name, when in rows
    ], ""


def _golang(rows: Rows) -> Told | None:
    """One row at most: the newest version, and whether it broke on the way."""
    if len(rows) > 1:
        return None
    for version, dirty in rows:
        if not isinstance(version, int):
            return None
        name = str(version)
        if dirty:
            return [Record(name=name, why="dirty: it broke off half-way")], str(version - 1)
        return [Record(name=name)], name
    return [], ""


def _prisma(rows: Rows) -> Told:
    return [
        Record(name=_text(name), applied_at=_text(finished), why=_prisma_why(finished, undone))
        for name, finished, undone in rows
    ], ""


def _prisma_why(finished: Any, undone: Any) -> str:
    if undone is not None:
        return "rolled back"
    return "failed: it never finished" if finished is None else ""


def _flyway(rows: Rows) -> Told:
    """A later row may undo or delete a version; a baseline stands for all before it."""
    found: dict[int, Record] = {}
    versions: dict[str, int] = {}
    upto = ""
    for rank, version, kind, script, when, success in rows:
        kind = _text(kind).upper()  # noqa: PLW2901 - as Flyway compares it
        key = _text(version)
        if kind == "SCHEMA":
            continue
        if kind == "BASELINE":
            upto = key if success else upto
            continue
        if kind == "DELETE" or kind.startswith("UNDO_"):
            before = versions.get(key)
            if success and before is not None:
                why = "deleted by repair" if kind == "DELETE" else "undone"
                found[before] = msgspec.structs.replace(found[before], why=why)
            continue
        if version is None:  # a repeatable migration counts by its newest run
            key = _text(script)
        versions[key] = rank
        name = _stem(_text(script))
        found[rank] = Record(name=name, applied_at=_text(when), why="" if success else "failed")
    return list(found.values()), upto


def _liquibase(rows: Rows) -> Told:
    return [
        Record(
            name="::".join(map(_text, (file, id_, author))),
            applied_at=_text(when),
            why="" if _text(kind).upper() in _RAN else _text(kind).lower(),
        )
        for id_, author, file, when, kind in rows
    ], ""


_RAN = {"EXECUTED", "RERAN", "MARK_RAN"}


def _sqitch(rows: Rows) -> Told:
    """A change is known within its project."""
    projects = {project for project, _, _ in rows}
    return [
        Record(
            name=_text(change) if len(projects) == 1 else f"{_text(project)}:{_text(change)}",
            applied_at=_text(when),
        )
        for project, change, when in rows
    ], ""


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _stem(script: str) -> str:
    return script.rpartition("/")[2].removesuffix(".sql")


LAYOUTS = (
    Layout(
        tool="alembic",
        table="alembic_version",
        columns=_words("version_num"),
        select=("version_num",),
        order=("version_num",),
        tell=_names,
    ),
    Layout(
        tool="django",
        table="django_migrations",
        columns=_words("id app name applied"),
        select=("app", "name", "applied"),
        order=("id",),
        tell=_django,
    ),
    Layout(
        tool="prisma",
        table="_prisma_migrations",
        columns=_words(
            "id checksum finished_at migration_name logs rolled_back_at started_at"
            " applied_steps_count"
        ),
        select=("migration_name", "finished_at", "rolled_back_at"),
        order=("started_at", "migration_name"),
        tell=_prisma,
    ),
    Layout(
        tool="sequelize",
        table="sequelizemeta",
        columns=_words("name"),
        optional=_words("createdat updatedat"),
        select=("name",),
        order=("name",),
        tell=_names,
    ),
    Layout(
        tool="knex",
        table="knex_migrations",
        columns=_words("id name batch migration_time"),
        lock=Lock("knex_migrations_lock", ("is_locked",)),
        select=("name", "migration_time"),
        order=("id",),
        tell=_named,
    ),
    Layout(
        tool="golang-migrate",
        table="schema_migrations",
        columns=_words("version dirty"),
        types=(("version", "int"), ("dirty", "bool")),
        select=("version", "dirty"),
        order=("version",),
        tell=_golang,
    ),
    Layout(  # Rails has the same columns, and a table beside it
        tool="dbmate",
        table="schema_migrations",
        columns=_words("version"),
        types=(("version", "char"),),
        select=("version",),
        order=("version",),
        tell=_versions,
    ),
    Layout(
        tool="flyway",
        table="flyway_schema_history",
        columns=_words(
            "installed_rank version description type script checksum installed_by installed_on"
            " execution_time success"
        ),
        select=("installed_rank", "version", "type", "script", "installed_on", "success"),
        order=("installed_rank",),
        tell=_flyway,
    ),
    Layout(
        tool="liquibase",
        table="databasechangelog",
        columns=_words("id author filename dateexecuted orderexecuted exectype md5sum"),
        optional=_words("description comments tag liquibase contexts labels deployment_id"),
        lock=Lock("databasechangeloglock", ("locked", "lockedby")),
        select=("id", "author", "filename", "dateexecuted", "exectype"),
        order=("orderexecuted", "dateexecuted"),
        tell=_liquibase,
    ),
    Layout(
        tool="sqitch",
        table="changes",
        columns=_words(
            "change_id change project note committed_at committer_name committer_email planned_at"
            " planner_name planner_email"
        ),
        optional=_words("script_hash"),
        select=("project", "change", "committed_at"),
        order=("committed_at", "planned_at", "change"),
        tell=_sqitch,
    ),
    Layout(
        tool="yoyo",
        table="_yoyo_migration",
        columns=_words("migration_hash migration_id applied_at_utc"),
        select=("migration_id", "applied_at_utc"),
        order=("applied_at_utc", "migration_id"),
        tell=_named,
    ),
    Layout(  # yoyo before 6.0
        tool="yoyo",
        table="_yoyo_migration",
        columns=_words("id ctime"),
        select=("id", "ctime"),
        order=("ctime", "id"),
        tell=_named,
    ),
)
