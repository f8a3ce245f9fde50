"""Findings about constraints that do not hold, or that nobody is held to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.doctor.catalog.queries import unfinished
from commands.doctor.finding import Choice, Evidence, Finding
from commands.doctor.patient import Patient
from commands.doctor.repair.mending import again, made_a_key, made_beside
from commands.doctor.repair.ways import apart, keep_apart
from commands.doctor.tables import Index, Reference, Table
from commands.quoting import listed, literal, quoted
from commands.words import count
from journal.signs import Silenced
from journal.values import SchemaObject

_CHECK = re.compile(r"CHECK \((?P<said>.*)\)(?: NO INHERIT)? NOT (?:VALID|ENFORCED)", re.DOTALL)
_UNENFORCED = "It is NOT ENFORCED, and cannot be validated while it is."


def constraint_findings(patient: Patient) -> Iterator[Finding]:
    """Yield constraints that are not valid, not enforced, or violated by rows there are."""
    for table in patient.tables.values():
        for reference in table.references:
            if patient.kind == "sqlite":
                yield from _violated(patient, table, reference)
            elif not reference.valid and not table.partition:
                yield _unproved_key(patient, table, reference)
        for check in table.checks:
            if check.definition.get("not_valid") and not check.definition.get("inherited"):
                yield _unproved_check(patient, table, check)
        for index in table.indexes:
            if not index.valid and not index.partition:
                yield from _invalid(patient, table, index)
    yield from _silenced(patient)


def _violated(patient: Patient, table: Table, reference: Reference) -> Iterator[Finding]:
    """SQLite checks foreign keys only while a connection asks it to."""
    said = f"{patient.spelled(table.path)}.{'.'.join(reference.columns)}"
    parent = patient.spelled(reference.parent)
    if reference.parent not in patient.tables:
        yield Finding(
            kind="lost-parent",
            severity="error",
            where=said,
            what=f"{said} refers to {parent}, and there is no such table",
            evidence=(patient.held(table),),
            consequence=f"while foreign keys are checked, no row of {table.name} can be written",
            advice=f"Make {parent}, or rebuild {table.name} without the foreign key.",
        )
        return
    found = patient.evidence(
        f"SELECT * FROM pragma_foreign_key_check({literal(table.name)})"
        f" WHERE fkid = {reference.number}"
    )
    if found.error and _blamed(patient, table, reference):
        yield _mismatched(patient, table, reference, found)
        return
    checked = () if found.error else (found,)
    lost = None if found.count == 0 else patient.orphans(table, reference)
    number = (lost.count if found.error and lost else found.count) or 0
    if lost is not None and number:
        yield Finding(
            kind="orphans",
            severity="error",
            where=said,
            what=f"{count(number, 'row')} of {said} refer to rows of {parent} that are not there",
            evidence=(*checked, lost),
            consequence="the foreign key is broken; PRAGMA foreign_key_check tells, writing does not",
            choices=keep_apart(patient, table, reference),
            touches=f"{count(number, 'row')} of {table.name}",
        )


def _blamed(patient: Patient, table: Table, reference: Reference) -> bool:
    """Tell whether it is this foreign key that SQLite cannot check: one spoils the check of all."""

    def unkeyed(one: Reference) -> bool:
        parent = patient.tables.get(one.parent)
        return parent is not None and not parent.keyed_by(one.referred)

    return unkeyed(reference) or not any(map(unkeyed, table.references))


def _mismatched(patient: Patient, table: Table, reference: Reference, found: Evidence) -> Finding:
    said = f"{patient.spelled(table.path)}.{'.'.join(reference.columns)}"
    parent, referred = patient.tables[reference.parent], patient.spelled(reference.parent)
    here = bool(reference.referred) and all(map(parent.column, reference.referred))
    twice = here and bool(patient.duplicates(parent, reference.referred).count)
    return Finding(
        kind="foreign-key-mismatch",
        severity="error",
        where=said,
        what=f"{said} refers to {referred} ({', '.join(reference.referred)}), which is no key",
        evidence=(found,),
        consequence=f"while foreign keys are checked, writing to {table.name} fails",
        choices=apart(patient, parent, reference.referred) if twice else (),
        repair=made_a_key(reference) if here else (),
        advice="" if here else f"Refer to a key of {referred}, by a rebuild of {table.name}.",
    )


def _unproved_key(patient: Patient, table: Table, reference: Reference) -> Finding:
    lost = patient.orphans(table, reference)
    enforced = _enforced(reference.text)
    proof = again(table, reference) if lost.count else (_validate(table, reference.name),)
    where, parent = _where(patient, table, reference.name), patient.spelled(reference.parent)
    return Finding(
        kind="not-valid-constraint",
        severity="error" if lost.count else "note",
        where=where,
        what=f"foreign key {where} to {parent} was never checked against the rows from before it",
        evidence=(lost,),
        consequence=_unproved(lost, "refer to nothing", enforced=enforced),
        choices=keep_apart(patient, table, reference, made=enforced) if lost.count else (),
        repair=proof if enforced else (),
        advice="" if enforced else _UNENFORCED,
        touches=f"{count(lost.count or 0, 'row')} of {patient.spelled(table.path)}",
    )


def _unproved_check(patient: Patient, table: Table, check: SchemaObject) -> Finding:
    definition = check.definition
    match = _CHECK.fullmatch(definition["text"])
    said = match["said"] if match else f"{listed(definition['columns'])} IS NOT NULL"
    shown = listed(table.key or tuple(definition.get("columns", ()))) or "*"
    against = patient.evidence(f"SELECT {shown} FROM {quoted(*table.path)} WHERE NOT ({said})")
    where = _where(patient, table, check.path[-1])
    enforced = _enforced(definition["text"])
    validate = (_validate(table, check.path[-1]),)
    mend = "Mend the rows, then validate the constraint." if against.count else ""
    return Finding(
        kind="not-valid-constraint",
        severity="error" if against.count else "note",
        where=where,
        what=f"constraint {where} was never checked against the rows from before it",
        evidence=(against,),
        consequence=_unproved(against, "are against it", enforced=enforced),
        repair=validate if enforced and not against.count else (),
        advice=mend if enforced else _UNENFORCED,
        touches=f"{count(against.count or 0, 'row')} of {patient.spelled(table.path)}",
    )


def _enforced(text: str) -> bool:
    """Tell of PostgreSQL 18's constraints that nobody is held to: they are not valid either."""
    return not text.endswith(" NOT ENFORCED")


