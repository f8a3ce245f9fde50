"""Statements that make what is missing, in the words of the database they are for."""

from __future__ import annotations

import re

from commands.doctor.patient import Patient
from commands.doctor.repair.fresh import fitting
from commands.doctor.tables import Index, Reference, Table
from commands.quoting import listed, quoted

_MADE = re.compile(r'(?P<head>CREATE (?:UNIQUE )?INDEX )("(?:[^"]|"")+"|\S+)')


def add_reference(patient: Patient, table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what makes a foreign key, checked against every row; SQLite rebuilds the table."""
    if patient.kind == "sqlite":
        return ()
    name = fitting(reference.name)
    add = (
        f"ALTER TABLE {quoted(*table.path)} ADD CONSTRAINT {quoted(name)} FOREIGN KEY"
        f" ({listed(reference.columns)}) REFERENCES {quoted(*reference.parent)}"
        f" ({listed(reference.referred)})"
    )
    if table.partitioned:  # before PostgreSQL 18 such a key is checked at once or not at all
        return (add,)
    return (
        f"{add} NOT VALID",
        f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {quoted(name)}",
    )


def again(table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what makes a foreign key of PostgreSQL that was dropped anew, and checks it."""
    name = quoted(reference.name)
    return (
        f"ALTER TABLE {quoted(*table.path)} ADD CONSTRAINT {name} {reference.text}",
        f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {name}",
    )


def made_a_key(reference: Reference) -> tuple[str, ...]:
    """Return what makes the columns that a foreign key of SQLite refers to unique."""
    name = "_".join((*reference.parent, *reference.referred, "key"))
    return (
        f"CREATE UNIQUE INDEX {quoted(name)} ON {quoted(*reference.parent)}"
        f" ({listed(reference.referred)})",
    )


def made_beside(patient: Patient, table: Table, index: Index) -> tuple[str, ...]:
    """Return what makes an invalid index anew under another name.

    Dropping the old one is left to a person: it cannot come back as the invalid one it is.
    """
    said = _MADE.match(index.text)
    if said is None:
        return ()
    taken = {one.path for one in patient.objects}
    name, number = fitting(index.path[-1], "_again"), 2
    while (*table.path[:-1], name) in taken:
        name, number = fitting(index.path[-1], f"_again_{number}"), number + 1
    return (
        f"{said['head']}{quoted(name)}{index.text[said.end() :]}",
        f"-- Then, outside of Clew or with --allow-irreversible invalid-index: DROP INDEX"
        f" {quoted(*index.path)};",
    )
