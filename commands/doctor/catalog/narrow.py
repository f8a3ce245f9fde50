"""Findings about foreign keys whose columns are of another type than the key's."""

from __future__ import annotations

from collections.abc import Iterator

from commands.doctor.catalog.queries import types_of
from commands.doctor.finding import Choice, Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Field, Reference, Table
from commands.doctor.types import LIMITS, base, fit
from commands.quoting import quoted


def reference_type_findings(patient: Patient) -> Iterator[Finding]:
    """Yield them: PostgreSQL lets numbers refer to numbers, SQLite anything to anything.

    It is a warning where half of what the narrower type can name is used up.
    """
    for table in patient.tables.values():
        for reference in table.references:
            if table.partition:
                continue
            keys = patient.referred(reference)
            for name, key in zip(reference.columns, keys, strict=False):
                column = table.column(name)
                if column is not None:
                    yield from _differing(patient, table, reference, column, key)


def _differing(
    patient: Patient, table: Table, reference: Reference, column: Field, key: Field
) -> Iterator[Finding]:
    found = fit(column.type, key.type, patient.kind)
    parent = patient.tables[reference.parent]
    if found == "same":
        return
    evidence = [
        patient.evidence(types_of(patient, table, column.name)),
        patient.evidence(types_of(patient, parent, key.name)),
    ]
    limit = LIMITS.get(base(column.type)) if found == "narrower" else None
    if limit is not None:
        one = quoted(key.name)
        evidence.append(
            patient.evidence(f"SELECT {one} FROM {quoted(*parent.path)} WHERE {one} > {limit // 2}")
        )
    near = limit is not None and bool(evidence[-1].count)
    where = f"{patient.spelled(table.path)}.{column.name}"
    widen = _widened(table, column, key) if found == "narrower" else ()
    seen = any(edge.table == table.path and edge.kind != "foreign key" for edge in patient.edges)
    yield Finding(
        kind="foreign-key-types",
        severity="warning" if near else "note",
        where=where,
        what=f"{where} is {column.type or 'of no type'} and refers to"
        f" {patient.spelled(parent.path)}.{key.name}, which is {key.type or 'of no type'}",
        evidence=tuple(evidence),
        consequence=_consequence(found, column.type, key.type),
        repair=() if seen else widen,
        choices=(Choice(what="drop the views over it, and make them again", statements=widen),)
        if seen and widen
        else (),
        touches=f"every row of {patient.spelled(table.path)}" if widen else "",
    )


def _widened(table: Table, column: Field, key: Field) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {quoted(*table.path)} ALTER COLUMN {quoted(column.name)} TYPE {key.type}",
    )


def _consequence(found: str, column: str, key: str) -> str:
    if found == "narrower":
        return f"a {key} key beyond what {column} holds cannot be referred to"
    if found == "wider":
        return f"every {key} fits; joins convert each value"
    return "values are converted whenever the two are compared"
