"""Findings about foreign keys that were never made, or could not be: types differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from commands.doctor.catalog.naming import Guess, guesses
from commands.doctor.finding import Evidence, Finding
from commands.doctor.patient import Patient
from commands.doctor.repair.mapping import cast, known_by, mapped
from commands.doctor.repair.mending import add_reference
from commands.doctor.repair.rebuilding import with_references
from commands.doctor.repair.ways import keep_apart
from commands.doctor.tables import Path
from commands.doctor.types import fit, is_text
from commands.quoting import quoted
from commands.words import count

_RECORDS = re.compile(r"(^|_)(log|logs|audit|audits|event|events|history|archive|archived)($|_)")


def named_reference_findings(patient: Patient) -> Iterator[Finding]:
    """Yield what is wrong with the foreign keys that names of columns speak of."""
    together: dict[Path, list[Guess]] = defaultdict(list)
    for guess in guesses(patient.tables):
        together[guess.table.path].append(guess)
    for near in together.values():
        yield from _guessed(patient, near)


def _guessed(patient: Patient, near: Sequence[Guess]) -> Iterator[Finding]:
    """What one table's names say, taken together: SQLite rebuilds it once for all of them."""
    apart = [_Compared.at(patient, one) for one in near if one.exact and _apart(patient, one)]
    fitting = [_Looked.at(patient, one) for one in near if not _apart(patient, one)]
    sure = [one.guess.column.name for one in apart if one.sure]
    for compared in apart:
        columns = sure if compared.sure else [compared.guess.column.name]
        yield _differing(patient, compared, columns)
    meant = [one for one in fitting if one.likely]
    for looked in meant:
        yield _never_made(patient, looked, [one.guess for one in meant])


def _apart(patient: Patient, guess: Guess) -> bool:
    return fit(guess.column.type, guess.key.type, patient.kind) == "apart"


class _Compared(msgspec.Struct, frozen=True):
    """A guess between types that differ: its values, those that are the text of a key."""

    guess: Guess
    total: Evidence
    agreeing: Evidence
    sure: bool

    @classmethod
    def at(cls, patient: Patient, guess: Guess) -> _Compared:
        """Ask the rows. Text may hold the keys of somewhere else; a number is no such thing."""
        total, agreeing = (
            patient.evidence(_values(guess), samples=0),
            patient.evidence(_agreeing(guess)),
        )
        if total.count and agreeing.count == total.count:
            return cls(guess, total, agreeing, sure=False)
        text = is_text(guess.column.type, patient.kind)
        return cls(guess, total, agreeing, sure=not text or bool(agreeing.count))


class _Looked(msgspec.Struct, frozen=True):
    """A guess with what the rows say of it: those that refer to nothing, and all."""

    guess: Guess
    lost: Evidence
    total: Evidence

    @classmethod
    def at(cls, patient: Patient, guess: Guess) -> _Looked:
        """Ask the rows."""
        lost = patient.orphans(guess.table, guess.reference)
        return cls(guess, lost, patient.evidence(_values(guess), samples=0))

    @property
    def found(self) -> int:
        """How many values are keys of the table."""
        return (self.total.count or 0) - (self.lost.count or 0)

    @property
    def likely(self) -> bool:
        """A name that says half of the table's needs rows that agree."""
        return self.guess.exact or (self.found > 0 and self.found >= (self.lost.count or 0))


def _never_made(patient: Patient, looked: _Looked, near: Sequence[Guess]) -> Finding:
    """A column named as a reference, of a fitting type, without a foreign key."""
    guess, lost, total = looked.guess, looked.lost, looked.total
    where, parent = _where(patient, guess), _parent(patient, guess)
    sure = bool(lost.count) and looked.found >= (lost.count or 0) and _usual(patient, guess)
    rebuilt = [one.reference for one in near] if patient.kind == "sqlite" else []
    return Finding(
        kind="missing-foreign-key",
        severity="warning" if sure else "note",
        where=where,
        what=f"{where} is named as a reference to {parent}, and no foreign key holds it to that",
        evidence=(lost, total),
        consequence=_unheld(lost, total.count or 0),
        choices=keep_apart(patient, guess.table, guess.reference) if lost.count else (),
        preparations=with_references(patient, guess.table, rebuilt) if rebuilt else (),
        repair=add_reference(patient, guess.table, guess.reference),
        advice="Leave it where rows are meant to outlive what they refer to.",
        touches=_touched(patient, guess, lost),
    )


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


def _differing(patient: Patient, compared: _Compared, together: Sequence[str]) -> Finding:
    """A column named as a reference whose type cannot refer to anything there."""
    guess, total, agreeing = compared.guess, compared.total, compared.agreeing
    where, parent = _where(patient, guess), _parent(patient, guess)
    one, other = guess.column.type or "untyped", guess.key.type or "untyped"
    advice = f"Say which {parent} each {where} stood for; what is not said is kept, as null."
    former = [
        (one.name, patient.evidence(_agreeing(guess, one.name), samples=0))
        for one in known_by(patient, guess.parent, guess.column)
    ]
    for name, held in former:
        if held.count:
            advice += f" {patient.spelled(guess.parent.path)}.{name} holds {held.count:,} of them."
    if patient.kind == "postgresql" and total.count and agreeing.count == total.count:
        mapping = cast(patient, guess.table, guess.reference)
        advice = "Every value is a key written as text, so a cast is enough."
    else:
        mapping = mapped(patient, guess.table, guess.reference, together=together)
    return Finding(
        kind="foreign-key-types",
        severity="warning" if compared.sure else "note",
        where=where,
        what=f"{where} is {one} and {parent}, which it is named after, is {other}",
        evidence=(total, agreeing, *(held for _, held in former if held.count)),
        consequence=_refused(patient, total, agreeing, one, other),
        preparations=mapping.preparations,
        repair=mapping.statements,
        advice=advice,
        touches=f"{count(total.count or 0, 'row')} of {patient.spelled(guess.table.path)}",
    )


def _refused(patient: Patient, total: Evidence, agreeing: Evidence, one: str, other: str) -> str:
    same = f"{agreeing.count or 0:,} of {total.count or 0:,} values are the text of a key"
    if patient.kind == "sqlite":
        return f"a foreign key would find nothing, {one} and {other} being compared; {same}"
    return f"a foreign key is refused, {one} and {other} cannot be compared (42804); {same}"


def _values(guess: Guess) -> str:
    column = quoted(guess.column.name)
    return f"SELECT {column} FROM {quoted(*guess.table.path)} WHERE {column} IS NOT NULL"


def _agreeing(guess: Guess, other: str = "") -> str:
    """Rows whose value, written as text, is a key written as text, or another column's value."""
    column, key = quoted(guess.column.name), quoted(other or guess.key.name)
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
