"""Every statement that a test holds to its outcome: the sections here, and the older lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.language.cases import Case, Outcome, Rebuilt, sections
from tests.postgresql import (
    kinds,
    odd,
    statements,
    test_awkward,
    test_execute,
    test_families,
    test_gate,
    trees,
)
from tests.sqlite import capture_cases, schema_cases, text_cases
from tests.sqlite import test_schema_gate as sqlite_gate
from tests.sqlite import test_virtual_tables as virtual_tables


class Listed(NamedTuple):
    """One migration as a row of the table; what runs in it, and how it ends.

    ``since`` is the server's first version that knows it: 14, or 335 for 3.35.
    """

    statements: tuple[str, ...]
    outcome: Outcome = "exact"
    name: str = ""
    since: int = 0
    superuser: bool = False


class List(NamedTuple):
    """The rows of one section."""

    title: str
    rows: tuple[Listed, ...]


def lists(database: str) -> tuple[List, ...]:
    """Return all sections of a database, the older lists first."""
    older = _postgresql() if database == "postgresql" else _sqlite()
    split = _alone if database == "postgresql" else _split
    newer = [
        List(one.title, tuple(_of_case(case, split(case.statement)) for case in one.cases))
        for one in sections(database)
    ]
    return (*older, *newer)


def _of_case(case: Case, ran: tuple[str, ...]) -> Listed:
    return Listed(ran, case.outcome, case.name, case.since, case.superuser)


def _alone(sql: str) -> tuple[str, ...]:
    return (sql,)


def _split(script: str) -> tuple[str, ...]:
    return tuple(schema_cases.statements(script.rstrip().removesuffix(";") + ";"))


# --- PostgreSQL -------------------------------------------------------------------------


def _postgresql() -> list[List]:
    return [
        List("Everyday schema changes", _texts(statements.STATEMENTS)),
        List("Odd names, types and entanglements", _texts(odd.EXACT) + _refused(odd.REFUSED)),
        List(
            "Every kind of object in every kind of use",
            _texts(kinds.EXACT) + _texts(kinds.SINCE_18, since=18) + _refused(kinds.REFUSED),
        ),
        List("Partitions", _texts(trees.PARTITIONS)),
        List(
            "Inheritance, and constraints since 18",
            _texts(trees.HEIRS) + _texts(trees.SINCE_18, since=18) + _refused(trees.REFUSED),
        ),
        List(
            "Rows",
            _several(ran for ran, _ in test_execute.CASES.values())
            + _several(test_execute.SCHEMA)
            + _refused((sql, name) for name, sql in test_execute.REFUSED.items()),
        ),
        List("Rows of partitions and heirs", _several(r for r, _ in test_families.CASES.values())),
        List(
            "Awkward writes",
            _several(test_awkward.CASES.values())
            + _refused((sql, name) for name, sql in test_awkward.REFUSED.items()),
        ),
        List(
            "Refused by their words",
            _refused(test_gate.UNKNOWN.items()) + _refused((sql, "") for sql in test_gate.REFUSED),
        ),
    ]


# --- SQLite -----------------------------------------------------------------------------


def _sqlite() -> list[List]:
    awkward = capture_cases.CAPTURED | text_cases.TEXTS
    return [
        List("Schema changes", _scripts(schema_cases.CASES.values())),
        List(
            "Awkward writes, names and values",
            _scripts(script for _, script in awkward.values())
            + tuple(
                Listed(_split(script), "refused", name)
                for _, script, name in capture_cases.REFUSED.values()
            ),
        ),
        List("Virtual tables", _several(ran for _, ran in virtual_tables.EXACT.values())),
        List(
            "Refused by their words, or by what they touch",
            _refused((sql, name) for name, sql in sqlite_gate.each(sqlite_gate.NOT_KNOWN))
            + _refused(sqlite_gate.BY_NAME.items())
            + _refused((sql, "") for _, sql in sqlite_gate.each(sqlite_gate.REFUSED)),
        ),
    ]


# --- of either --------------------------------------------------------------------------


def _outcome(sql: object) -> Outcome:
    return "rebuild" if isinstance(sql, Rebuilt) else "exact"


def _texts(found: Iterable[str], *, since: int = 0) -> tuple[Listed, ...]:
    return tuple(Listed((sql,), _outcome(sql), since=since) for sql in found)


def _scripts(found: Iterable[str]) -> tuple[Listed, ...]:
    return tuple(Listed(_split(script), _outcome(script)) for script in found)


def _several(found: Iterable[Sequence[str | tuple[str, str]]]) -> tuple[Listed, ...]:
    """Migrations of several statements; one that reads a file stands with its content."""
    return tuple(
        Listed(
            tuple(one if isinstance(one, str) else one[0] for one in ran),
            "rebuild" if any(isinstance(one, Rebuilt) for one in ran) else "exact",
        )
        for ran in found
    )


def _refused(found: Iterable[tuple[str, str]]) -> tuple[Listed, ...]:
    return tuple(Listed((sql.strip(),), "refused", name) for sql, name in found)
