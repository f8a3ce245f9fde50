"""Names for what a repair makes, which nothing bears yet and PostgreSQL does not cut."""

from __future__ import annotations

from commands.doctor.patient import Patient
from commands.doctor.tables import Path, Table

_LONGEST = 63


def beside(patient: Patient, table: Table, ending: str, *, fresh: bool = True) -> Path:
    """Return a name beside a table's that, with ``fresh``, nothing bears yet."""
    found = (*table.path[:-1], fitting(table.path[-1], ending))
    number = 2
    while fresh and any(one.path == found for one in patient.objects):
        found = (*table.path[:-1], fitting(table.path[-1], f"{ending}_{number}"))
        number += 1
    return found


def fitting(name: str, ending: str = "") -> str:
    """Cut a name so that PostgreSQL does not: it counts bytes."""
    room = _LONGEST - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore") + ending
