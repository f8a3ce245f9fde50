"""Rebuilding a SQLite table: a new one of another text, the rows, and all that stood on it."""

from __future__ import annotations

from collections.abc import Sequence

from commands.doctor.finding import Preparation
from commands.doctor.patient import Patient
from commands.doctor.tables import Reference, Table
from commands.quoting import listed, literal, quoted
from journal.sqlite.ddl import Token, tokens
from journal.values import SchemaObject

_NEW = "_rebuilt"


def with_references(
    patient: Patient, table: Table, references: Sequence[Reference]
) -> tuple[Preparation, ...]:
    """Return what gives a table more foreign keys; none where its text is not understood."""
    text = _text(patient, table)
    found = list(tokens(text))
    end = _closing(found)
    if end is None:
        return ()
    clauses = "".join(
        f",\n    FOREIGN KEY ({listed(one.columns)})"
        f" REFERENCES {quoted(*one.parent)} ({listed(one.referred)})\n"
        for one in references
    )
    return _rebuilt(patient, table, text[: found[end].start] + clauses + text[found[end].start :])


def without_not_null(
    patient: Patient, table: Table, columns: Sequence[str]
) -> tuple[Preparation, ...]:
    """Return what lets columns of a table be null; none where the text is not understood."""
    text = _text(patient, table)
    for column in columns:
        found = list(tokens(text))
        at = _column(found, column)
        place = next((n for n in at if [t.word for t in found[n : n + 2]] == ["NOT", "NULL"]), None)
        if place is None:
            return ()
        first, last = place, place + 1
        if place > 1 and found[place - 2].word == "CONSTRAINT":
            first -= 2
        if [t.word for t in found[last + 1 : last + 3]] == ["ON", "CONFLICT"]:
            last += 3
        text = text[: found[first].start] + text[found[last].end :]
    return _rebuilt(patient, table, text)


def _rebuilt(patient: Patient, table: Table, text: str) -> tuple[Preparation, ...]:
    """Make the table anew under another name and put it into the place of the old one.

    Foreign keys have to be off meanwhile. The counter of AUTOINCREMENT goes along.
    """
    own, name = quoted(*table.path), f"{table.path[0]}{_NEW}"
    new = quoted(name)
    columns = listed([column.name for column in table.columns if not column.generated])
    written = list(tokens(text))[2]
    statements = (
        f"{text[: written.start]}{new}{text[written.end :]}",
        f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {own}",
        *(_counter(table.path[0], name) if table.autoincrement else ()),
        f"DROP TABLE {own}",
        "PRAGMA legacy_alter_table = ON",
        f"ALTER TABLE {new} RENAME TO {own}",
        "PRAGMA legacy_alter_table = OFF",
        *(one.definition["sql"] for one in patient.objects if _stands_on(one, table)),
    )
    return (Preparation(statements=statements, rebuilds=own),)


def _counter(old: str, new: str) -> tuple[str, ...]:
    return (
        f"DELETE FROM sqlite_sequence WHERE name = {literal(new)}",
        f"INSERT INTO sqlite_sequence (name, seq) SELECT {literal(new)}, seq"
        f" FROM sqlite_sequence WHERE name = {literal(old)}",
    )


def _stands_on(one: SchemaObject, table: Table) -> bool:
    return one.kind in {"index", "trigger"} and one.definition.get("table") == table.path[0]


def _text(patient: Patient, table: Table) -> str:
    return next(
        str(one.definition["sql"])
        for one in patient.objects
        if one.kind == "table" and one.path == table.path
    )


def _closing(found: list[Token]) -> int | None:
    """Return the place of the bracket that ends the columns; none for CREATE TABLE AS."""
    depth = 0
    for place, token in enumerate(found):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text == ")":
            return place
    return None


def _column(found: list[Token], name: str) -> list[int]:
    """Return the places of a column's definition, without those in brackets of its own."""
    depth, begins, within, places = 0, False, False, list[int]()
    for place, token in enumerate(found):
        opens = depth == 0 and token.text == "("
        depth += (token.text == "(") - (token.text == ")")
        if opens or (depth == 1 and token.text == ","):
            if places:
                break
            begins = True
        elif depth == 1 and begins:
            begins, within = False, token.name.lower() == name.lower()
        if depth == 0 and token.text == ")":
            break
        if within and depth == 1:
            places.append(place)
    return places
