"""Findings about tables that nobody seems to use."""

from __future__ import annotations

from collections.abc import Iterator

from commands.doctor.finding import Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Path
from commands.words import count
from journal.signs import TableUse

FEW = 10
"""So many readings from end to end are a backup's or a person's, this verb's among them."""


def unused_findings(patient: Patient) -> Iterator[Finding]:
    """Yield tables that nothing stands on and that were not written, or hardly read, of late."""
    stood_on = {edge.table for edge in patient.edges if edge.source != edge.table}
    stood_on |= {edge.source for edge in patient.edges if edge.kind == "foreign key"}
    stood_on |= {parent for table in patient.tables.values() for parent in table.parents}
    alone = [
        path
        for path, table in patient.tables.items()
        if path not in stood_on and not table.partition and not table.parents
    ]
    if patient.kind == "sqlite":
        yield from _empty(patient, alone)
        return
    uses = {use.path: use for use in patient.signs.uses}
    if not any(use.writes or use.lookups for use in uses.values()):
        return  # the counters were set to nothing, so they tell of no table
    for path in alone:
        use = uses.get(path)
        if use and not use.writes and not use.lookups and use.reads <= FEW:
            yield _unused(patient, use)


def _unused(patient: Patient, use: TableUse) -> Finding:
    where = patient.spelled(use.path)
    since = f" since {use.since}" if use.since else ""
    last = f", last at {use.last_read}" if use.last_read else ""
    return Finding(
        kind="unused-table",
        severity="note",
        where=where,
        what=f"nothing refers to table {where}, and nobody wrote to it or looked a row up{since}",
        evidence=(
            patient.evidence(use.query),
            patient.held(patient.tables[use.path]),
        ),
        consequence=f"it may be a leftover; it was read from end to end {count(use.reads, 'time')}{last}",
        advice="Counters begin anew after a crash, and a yearly job leaves no trace; ask first.",
    )


def _empty(patient: Patient, alone: list[Path]) -> Iterator[Finding]:
    """SQLite counts nothing: only emptiness tells, where other tables are filled."""
    held = {path: patient.held(table) for path, table in patient.tables.items()}
    if not any(one.count for one in held.values()):
        return
    for path in alone:
        if held[path].count == 0:
            where = patient.spelled(path)
            yield Finding(
                kind="unused-table",
                severity="note",
                where=where,
                what=f"table {where} is empty, and nothing refers to it",
                evidence=(held[path],),
                consequence="it may be a leftover",
            )
