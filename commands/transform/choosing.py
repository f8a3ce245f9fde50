"""Choosing one value from those that a subject's records have for a target field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from commands.transform.outcome import THERE, Candidate, Conflict, Fate, Record
from commands.transform.spec import Pick, When
from commands.transform.values import alike, canonical, is_number, is_text, kind_of


class Rejection(Exception):
    """A value that a rule cannot take; ``record`` is the number of the one that bears it."""

    def __init__(self, reason: str, record: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.record = record


class Refusal(Exception):
    """A disagreement that the rule says must stop the run."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.field)
        self.conflict = conflict


class Choice(msgspec.Struct, frozen=True):
    """The value for a field, the fate of each candidate, and the disagreements met."""

    value: Any
    fates: tuple[tuple[Candidate, Fate], ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def matches(record: Record, conditions: Sequence[When]) -> bool:
    """Tell whether a record meets all conditions."""
    return all(
        one.field in record.fields
        and (not one.values or _among(record.fields[one.field], one.values))
        for one in conditions
    )


def choose(
    rule: Pick,
    records: Sequence[tuple[int, Record]],
    table: str,
    column: str,
    there: Any = None,
) -> Choice:
    """Apply a rule to numbered records; ``there`` is what stands in the target already.

    Raises:
        Rejection: a value is not what the rule works on.
        Refusal: records disagree, and the rule refuses that.
    """
    found = list(_candidates(rule, records))
    if there is not None:
        found.insert(0, Candidate(THERE, column, _alike(there, found)))
    values = [one for one in found if one.value is not None]
    if not values:
        return Choice(None, tuple((one, "mapped") for one in found))
    about = Conflict(table=table, column=column, candidates=(), chosen=None, rule=rule.how)
    match rule.how:
        case "merge_lists":
            return _merge_lists(found, values)
        case "merge_objects":
            return _merge_objects(rule, found, values, about)
        case "minimum" | "maximum" | "sum":
            return _reckon(rule, found, values)
        case "first" | "last" | "prefer" | "only":
            return _one(rule, found, _ranked(rule, values, records), about)


def _candidates(rule: Pick, records: Sequence[tuple[int, Record]]) -> Iterator[Candidate]:
    for number, record in records:
        if matches(record, rule.when):
            for field in rule.fields:
                if field in record.fields:
                    yield Candidate(number, field, record.fields[field])


def _alike(there: Any, found: Sequence[Candidate]) -> Any:
    """What stands there takes the form of what came, where a column holds them as one."""
    return next((one.value for one in found if alike(one.value, there)), there)


def _one(rule: Pick, found: list[Candidate], ranked: list[Candidate], about: Conflict) -> Choice:
    """The first of the ranked candidates; those that differ are overruled."""
    chosen = ranked[0]
    like = canonical(chosen.value)
    same = {id(one) for one in ranked if canonical(one.value) == like}
    if len(same) == len(ranked):
        return Choice(chosen.value, _fates(found, chosen, same))
    conflict = msgspec.structs.replace(
        about, candidates=tuple(one for one in found if one.value is not None)
    )
    place = next(n for n, one in enumerate(conflict.candidates) if one is chosen)
    match rule.on_conflict:
        case "refuse":
            raise Refusal(conflict)
        case "park":
            stays = found[0].value if found[0].record == THERE else rule.placeholder
            parked = msgspec.structs.replace(conflict, parked=True, written=stays)
            fates: list[tuple[Candidate, Fate]] = [(one, "overruled") for one in found]
            return Choice(stays, tuple(fates), (parked,))
        case "decide":
            decided = msgspec.structs.replace(conflict, chosen=place, written=chosen.value)
            return Choice(chosen.value, _fates(found, chosen, same), (decided,))


def _fates(
    found: list[Candidate], chosen: Candidate, same: set[int]
) -> tuple[tuple[Candidate, Fate], ...]:
    """Chosen is mapped; equal ones and nulls lost nothing, so they are merged."""

    def fate(one: Candidate) -> Fate:
        if one is chosen:
            return "mapped"
        return "merged" if one.value is None or id(one) in same else "overruled"

    return tuple((one, fate(one)) for one in found)


def _ranked(
    rule: Pick, there: list[Candidate], records: Sequence[tuple[int, Record]]
) -> list[Candidate]:
    if rule.how == "last":
        return there[::-1]
    if rule.how != "prefer":
        return there
    ranks = {canonical(value): n for n, value in enumerate(rule.order)}
    sources = {number: record.fields.get(rule.by) for number, record in records}
    return sorted(there, key=lambda one: ranks.get(canonical(sources.get(one.record)), len(ranks)))


def _merge_lists(found: list[Candidate], there: list[Candidate]) -> Choice:
    merged: dict[str, Any] = {}
    for one in there:
        if not isinstance(one.value, list):
            raise _unfit(one, "a list")
        for element in one.value:
            merged.setdefault(canonical(element), element)
    return Choice(list(merged.values()), _together(found))


def _merge_objects(
    rule: Pick, found: list[Candidate], there: list[Candidate], about: Conflict
) -> Choice:
    parts: dict[str, list[Candidate]] = {}
    for one in there:
        if not isinstance(one.value, dict):
            raise _unfit(one, "an object")
        for name, value in one.value.items():
            parts.setdefault(name, []).append(Candidate(one.record, one.field, value))
    by_key = Pick(
        how="last" if rule.later_wins else "first",
        fields=rule.fields,
        on_conflict=rule.on_conflict,
        placeholder=rule.placeholder,
    )
    about = msgspec.structs.replace(about, rule=by_key.how)
    merged: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for name, candidates in parts.items():
        values = [one for one in candidates if one.value is not None]
        if not values:
            merged[name] = None
            continue
        ranked = values[::-1] if rule.later_wins else values
        choice = _one(by_key, candidates, ranked, msgspec.structs.replace(about, path=name))
        merged[name] = choice.value
        conflicts += choice.conflicts
        if choice.conflicts and not is_text(name):
            place = candidates[0].field
            what = f"{place}: records disagree about {name!a}, which no entry can name"
            raise Rejection(what, max(candidates[-1].record, 0))
    return Choice(merged, _together(found), tuple(conflicts))


def _together(found: list[Candidate]) -> tuple[tuple[Candidate, Fate], ...]:
    alone = len(found) == 1
    return tuple((one, "mapped" if alone else "merged") for one in found)


def _reckon(rule: Pick, found: list[Candidate], there: list[Candidate]) -> Choice:
    for one in there:
        if not is_number(one.value):
            raise _unfit(one, "a number")
    values = [one.value for one in there]
    if rule.how == "sum":
        exact = [Decimal(repr(v)) if isinstance(v, float) else v for v in values]
        return Choice(sum(exact), _together(found))
    least = rule.how == "minimum"
    value = min(values) if least else max(values)
    chosen = next(one for one in there if one.value == value)
    fates: list[tuple[Candidate, Fate]] = [
        (one, "mapped" if one is chosen else "merged") for one in found
    ]
    return Choice(value, tuple(fates))


def _unfit(one: Candidate, wanted: str) -> Rejection:
    what = f"{one.field}: expected {wanted}, found {kind_of(one.value)}"
    return Rejection(what, max(one.record, 0))


def _among(value: Any, values: Sequence[Any]) -> bool:
    return canonical(value) in {canonical(one) for one in values}
