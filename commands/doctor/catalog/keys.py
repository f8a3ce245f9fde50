"""Findings about tables without a key, indexes made twice, and counters that lag behind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from commands.doctor.catalog.queries import indexes_of
from commands.doctor.finding import Finding
from commands.doctor.patient import Patient
from commands.doctor.tables import Table
from commands.quoting import literal, quoted
from commands.words import count
from journal.values import SchemaObject

_HEAD = re.compile(r".*?\sON\s+", re.DOTALL | re.IGNORECASE)
_NEXT = re.compile(r"nextval\('(?P<name>.*)'::regclass\)")
_WHOLE = frozenset({"smallint", "integer", "bigint"})


def key_findings(patient: Patient) -> Iterator[Finding]:
    """Yield what is wrong with how rows are named."""
    for table in patient.tables.values():
        if not table.partition and not table.parents and not _keyed(table):
            yield _keyless(patient, table)
        yield from _twice(patient, table)
        if table.autoincrement:
            yield from _lagging_counter(patient, table)
    for one in patient.objects:
        if one.kind == "sequence":
            yield from _lagging_sequence(patient, one)


def _keyed(table: Table) -> bool:
    """A unique constraint over columns that are never null is a key, too."""
    sure = {column.name for column in table.columns if column.not_null}
    return bool(table.key) or any(set(columns) <= sure for columns in table.unique)


def _keyless(patient: Patient, table: Table) -> Finding:
    where = patient.spelled(table.path)
    return Finding(
        kind="no-key",
        severity="note",
        where=where,
        what=f"table {where} has no key",
        evidence=(patient.held(table),),
        consequence="no row of it can be named, and two that are the same cannot be told apart",
        advice="Add a primary key, if only a number.",
    )


def _twice(patient: Patient, table: Table) -> Iterator[Finding]:
    """Indexes of one definition, or of the very columns of a key's own."""
    said: dict[str, list[str]] = defaultdict(list)
    made = {tuple(columns) for columns in (table.key, *table.unique) if columns}
    for index in table.indexes:
        if index.partition:
            continue
        text = " ".join(_HEAD.sub("", index.text, count=1).split()).rstrip("; ")
        said[text].append(patient.spelled(index.path))
        if not index.unique and not index.where and index.columns in made and _bare(text):
            said[text].append("that of a key")
    for names in said.values():
        if len(names) > 1:
            yield Finding(
                kind="duplicate-index",
                severity="note",
                where=names[0],
                what=f"indexes {' and '.join(names)} of {patient.spelled(table.path)} are the same",
                evidence=(patient.evidence(indexes_of(patient, table)),),
                consequence="each write pays for both, and one would do",
                advice=f"Drop {names[0]}." if "key" in names[-1] else f"Drop {names[-1]}.",
            )


def _bare(text: str) -> bool:
    """Tell that an index has no condition and no order of its own."""
    return not re.search(r"\b(where|desc|collate|nulls)\b", text, re.IGNORECASE)


def _lagging_sequence(patient: Patient, one: SchemaObject) -> Iterator[Finding]:
    """PostgreSQL: the next value is one that a row already has."""
    owner = one.definition.get("owned_by") or _user(patient, one)
    table = patient.tables.get((owner[0], owner[1])) if owner else None
    column = table.column(owner[2]) if table and owner else None
    step = int(one.definition["increment"])
    if table is None or column is None or column.type not in _WHOLE:
        return
    if step < 1 or one.definition.get("cycle"):
        return
    name, own = quoted(column.name), quoted(*table.path)
    following = (
        f"(SELECT CASE WHEN is_called THEN last_value + {step} ELSE last_value END"
        f" FROM {quoted(*one.path)})"
    )
    # Servers that share a table by steps of several never meet.
    met = f" AND ({name} - {following}) % {step} = 0" if step > 1 else ""
    ahead = patient.evidence(f"SELECT {name} FROM {own} WHERE {name} >= {following}{met}")
    if not ahead.count:
        return
    keyed = table.keyed_by((column.name,))
    where = patient.spelled(one.path)
    yield Finding(
        kind="sequence-behind",
        severity="error" if keyed else "note",
        where=where,
        what=f"sequence {where} stands behind {count(ahead.count, 'value')} of"
        f" {patient.spelled(table.path)}.{column.name}",
        evidence=(ahead,),
        consequence="an insert fails when the counter comes to one of them (23505)"
        if keyed
        else "values will stand twice",
        repair=(f"SELECT setval({literal(quoted(*one.path))}, (SELECT max({name}) FROM {own}))",),
        touches="no row",
    )


def _user(patient: Patient, sequence: SchemaObject) -> tuple[str, str, str] | None:
    """Find the column whose default counts with a sequence that it does not own."""
    for table in patient.tables.values():
        for column in table.columns:
            named = _NEXT.fullmatch(column.default)
            spelled = {".".join(sequence.path), quoted(*sequence.path)}
            if named and named["name"].replace("''", "'") in spelled:
                return table.path[0], table.path[1], column.name
    return None


def _lagging_counter(patient: Patient, table: Table) -> Iterator[Finding]:
    """SQLite takes the larger of counter and rows; so only numbers of deleted rows come again."""
    key = quoted(table.key[0])
    ahead = patient.evidence(
        f"SELECT {key} FROM {quoted(*table.path)} WHERE {key} > coalesce((SELECT max(seq)"
        f" FROM sqlite_sequence WHERE name = {literal(table.path[0])}), 0)"
    )
    if ahead.count:
        yield Finding(
            kind="sequence-behind",
            severity="note",
            where=table.name,
            what=f"the counter of {table.name} stands behind {count(ahead.count, 'row')}",
            evidence=(ahead,),
            consequence="no insert fails; the number of a row that was deleted may come again",
        )
