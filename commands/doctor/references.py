"""Findings about foreign keys: types that differ, and keys that were never made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.doctor.finding import Choice, Evidence, Finding
from commands.doctor.mending import add_reference, is_text, keep_apart, mapped
from commands.doctor.naming import Guess, guesses
from commands.doctor.patient import Patient
from commands.doctor.rows import quoted
from commands.doctor.tables import Reference, Table
from commands.doctor.types import fit
from commands.words import count

_RECORDS = re.compile(r"(^|_)(log|logs|audit|audits|event|events|history|archive|archived)($|_)")


def reference_findings(patient: Patient) -> Iterator[Finding]:
    """Yield what is wrong with foreign keys, those that there are and those that names want."""
    for table in patient.tables.values():
        for reference in table.references:
            yield from _made(patient, table, reference)
    for guess in guesses(patient.tables):
        if fit(guess.column.type, guess.key.type, patient.kind) == "apart":
            yield from _apart(patient, guess)
        else:
            yield from _never_made(patient, guess)


def _made(patient: Patient, table: Table, reference: Reference) -> Iterator[Finding]:
    """A foreign key between types that differ; PostgreSQL lets numbers refer to numbers."""
    if table.partition:
        return
    for name, key in zip(reference.columns, patient.referred(reference), strict=False):
        column = table.column(name)
        found = fit(column.type, key.type, patient.kind) if column else "same"
        if column is None or found == "same":
            continue
        where = f"{patient.spelled(table.path)}.{name}"
        parent = f"{patient.spelled(reference.parent)}.{key.name}"
        yield Finding(
            kind="foreign-key-types",
            severity="note" if found == "wider" else "warning",
            where=where,
            what=f"{where} is {column.type or 'of no type'} and refers to {parent},"
            f" which is {key.type or 'of no type'}",
            consequence=_consequence(found, column.type, key.type),
            advice="" if found == "wider" else f"Give {where} the type {key.type}.",
        )


def _consequence(found: str, column: str, key: str) -> str:
    if found == "narrower":
        return f"rows that a {key} key names beyond {column} cannot be referred to"
    if found == "wider":
        return f"every {key} fits; joins convert each value"
    return "the values are compared as another type, and may never be found equal"


def _never_made(patient: Patient, guess: Guess) -> Iterator[Finding]:
    """A column named as a reference, of a fitting type, without a foreign key."""
    lost = patient.orphans(guess.table, guess.reference)
    total = patient.evidence(_values(guess))
    found = (total.count or 0) - (lost.count or 0)
    if not guess.exact and not found:
        return
    if lost.count and lost.count > found and not guess.exact:
        return
    where, parent = _where(patient, guess), _parent(patient, guess)
    sure = bool(lost.count) and found >= (lost.count or 0) and _usual(patient, guess)
    yield Finding(
        kind="missing-foreign-key",
        severity="warning" if sure else "note",
        where=where,
        what=f"{where} is named as a reference to {parent}, and no foreign key holds it to that",
        evidence=(lost, total),
        consequence=_unheld(lost, total.count or 0),
        repair=() if lost.count else add_reference(patient, guess.table, guess.reference),
        choices=_choices(patient, guess) if lost.count else (),
        advice="Leave it where rows are meant to outlive what they refer to.",
        touches=_touched(patient, guess, lost),
    )


def _choices(patient: Patient, guess: Guess) -> tuple[Choice, ...]:
    return keep_apart(patient, guess.table, guess.reference)


def _unheld(lost: Evidence, total: int) -> str:
    if lost.error:
        return f"the values cannot be compared: {lost.error}"
    if lost.count:
        return f"{count(lost.count, 'row')} of {total:,} refer to nothing, and more can"
    return f"all {total:,} values are found today; nothing keeps it so" if total else "no row tells"


def _touched(patient: Patient, guess: Guess, lost: Evidence) -> str:
    where = patient.spelled(guess.table.path)
    if lost.count:
        return f"{count(lost.count, 'row')} of {where} that refer to nothing"
    return f"no row; {where} is read from end to end"


def _apart(patient: Patient, guess: Guess) -> Iterator[Finding]:
    """A column named as a reference whose type cannot refer: the key was never made, or cannot."""
    if not guess.exact:
        return
    total, agreeing = patient.evidence(_values(guess)), patient.evidence(_agreeing(guess))
    where, parent = _where(patient, guess), _parent(patient, guess)
    one, other = guess.column.type or "untyped", guess.key.type or "untyped"
    yield Finding(
        kind="foreign-key-types",
        severity="warning" if _meant(patient, guess, total, agreeing) else "note",
        where=where,
        what=f"{where} is {one} and {parent}, which it is named after, is {other}",
        evidence=(total, agreeing),
        consequence=_refused(patient, total, agreeing, one, other),
        repair=mapped(patient, guess.table, guess.reference),
        advice=f"Say which {parent} each {where} stood for; what is not said is kept, as null.",
        touches=f"{count(total.count or 0, 'row')} of {patient.spelled(guess.table.path)}",
    )


def _meant(patient: Patient, guess: Guess, total: Evidence, agreeing: Evidence) -> bool:
    """Text may hold the keys of somewhere else; a number or a uuid is no such thing."""
    if total.count and agreeing.count == total.count:
        return False
    text = is_text(guess.column.type, patient)
    return not text or bool(agreeing.count)


def _refused(patient: Patient, total: Evidence, agreeing: Evidence, one: str, other: str) -> str:
    same = f"{agreeing.count or 0:,} of {total.count or 0:,} values are the text of a key"
    if patient.kind == "sqlite":
        return f"a foreign key would find nothing, {one} and {other} being compared; {same}"
    return f"a foreign key is refused, {one} and {other} cannot be compared (42804); {same}"


def _values(guess: Guess) -> str:
    column = quoted(guess.column.name)
    return f"SELECT {column} FROM {quoted(*guess.table.path)} WHERE {column} IS NOT NULL"


def _agreeing(guess: Guess) -> str:
    """Rows whose value, written as text, is a key written as text."""
    column, key = quoted(guess.column.name), quoted(guess.key.name)
    return (
        f"{_values(guess)} AND CAST({column} AS text) IN"
        f" (SELECT CAST({key} AS text) FROM {quoted(*guess.parent.path)})"
    )


def _usual(patient: Patient, guess: Guess) -> bool:
    """Others refer to this table by a foreign key, and this one does not keep records."""
    return bool(patient.referring(guess.parent)) and not _RECORDS.search(guess.table.path[-1])


def _where(patient: Patient, guess: Guess) -> str:
    return f"{patient.spelled(guess.table.path)}.{guess.column.name}"


def _parent(patient: Patient, guess: Guess) -> str:
    return f"{patient.spelled(guess.parent.path)}.{guess.key.name}"
