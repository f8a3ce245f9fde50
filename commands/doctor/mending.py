"""Statements that mend foreign keys, in the words of the database they are for."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from commands.doctor.finding import Choice, Preparation
from commands.doctor.patient import Patient
from commands.doctor.rebuilding import without_not_null
from commands.doctor.rows import listed, quoted
from commands.doctor.tables import Index, Path, Reference, Table
from commands.doctor.types import TEXTS, affinity, base

TO_FILL = "-- FILL IN:"
"""Begins what a person has to write before a repair can do its work."""
LEGACY = "_legacy"
"""What the old column is renamed to, after its name."""
_LONGEST = 63
_MADE = re.compile(r'(?P<head>CREATE (?:UNIQUE )?INDEX )("(?:[^"]|"")+"|\S+)')


def add_reference(patient: Patient, table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what makes a foreign key, checked against every row; SQLite rebuilds the table."""
    if patient.kind == "sqlite":
        return ()
    name = _fitting(reference.name)
    return (
        f"ALTER TABLE {quoted(*table.path)} ADD CONSTRAINT {quoted(name)} FOREIGN KEY"
        f" ({listed(reference.columns)}) REFERENCES {quoted(*reference.parent)}"
        f" ({listed(reference.referred)}) NOT VALID",
        f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {quoted(name)}",
    )


def again(table: Table, reference: Reference) -> tuple[str, ...]:
    """Return what makes a foreign key of PostgreSQL that was dropped anew, and checks it."""
    name = quoted(reference.name)
    return (
        f"ALTER TABLE {quoted(*table.path)} ADD CONSTRAINT {name} {reference.text}",
        f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {name}",
    )


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


def made_beside(patient: Patient, table: Table, index: Index) -> tuple[str, ...]:
    """Return what makes an invalid index anew under another name.

    Dropping the old one is left to a person: it cannot come back as the invalid one it is.
    """
    said = _MADE.match(index.text)
    if said is None:
        return ()
    taken = {one.path for one in patient.objects}
    name, number = _fitting(index.path[-1], "_again"), 2
    while (*table.path[:-1], name) in taken:
        name, number = _fitting(index.path[-1], f"_again_{number}"), number + 1
    return (
        f"{said['head']}{quoted(name)}{index.text[said.end() :]}",
        f"-- Then, outside of Clew or with --allow-irreversible invalid-index: DROP INDEX"
        f" {quoted(*index.path)};",
    )


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


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """What gives a column the type of the key it refers to: made ready, then done."""

    preparations: tuple[Preparation, ...] = ()
    statements: tuple[str, ...] = ()


def mapped(
    patient: Patient, table: Table, reference: Reference, *, together: Sequence[str]
) -> Mapping:
    """Return what changes the type of a referring column, values through a mapping.

    The old column stays under another name. The mapping is a table that a person fills; rows
    whose value it does not hold refer to nothing afterwards. ``together`` are the columns of
    the table that get another type, this one among them. Nothing where the column is a key.
    """
    (name,), (key,) = reference.columns, reference.referred
    there = patient.tables[reference.parent]
    column, referred = table.column(name), there.column(key)
    if column is None or referred is None or name in table.key:
        return Mapping()
    own, parent = quoted(*table.path), quoted(*reference.parent)
    ending = f"_{key}_by_{_word(column.type)}"
    mapping = beside(patient, there, ending, fresh=False)
    names = quoted(*mapping)
    old, new = quoted(_legacy(table, name)), quoted(name)
    inline = f" REFERENCES {parent} ({quoted(key)})"
    last = add_reference(patient, table, reference)
    made = (
        f"CREATE TABLE {names} (old_id {column.type} PRIMARY KEY,"
        f" new_id {referred.type} NOT NULL{inline})"
    )
    filled = (
        *(() if mapping in patient.tables else (made,)),
        f"{TO_FILL} INSERT INTO {names} (old_id, new_id) VALUES (1, '...'), (2, '...');",
        f"-- or by what both know: INSERT INTO {names} (old_id, new_id)"
        f" SELECT o.id, p.{quoted(key)} FROM former AS o JOIN {parent} AS p ON p.email = o.email;",
    )
    return Mapping(
        preparations=(Preparation(statements=filled), *_nullable(patient, table, together)),
        statements=(
            f"ALTER TABLE {own} RENAME COLUMN {new} TO {old}",
            f"ALTER TABLE {own} ADD COLUMN {new} {referred.type}{'' if last else inline}",
            f"UPDATE {own} SET {new} = (SELECT m.new_id FROM {names} AS m"
            f" WHERE m.old_id = {own}.{old})",
            *last,
            f"-- Not mapped: SELECT count(*) FROM {own} WHERE {new} IS NULL AND {old} IS NOT NULL;",
        ),
    )


def _legacy(table: Table, name: str) -> str:
    """Return a name for the old column that none of the table's has."""
    found, number = _fitting(name, LEGACY), 2
    while table.column(found):
        found, number = _fitting(name, f"{LEGACY}_{number}"), number + 1
    return found


def _nullable(patient: Patient, table: Table, columns: Sequence[str]) -> tuple[Preparation, ...]:
    """Let old columns be null, since new rows will leave them out."""
    found = [one.name for one in table.columns if one.name in columns and one.not_null]
    if not found:
        return ()
    if patient.kind == "sqlite":
        return without_not_null(patient, table, found)
    return tuple(
        Preparation(
            statements=(
                f"ALTER TABLE {quoted(*table.path)} ALTER COLUMN {quoted(name)} DROP NOT NULL",
            )
        )
        for name in found
    )


def _word(type_: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", type_.lower()))


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
