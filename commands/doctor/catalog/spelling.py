"""Findings about names that differ in case, or in the way words are joined, alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from commands.doctor.catalog.naming import snake
from commands.doctor.catalog.queries import named
from commands.doctor.finding import Evidence, Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Path, Table
from commands.quoting import quoted

_SHARED = {
    "table": "relation",
    "view": "relation",
    "materialized view": "relation",
    "enum": "type",
    "domain": "type",
    "composite": "type",
    "index": "index",
}


def spelling_findings(patient: Patient) -> Iterator[Finding]:
    """Yield names that are told apart by their case alone, and those that are by an underscore."""
    shared: dict[str, list[Path]] = defaultdict(list)
    for one in patient.objects:
        if one.kind in _SHARED:
            shared[_SHARED[one.kind]].append(one.path)
    for kind, paths in shared.items():
        for pair in _alike(paths):
            yield _objects(patient, kind, pair)
    for table in patient.tables.values():
        for pair in _alike((column.name,) for column in table.columns):
            yield _columns(patient, table, [path[-1] for path in pair])


def _alike(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Group paths whose last names are one name in another spelling."""
    groups: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        groups[(*path[:-1], snake(path[-1]).replace("_", ""))].append(path)
    yield from (sorted(group) for group in groups.values() if len(group) > 1)


def _objects(patient: Patient, kind: str, paths: list[Path]) -> Finding:
    names = [patient.spelled(path) for path in paths]
    tables = (patient.tables.get(path) for path in paths)
    case = _by_case(path[-1] for path in paths)
    return Finding(
        kind="names-differ-in-case" if case else "names-differ-in-spelling",
        severity="warning" if case and kind != "index" else "note",
        where=" / ".join(names),
        what=f"{_many(kind)} {' and '.join(names)} bear one name in {_how(case)}",
        evidence=(
            patient.evidence(named(patient, kind, paths)),
            *(patient.held(table) for table in tables if table is not None),
        ),
        consequence="which of them a statement means hangs on its quotes"
        if case
        else "one is easily taken for the other",
        advice="Find out which one the application uses, and merge or rename the other.",
    )


def _columns(patient: Patient, table: Table, names: list[str]) -> Finding:
    case = _by_case(names)
    where = f"{patient.spelled(table.path)}.{' / '.join(names)}"
    return Finding(
        kind="names-differ-in-case" if case else "names-differ-in-spelling",
        severity="warning" if case else "note",
        where=where,
        what=f"columns {' and '.join(names)} of {patient.spelled(table.path)} bear one name in"
        f" {_how(case)}",
        evidence=(_disagreeing(patient, table, names[0], names[1]),),
        consequence="what is written to one is not read from the other",
        advice="Find out which one the application writes, move the values, and drop the other.",
    )


def _disagreeing(patient: Patient, table: Table, one: str, other: str) -> Evidence:
    a, b = (f"CAST({quoted(name)} AS text)" for name in (one, other))
    return patient.evidence(
        f"SELECT {quoted(one)}, {quoted(other)} FROM {quoted(*table.path)}"
        f" WHERE {a} <> {b} OR ({a} IS NULL) <> ({b} IS NULL)"
    )


def _by_case(names: Iterable[str]) -> bool:
    found = [name.lower() for name in names]
    return len(set(found)) < len(found)


def _how(case: bool) -> str:
    return "another case" if case else "another spelling"


def _many(kind: str) -> str:
    return {"relation": "tables or views", "index": "indexes"}.get(kind, f"{kind}s")
