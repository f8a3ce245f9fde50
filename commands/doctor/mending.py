"""Statements that mend foreign keys, in the words of the database they are for."""

from __future__ import annotations

from commands.doctor.finding import Choice
from commands.doctor.patient import Patient
from commands.doctor.rows import listed, quoted
from commands.doctor.tables import Path, Reference, Table
from commands.doctor.types import TEXTS, affinity, base

LEGACY = "_legacy"
"""What the old column is renamed to, after its name."""
_LONGEST = 63


def add_reference(patient: Patient, table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what makes a foreign key, checked against every row."""
    if patient.kind == "sqlite":
        return ()
    name = _fitting(reference.name)
    return (
        f"ALTER TABLE {quoted(*table.path)} ADD CONSTRAINT {quoted(name)} FOREIGN KEY"
        f" ({listed(reference.columns)}) REFERENCES {quoted(*reference.parent)}"
        f" ({listed(reference.referred)}) NOT VALID",
        f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {quoted(name)}",
    )


def keep_apart(patient: Patient, table: Table, reference: Reference) -> tuple[Choice, ...]:
    """Return what can be done with rows that refer to nothing; each keeps their values."""
    lost = _lost(table, reference)
    aside = quoted(*beside(patient, table, "_orphans"))
    found = [
        Choice(
            what="move them, whole, into a table of their own",
            statements=(
                f"CREATE TABLE {aside} AS SELECT * FROM {quoted(*table.path)} WHERE {lost}",
                f"DELETE FROM {quoted(*table.path)} WHERE {lost}",
            ),
        )
    ]
    if not any(one.not_null for one in table.columns if one.name in reference.columns):
        nothing = ", ".join(f"{quoted(name)} = NULL" for name in reference.columns)
        found.append(
            Choice(
                what="let them refer to nothing; the journal keeps what they said",
                statements=(f"UPDATE {quoted(*table.path)} SET {nothing} WHERE {lost}",),
            )
        )
    found.append(
        Choice(
            what="make what they refer to; fill in the other columns",
            statements=(
                f"INSERT INTO {quoted(*reference.parent)} ({listed(reference.referred)})"
                f" SELECT DISTINCT {listed(reference.columns)} FROM {quoted(*table.path)}"
                f" WHERE {lost}",
            ),
        )
    )
    return tuple(found)


def apart(patient: Patient, table: Table, columns: tuple[str, ...]) -> tuple[Choice, ...]:
    """Return what can be done with rows that bear the same values; the first by key stays.

    Without a key no row can be told from its like, and there is nothing to choose from.
    """
    if not table.key:
        return ()
    own = quoted(*table.path)
    same = " AND ".join(f"f.{quoted(name)} = {own}.{quoted(name)}" for name in columns)
    first = ", ".join(f"f.{quoted(name)}" for name in table.key)
    this = ", ".join(f"{own}.{quoted(name)}" for name in table.key)
    later = f"EXISTS (SELECT 1 FROM {own} AS f WHERE {same} AND ({first}) < ({this}))"
    aside = quoted(*beside(patient, table, "_duplicates"))
    found = [
        Choice(
            what="keep the first of each, and move the others into a table of their own",
            statements=(
                f"CREATE TABLE {aside} AS SELECT * FROM {own} WHERE {later}",
                *_sent_to_first(patient, table, columns),
                f"DELETE FROM {own} WHERE {later}",
            ),
        )
    ]
    texts = [one for one in table.columns if one.name in columns and is_text(one.type, patient)]
    if texts:
        name = quoted(texts[0].name)
        key = " || '-' || ".join(f"CAST({quoted(part)} AS text)" for part in table.key)
        found.append(
            Choice(
                what=f"keep all, and put the key behind {texts[0].name} in all but the first",
                statements=(
                    f"UPDATE {own} SET {name} = {name} || ' (' || {key} || ')' WHERE {later}",
                ),
            )
        )
    return tuple(found)


def is_text(type_: str, patient: Patient) -> bool:
    """Tell whether a column holds text."""
    return affinity(type_) == "text" if patient.kind == "sqlite" else base(type_) in TEXTS


def _sent_to_first(patient: Patient, table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Send rows that refer to a later duplicate to the first, so that it can be moved."""
    if len(table.key) != 1:
        return ()
    own, key = quoted(*table.path), quoted(table.key[0])
    same = " AND ".join(f"f.{quoted(name)} = d.{quoted(name)}" for name in columns)
    found = []
    for child, reference in patient.referring(table):
        if reference.referred != table.key or child.path == table.path:
            continue
        column = quoted(reference.columns[0])
        first = (
            f"SELECT f.{key} FROM {own} AS d JOIN {own} AS f ON {same}"
            f" WHERE d.{key} = c.{column} ORDER BY f.{key} LIMIT 1"
        )
        found.append(
            f"UPDATE {quoted(*child.path)} AS c SET {column} = ({first})"
            f" WHERE EXISTS (SELECT 1 FROM {own} AS d JOIN {own} AS f ON {same}"
            f" AND f.{key} < d.{key} WHERE d.{key} = c.{column})"
        )
    return tuple(found)


def mapped(patient: Patient, table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what gives a column the type of the key it refers to, values through a mapping.

    The old column stays under another name. Lines that begin with ``--`` are for a person to
    fill in. Rows whose value the mapping does not hold refer to nothing afterwards.
    """
    if patient.kind == "sqlite":
        return ()
    (name,), (key,) = reference.columns, reference.referred
    column, referred = table.column(name), patient.tables[reference.parent].column(key)
    if column is None or referred is None:
        return ()
    own, parent = quoted(*table.path), quoted(*reference.parent)
    names = quoted(*beside(patient, patient.tables[reference.parent], f"_{key}_map", fresh=False))
    old = quoted(name + LEGACY)
    new = quoted(name)
    return (
        f"CREATE TABLE {names} (old_id {column.type} PRIMARY KEY,"
        f" new_id {referred.type} NOT NULL REFERENCES {parent} ({quoted(key)}))",
        f"-- FILL IN: INSERT INTO {names} (old_id, new_id) VALUES (1, '...'), (2, '...');",
        f"-- or by what both know: INSERT INTO {names} (old_id, new_id) SELECT o.id, p.{quoted(key)}"
        f" FROM old_users AS o JOIN {parent} AS p ON p.email = o.email;",
        f"ALTER TABLE {own} RENAME COLUMN {new} TO {old}",
        *(
            (f"ALTER TABLE {own} ALTER COLUMN {old} DROP NOT NULL",)
            if column.not_null and name not in table.key
            else ()
        ),
        f"ALTER TABLE {own} ADD COLUMN {new} {referred.type}",
        f"UPDATE {own} AS t SET {new} = m.new_id FROM {names} AS m WHERE m.old_id = t.{old}",
        *add_reference(patient, table, reference),
        f"-- Not mapped: SELECT count(*) FROM {own} WHERE {new} IS NULL AND {old} IS NOT NULL;",
    )


def beside(patient: Patient, table: Table, ending: str, *, fresh: bool = True) -> Path:
    """Return a name beside a table's that, with ``fresh``, nothing bears yet."""
    found = (*table.path[:-1], _fitting(table.path[-1], ending))
    number = 2
    while fresh and any(one.path == found for one in patient.objects):
        found = (*table.path[:-1], _fitting(table.path[-1], f"{ending}_{number}"))
        number += 1
    return found


def _lost(table: Table, reference: Reference) -> str:
    own = quoted(*table.path)
    there = " AND ".join(f"{own}.{quoted(column)} IS NOT NULL" for column in reference.columns)
    same = " AND ".join(
        f"p.{quoted(key)} = {own}.{quoted(column)}"
        for column, key in zip(reference.columns, reference.referred, strict=True)
    )
    return f"{there} AND NOT EXISTS (SELECT 1 FROM {quoted(*reference.parent)} AS p WHERE {same})"


def _fitting(name: str, ending: str = "") -> str:
    """Cut a name so that PostgreSQL does not: it counts bytes."""
    room = _LONGEST - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore") + ending
