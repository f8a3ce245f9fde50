"""Ways to deal with rows that a constraint refuses, between which a person decides."""

from __future__ import annotations

import msgspec

from commands.doctor.finding import Choice
from commands.doctor.patient import Patient
from commands.doctor.repair.fresh import beside
from commands.doctor.rows import lost
from commands.doctor.tables import Reference, Table
from commands.doctor.types import is_text
from commands.quoting import listed, quoted


def keep_apart(
    patient: Patient, table: Table, reference: Reference, *, made: bool = False
) -> tuple[Choice, ...]:
    """Return what can be done with rows that refer to nothing; each keeps their values.

    One that is ``made`` is dropped first: rows that it refuses could not come back under it.
    """
    found = _ways(patient, table, reference)
    if not made:
        return found
    drop = f"ALTER TABLE {quoted(*table.path)} DROP CONSTRAINT {quoted(reference.name)}"
    return tuple(msgspec.structs.replace(one, statements=(drop, *one.statements)) for one in found)


def _ways(patient: Patient, table: Table, reference: Reference) -> tuple[Choice, ...]:
    refused = lost(quoted(*table.path), reference.columns, reference.parent, reference.referred)
    aside = quoted(*beside(patient, table, "_orphans"))
    found = [
        Choice(
            what=f"move them, whole, into a table of their own{_followed(patient, table)}",
            statements=(
                f"CREATE TABLE {aside} AS SELECT * FROM {quoted(*table.path)} WHERE {refused}",
                f"DELETE FROM {quoted(*table.path)} WHERE {refused}",
            ),
        )
    ]
    if not any(one.not_null for one in table.columns if one.name in reference.columns):
        nothing = ", ".join(f"{quoted(name)} = NULL" for name in reference.columns)
        found.append(
            Choice(
                what="let them refer to nothing; the journal keeps what they said",
                statements=(f"UPDATE {quoted(*table.path)} SET {nothing} WHERE {refused}",),
            )
        )
    found.append(
        Choice(
            what="make what they refer to; fill in the other columns",
            statements=(
                f"INSERT INTO {quoted(*reference.parent)} ({listed(reference.referred)})"
                f" SELECT DISTINCT {listed(reference.columns)} FROM {quoted(*table.path)}"
                f" WHERE {refused}",
            ),
        )
    )
    return tuple(found)


def _followed(patient: Patient, table: Table) -> str:
    """Tell whose rows refer to the rows that are moved: they go along, or keep them."""
    names = dict.fromkeys(patient.spelled(child.path) for child, _ in patient.referring(table))
    found = ", ".join(name for name in names if name != patient.spelled(table.path))
    return f"; what refers to them in {found} is deleted with them, or forbids it" if found else ""


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
    texts = [
        one for one in table.columns if one.name in columns and is_text(one.type, patient.kind)
    ]
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
