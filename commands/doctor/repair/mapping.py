"""Giving a column the type of the key it refers to, where no cast can: through a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from commands.doctor.catalog.naming import snake
from commands.doctor.finding import Preparation
from commands.doctor.patient import Patient
from commands.doctor.repair.fresh import beside, fitting
from commands.doctor.repair.mending import add_reference
from commands.doctor.repair.rebuilding import without_not_null
from commands.doctor.tables import Field, Reference, Table
from commands.quoting import quoted
from commands.visible import visible

TO_FILL = "-- FILL IN:"
"""Begins what a person has to write before a repair can do its work."""
_ID = re.compile(r"(^|_)(id|uuid|no|nr|number|code|key)$")
LEGACY = "_legacy"
"""What the old column is renamed to, after its name."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """What gives a column the type of the key it refers to: made ready, then done."""

    preparations: tuple[Preparation, ...] = ()
    statements: tuple[str, ...] = ()


def known_by(patient: Patient, parent: Table, column: Field) -> Iterator[Field]:
    """Yield columns of a table that may hold its former keys: of the type, and unique."""
    for one in parent.columns:
        if (one.name,) == parent.key or one.type != column.type or one.generated:
            continue
        if not parent.keyed_by((one.name,)) and not _ID.search(snake(one.name)):
            continue
        if patient.duplicates(parent, (one.name,)).count == 0:
            yield one


def cast(patient: Patient, table: Table, reference: Reference) -> Mapping:
    """Return what changes the type of a referring column whose every value is a key as text."""
    (name,), (key,) = reference.columns, reference.referred
    referred = patient.tables[reference.parent].column(key)
    if referred is None:
        return Mapping()
    column = quoted(name)
    return Mapping(
        statements=(
            f"ALTER TABLE {quoted(*table.path)} ALTER COLUMN {column} TYPE {referred.type}"
            f" USING CAST(CAST({column} AS text) AS {referred.type})",
            *add_reference(patient, table, reference),
        )
    )


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
        *(
            f"-- or by {patient.spelled(there.path)}.{visible(one.name)}: INSERT INTO {names}"
            f" (old_id, new_id) SELECT {quoted(one.name)}, {quoted(key)} FROM {parent}"
            f" WHERE {quoted(one.name)} IS NOT NULL;"
            for one in known_by(patient, there, column)
        ),
    )
    return Mapping(
        preparations=(Preparation(statements=filled), *_nullable(patient, table, together)),
        statements=(
            f"ALTER TABLE {own} RENAME COLUMN {new} TO {old}",
            f"ALTER TABLE {own} ADD COLUMN {new} {referred.type}{'' if last else inline}",
            f"UPDATE {own} SET {new} = (SELECT m.new_id FROM {names} AS m"
            f" WHERE m.old_id = {own}.{old})",
            *last,
            *_left_behind(patient, table, name),
            f"-- Not mapped: SELECT count(*) FROM {own} WHERE {new} IS NULL AND {old} IS NOT NULL;",
        ),
    )


def _legacy(table: Table, name: str) -> str:
    """Return a name for the old column that none of the table's has."""
    found, number = fitting(name, LEGACY), 2
    while table.column(found):
        found, number = fitting(name, f"{LEGACY}_{number}"), number + 1
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


def _left_behind(patient: Patient, table: Table, name: str) -> Iterator[str]:
    """Tell what goes on reading the old column."""
    over = [patient.spelled(one.path) for one in table.indexes if name in one.columns]
    over += [f"unique ({', '.join(one)})" for one in table.unique if name in one]
    reading = [
        f"{edge.kind} {patient.spelled(edge.source)}"
        for edge in patient.edges
        if edge.table == table.path and edge.kind != "foreign key"
    ]
    for what in dict.fromkeys((*over, *reading)):
        yield f"-- Look at {visible(what)}: it may still be over the old column."
