"""Findings about what somebody began or left behind: types, sequences, tables, columns."""

from __future__ import annotations

from collections.abc import Iterator

from commands.doctor.finding import Choice, Finding
from commands.doctor.patient import Patient
from commands.doctor.repair.mapping import LEGACY
from commands.doctor.tables import Table
from commands.quoting import quoted
from commands.words import count
from journal.mentions import named_in_definition
from journal.signs import Idle

_WORDS = {"enum": "TYPE", "composite": "TYPE", "domain": "DOMAIN", "sequence": "SEQUENCE"}


def leftover_findings(patient: Patient) -> Iterator[Finding]:
    """Yield objects that nothing uses, tables hardly begun, and values left in old columns."""
    said = _said(patient)
    for idle in patient.signs.idle:
        if idle.path[-1].lower() not in said:
            yield _idle(patient, idle)
    heirs = {parent for table in patient.tables.values() for parent in table.parents}
    for table in patient.tables.values():
        if table.path not in heirs and not table.parents:
            yield from _begun(patient, table)
        yield from _legacy(patient, table)


def _said(patient: Patient) -> set[str]:
    """Return the words of functions, whose bodies the server does not look into."""
    functions = (one for one in patient.objects if one.kind == "function")
    return {word for one in functions for chain in named_in_definition(one) for word in chain}


def _idle(patient: Patient, idle: Idle) -> Finding:
    where = patient.spelled(idle.path)
    sequence = idle.kind == "sequence"
    return Finding(
        kind="unused-sequence" if sequence else "unused-type",
        severity="note",
        where=where,
        what=f"no column, function or view uses the {idle.kind} {where}",
        evidence=(patient.evidence(idle.query),),
        consequence="nothing counts with it"
        if sequence
        else f"a migration that makes {where} again fails (42710)",
        repair=(f"DROP {_WORDS[idle.kind]} {quoted(*idle.path)}",),
        advice="Applications may name it in their queries; ask them first.",
        touches="no row",
    )


def _begun(patient: Patient, table: Table) -> Iterator[Finding]:
    """A table without a column, or with nothing but a number for rows that never came."""
    where = patient.spelled(table.path)
    if not table.columns:
        yield Finding(
            kind="half-made-table",
            severity="warning",
            where=where,
            what=f"table {where} has no column",
            evidence=(patient.held(table),),
            consequence="it can hold nothing, and a migration that makes it again fails (42P07)",
            choices=(
                Choice(
                    what="drop it, if nobody is to finish it",
                    statements=(f"DROP TABLE {quoted(*table.path)}",),
                ),
            ),
            touches=f"{count(patient.held(table).count or 0, 'row')} without a value",
        )
    elif len(table.columns) == 1 and table.key and not patient.referring(table):
        rows = patient.held(table)
        if rows.count == 0 and table.columns[0].name.lower() in {"id", "uuid"}:
            yield Finding(
                kind="half-made-table",
                severity="note",
                where=where,
                what=f"table {where} has a key, no other column, no row, and nothing refers to it",
                evidence=(rows,),
                consequence="it was begun and not finished, or is no longer needed",
            )


def _legacy(patient: Patient, table: Table) -> Iterator[Finding]:
    """Values that found no home in the column that took the old one's place."""
    for old in table.columns:
        new = table.column(old.name.removesuffix(LEGACY))
        if new is None or new is old:
            continue
        where = f"{patient.spelled(table.path)}.{old.name}"
        left = patient.evidence(
            f"SELECT {quoted(old.name)} FROM {quoted(*table.path)}"
            f" WHERE {quoted(old.name)} IS NOT NULL AND {quoted(new.name)} IS NULL"
        )
        yield Finding(
            kind="legacy-column",
            severity="note",
            where=where,
            what=f"{where} holds what {new.name} held before it",
            evidence=(left,),
            consequence=f"{count(left.count or 0, 'value')} found no home in {new.name}",
            repair=()
            if left.count
            else (f"ALTER TABLE {quoted(*table.path)} DROP COLUMN {quoted(old.name)}",),
            advice=f"Drop {old.name} when nothing is left in it alone.",
        )
