"""Findings about columns of one name whose types differ where one table refers to the other."""

from __future__ import annotations

from collections.abc import Iterator

from commands.doctor.catalog.queries import types_of
from commands.doctor.finding import Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Reference, Table
from commands.doctor.types import fit


def column_findings(patient: Patient) -> Iterator[Finding]:
    """Yield them; the columns that refer are another matter, and so is the key itself."""
    for table in patient.tables.values():
        if table.partition or table.parents:
            continue
        seen: set[str] = set()
        for reference in table.references:
            parent = patient.tables.get(reference.parent)
            if parent is not None and parent is not table:
                yield from _differing(patient, table, parent, reference, seen)


def _differing(
    patient: Patient, table: Table, parent: Table, reference: Reference, seen: set[str]
) -> Iterator[Finding]:
    aside = {*reference.columns, *table.key, *parent.key}
    for column in table.columns:
        other = parent.column(column.name)
        if other is None or column.name in aside or column.name in seen:
            continue
        if fit(column.type, other.type, patient.kind) != "apart":
            continue
        seen.add(column.name)
        where = f"{patient.spelled(table.path)}.{column.name}"
        there = f"{patient.spelled(parent.path)}.{column.name}"
        yield Finding(
            kind="column-types",
            severity="note",
            where=where,
            what=f"{where} is {column.type or 'of no type'}, and {there} is"
            f" {other.type or 'of no type'}",
            evidence=(
                patient.evidence(types_of(patient, table, column.name)),
                patient.evidence(types_of(patient, parent, column.name)),
            ),
            consequence=f"{table.path[-1]} refers to {parent.path[-1]}, and values that mean the"
            " same may not compare",
        )
