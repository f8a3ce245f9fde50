"""Findings about values and pages of a SQLite file that are not what its tables declare."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.doctor.finding import Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Field, Table
from commands.doctor.types import affinity
from commands.quoting import quoted
from commands.words import count
from journal.errors import StatementFailed

_STRANGE = {
    "integer": ("text", "blob", "real"),
    "real": ("text", "blob"),
    "text": ("blob",),
    "numeric": ("text", "blob"),
}
"""Storage classes that a column of an affinity does not hold unless somebody erred."""
_INTEGER = re.compile(r"\b(tiny|small|medium|big)?int(eger|\d+)?\b", re.IGNORECASE)
"""A POINT is of integer affinity, too."""
_NUMBER = re.compile(r"num|dec|money", re.IGNORECASE)
"""DATE, BOOLEAN, JSON and UUID are of numeric affinity too, and hold text by right."""


def storage_findings(patient: Patient) -> Iterator[Finding]:
    """Yield damage, and values of another storage class than the declared type's."""
    if patient.kind != "sqlite":
        return
    damage = patient.evidence(
        "SELECT integrity_check FROM pragma_integrity_check(1000) WHERE integrity_check <> 'ok'"
    )
    if damage.count or damage.error:
        yield Finding(
            kind="damaged-file",
            severity="error",
            where="the file",
            what=f"SQLite's own check of the file finds {count(damage.count or 0, 'fault')}",
            evidence=(damage,),
            consequence="rows may be lost, and constraints broken",
            advice="Take a backup first; REINDEX mends indexes, and .recover saves rows.",
        )
    for table in patient.tables.values():
        yield from _strange(patient, table)


def _strange(patient: Patient, table: Table) -> Iterator[Finding]:
    """Read the table once for all its columns, and again for those that hold something."""
    looked = [one for one in table.columns if _tells(one)]
    if not looked:
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {_is_strange(one)})" for one in looked)
    try:
        (found,) = patient.ask(f"SELECT {counts} FROM {quoted(*table.path)}")
    except StatementFailed:
        found = [None] * len(looked)
    for column, number in zip(looked, found, strict=True):
        if number == 0:
            continue
        where = f"{table.name}.{column.name}"
        shown = ", ".join(dict.fromkeys(map(quoted, (*table.key, column.name))))
        yield Finding(
            kind="storage-class",
            severity="warning",
            where=where,
            what=f"{where} is declared {column.type} and holds {count(number or 0, 'value')}"
            " of another storage class",
            evidence=(
                patient.evidence(
                    f"SELECT {shown}, typeof({quoted(column.name)}) FROM {quoted(*table.path)}"
                    f" WHERE {_is_strange(column)}"
                ),
            ),
            consequence="they sort after, and never equal, those that are what they should be",
            advice="Say what each of them should be.",
            touches=f"{count(number or 0, 'row')} of {table.name}",
        )


def _tells(column: Field) -> bool:
    """Tell whether a declared type says what the column holds."""
    match affinity(column.type):
        case "integer":
            return bool(_INTEGER.search(column.type))
        case "numeric":
            return bool(_NUMBER.match(column.type))
        case found:
            return found in _STRANGE


def _is_strange(column: Field) -> str:
    classes = ", ".join(f"'{one}'" for one in _STRANGE[affinity(column.type)])
    return f"typeof({quoted(column.name)}) IN ({classes})"