def _unproved(found: Evidence, what: str, *, enforced: bool) -> str:
    if found.error:
        return f"nobody knows whether rows {what}: {found.error}"
    if found.count:
        then = "validating it fails" if enforced else "more can"
        return f"{count(found.count, 'row')} {what}, and {then}"
    return f"no row is against it{', so it can be validated' if enforced else ' today'}"


def _validate(table: Table, name: str) -> str:
    return f"ALTER TABLE {quoted(*table.path)} VALIDATE CONSTRAINT {quoted(name)}"


def _invalid(patient: Patient, table: Table, index: Index) -> Iterator[Finding]:
    """An index that CREATE INDEX CONCURRENTLY did not finish."""
    found = [patient.evidence(unfinished(index.path))]
    if found[0].count == 0:
        return
    if index.unique and index.columns:
        found.append(patient.duplicates(table, index.columns, where=index.where))
    twice = sum(one.count or 0 for one in found[1:])
    choices = apart(patient, table, index.columns) if twice and not index.where else ()
    consequence = "no query uses it, every write pays for it"
    if twice:
        consequence += f"; {count(twice, 'value')} stand twice, so it cannot be made"
    elif index.unique:
        consequence += "; it holds nobody to being unique"
    name = patient.spelled(index.path)
    yield Finding(
        kind="invalid-index",
        severity="warning",
        where=name,
        what=f"index {name} of {patient.spelled(table.path)} was not finished",
        evidence=tuple(found),
        consequence=consequence,
        choices=choices,
        repair=() if twice and not choices else made_beside(patient, table, index),
        advice="Mend the rows first, then make the index." if twice and not choices else "",
        touches=f"{count(twice, 'value')} of {patient.spelled(table.path)}" if twice else "no row",
    )


def _silenced(patient: Patient) -> Iterator[Finding]:
    for one in patient.signs.silenced:
        table = patient.tables.get(one.table)
        where = f"{patient.spelled(one.table)}.{one.name}"
        found = [patient.evidence(one.query)]
        if one.kind == "foreign key" and table is not None:
            made = (key for key in table.references if key.name == one.name)
            found += [patient.orphans(table, reference) for reference in made]
        broken = one.kind == "foreign key" and any(more.count for more in found[1:])
        trigger = one.kind == "trigger"
        yield Finding(
            kind="disabled-trigger" if trigger else "disabled-foreign-key",
            severity="error" if broken else "warning",
            where=where,
            what=f"{one.kind} {where} is switched off",
            evidence=tuple(found),
            consequence="it does nothing when rows are written"
            if trigger
            else "rows that refer to nothing are let in",
            choices=_switched_on(one) if trigger else (),
            advice="" if trigger else "A superuser switches it on: ALTER TABLE ENABLE TRIGGER ALL.",
        )


def _switched_on(one: Silenced) -> tuple[Choice, ...]:
    on = f"ALTER TABLE {quoted(*one.table)} ENABLE TRIGGER {quoted(one.name)}"
    return (Choice(what="switch it on, unless somebody means it to be off", statements=(on,)),)


def _where(patient: Patient, table: Table, name: str) -> str:
    return f"{patient.spelled(table.path)}.{name}"
