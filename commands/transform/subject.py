"""One subject: its records in, its target rows out, and a fate for every source value.

Pure: no database, no clock. The same records give the same answer wherever they are run.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, assert_never
from uuid import NAMESPACE_URL, uuid5

import msgspec

from commands.transform.choosing import Rejection, choose, matches
from commands.transform.outcome import (
    STRONGEST,
    THERE,
    Conflict,
    Fate,
    Homeless,
    Outcome,
    Record,
    Rejected,
    TargetRow,
)
from commands.transform.spec import (
    Compute,
    Constant,
    Derive,
    Generated,
    How,
    Key,
    Pick,
    Reject,
    Rows,
    Rule,
    Transform,
)
from commands.transform.values import canonical, jsonable

Numbered = Sequence[tuple[int, Record]]
Sought = tuple[str, tuple[str, ...], str]
"""A table, the columns that find a row of it, and the canonical form of their values."""
There = MutableMapping[Sought, Mapping[str, Any]]
"""Rows that stand in the targets, by column name."""
_STRENGTH = {fate: n for n, fate in enumerate(STRONGEST)}


def transform_subject(
    spec: Transform, subject: Any, records: Sequence[Record], there: There | None = None
) -> Outcome:
    """Return what becomes of the records of one subject.

    ``there`` holds the target rows to merge into. A subject is rejected whole, with a reason,
    where a rule cannot take a value.

    Raises:
        Refusal: records disagree, and a rule refuses that.
    """
    values = sum(len(record.fields) for record in records)
    work = _Subject(spec, records, there or {})
    try:
        work.look()
        rows = tuple(row for n, target in enumerate(spec.into) for row in work.rows(n, target))
    except Rejection as rejection:
        return Outcome(
            subject=subject,
            records=tuple(records),
            values=values,
            fates={"rejected": values},
            rejected=Rejected(records[rejection.record].id, rejection.reason),
        )
    unmapped = tuple(work.homeless())
    return Outcome(
        subject=subject,
        records=tuple(records),
        values=values,
        fates=work.count(unmapped),
        rows=rows,
        conflicts=tuple(work.conflicts),
        unmapped=unmapped,
    )


def fates(
    spec: Transform, records: Sequence[Record], there: There | None = None
) -> dict[tuple[int, str], Fate]:
    """Return the fate of each value, by the number of its record and its field.

    Raises:
        Refusal: as ``transform_subject`` does.
    """
    work = _Subject(spec, records, there or {})
    every = [(n, field) for n, record in work.records for field in record.fields]
    try:
        work.look()
        for n, target in enumerate(spec.into):
            list(work.rows(n, target))
    except Rejection:
        return dict.fromkeys(every, "rejected")
    return {one: work.fates.get(one, "unmapped") for one in every}


def sought(spec: Transform, records: Sequence[Record]) -> list[tuple[int, tuple[Any, ...]]]:
    """Return what would find rows of the targets: target numbers, values of their ``match``.

    Raises:
        Refusal: as ``transform_subject`` does.
    """
    work = _Subject(spec, records, {})
    try:
        return [
            (n, tuple(work.finding(target, group).values()))
            for n, target in enumerate(spec.into)
            if target.match
            for group in work.groups(target)
        ]
    except Rejection:
        return []  # the subject will be rejected


class _Subject:
    """The work on one subject: what each source value has met so far."""

    def __init__(self, spec: Transform, records: Sequence[Record], there: There) -> None:
        self.spec = spec
        self.records = tuple(enumerate(records))
        self.there: ChainMap[Sought, Mapping[str, Any]] = ChainMap({}, there)
        self.fates: dict[tuple[int, str], Fate] = {}
        self.conflicts: list[Conflict] = []

    def look(self) -> None:
        """Reject what could not be read, and give keys and ignored fields their fate."""
        keys = (self.spec.subject, *self.spec.record, *_consulted(self.spec))
        for number, record in self.records:
            if record.problem:
                raise Rejection(record.problem, number)
            for field in self.spec.ignore:
                self._meet(number, field, "ignored")
            for field in keys:
                self._meet(number, field, "key")

    def rows(self, number: int, target: Rows) -> Iterator[TargetRow]:
        """Yield the rows of one target."""
        for group in self.groups(target):
            known = len(self.conflicts)
            found = self.finding(target, group)
            there = self._there(target, found)
            values = self._row(target, group, found, there)
            if target.missing == "provision":  # who needs it next finds it as it is by now
                self.there[where(target, found.values())] = {**(there or {}), **values}
            natural = found or {
                column: values[column]
                for column, rule in target.columns.items()
                if isinstance(rule, Key | Generated)
            }
            self.conflicts[known:] = [
                msgspec.structs.replace(one, target=number, key=natural)
                for one in self.conflicts[known:]
            ]
            yield TargetRow(number, target.table, values, there)

    def groups(self, target: Rows) -> Iterable[Numbered]:
        """Return the records of each row."""
        fit = [(n, record) for n, record in self.records if matches(record, target.needs)]
        if not target.per:
            return [fit] if fit else []
        groups: dict[str, list[tuple[int, Record]]] = {}
        for number, record in fit:
            found = [record.fields.get(field) for field in target.per]
            if None not in found:
                groups.setdefault(place(found), []).append((number, record))
                for field in target.per:
                    self._meet(number, field, "key")
        return groups.values()

    def finding(self, target: Rows, group: Numbered) -> dict[str, Any]:
        """Return the values that find the row: those of its ``match`` columns."""
        row: dict[str, Any] = {}
        for column in target.match:
            row[column] = self._value(target, column, target.columns[column], group, None)
        for column in target.match:
            if isinstance(rule := target.columns[column], Generated):
                row[column] = str(_name(rule, target, row))
        return row

    def _there(self, target: Rows, found: dict[str, Any]) -> dict[str, Any] | None:
        if not target.match:
            return None
        there = self.there.get(where(target, found.values()))
        if there is None and target.missing == "reject":
            names = ", ".join(target.match)
            raise Rejection(f"no row of {target.table} bears its {names}")
        return None if there is None else dict(there)

    def _row(
        self,
        target: Rows,
        group: Numbered,
        found: dict[str, Any],
        there: dict[str, Any] | None,
    ) -> dict[str, Any]:
        row = dict(found)
        standing = there or {}
        for column, rule in target.columns.items():
            if column not in found:
                row[column] = self._value(target, column, rule, group, standing.get(column))
        for column, rule in target.columns.items():
            if isinstance(rule, Generated) and column not in found:
                row[column] = standing.get(column) or str(_name(rule, target, row))
        finished = {**standing, **row}
        for column, rule in target.columns.items():
            if isinstance(rule, Derive):
                row[column] = call(rule.function, (finished,), column)
        return row

    def _value(self, target: Rows, column: str, rule: Rule, group: Numbered, there: Any) -> Any:
        match rule:
            case Pick():
                if target.missing == "provision" and there is not None:
                    rule = _standing_wins(rule)
                choice = choose(rule, group, target.table, column, there)
                for one, fate in choice.fates:
                    self._meet(one.record, one.field, fate)
                self.conflicts += choice.conflicts
                return choice.value
            case Key():
                return self._key(rule.field, group)
            case Constant():
                provided = target.missing == "provision" and there is not None
                return there if provided else rule.value
            case Compute():
                return self._computed(rule, group, target.table)
            case Generated() | Derive():
                return None  # what they need is not finished yet
            case _:
                assert_never(rule)

    def _key(self, field: str, group: Numbered) -> Any:
        values = [record.fields.get(field) for _, record in group]
        for number, record in group:
            if canonical(record.fields.get(field)) != canonical(values[0]):
                raise Rejection(f"{field}: differs within one row", number)
            self._meet(number, field, "key")
        return values[0]

    def _computed(self, rule: Compute, group: Numbered, table: str) -> Any:
        arguments = []
        for field in rule.fields:
            choice = choose(Pick(how="first", fields=(field,)), group, table, field)
            for one, fate in choice.fates:
                self._meet(one.record, one.field, fate)
            arguments.append(choice.value)
            self.conflicts += choice.conflicts
        return call(rule.function, arguments, ", ".join(rule.fields))

    def _meet(self, record: int, field: str, fate: Fate) -> None:
        """A value keeps the strongest fate it meets."""
        if record == THERE or field not in self.records[record][1].fields:
            return
        known = self.fates.get((record, field))
        if known is None or _STRENGTH[fate] < _STRENGTH[known]:
            self.fates[record, field] = fate

    def homeless(self) -> Iterator[Homeless]:
        """Yield the fields of each record that met no fate."""
        for number, record in self.records:
            left = {f: v for f, v in record.fields.items() if (number, f) not in self.fates}
            if left:
                yield Homeless(record.id, left)

    def count(self, unmapped: Sequence[Homeless]) -> dict[Fate, int]:
        """Count values by fate, those without a home too."""
        counts: Counter[Fate] = Counter(self.fates.values())
        counts["unmapped"] += sum(len(one.values) for one in unmapped)
        return {fate: n for fate, n in counts.items() if n}


def where(target: Rows, values: Iterable[Any]) -> Sought:
    """Return what tells the row of a target that is found by these values."""
    return target.table, target.match, place(values)


def place(values: Iterable[Any]) -> str:
    """Return what tells rows apart that are found by these values."""
    return canonical([jsonable(one) for one in values])


def _standing_wins(rule: Pick) -> Pick:
    """A real row is never written over by a stand-in."""
    how: How = "first" if rule.how in {"last", "prefer"} else rule.how
    return msgspec.structs.replace(rule, how=how, later_wins=False)


def _consulted(spec: Transform) -> Iterator[str]:
    """Fields that tell where other values go."""
    for target in spec.into:
        yield from (condition.field for condition in target.needs)
        for rule in target.columns.values():
            if isinstance(rule, Pick):
                yield from (condition.field for condition in rule.when)
                if rule.by:
                    yield rule.by


def _name(rule: Generated, target: Rows, row: Mapping[str, Any]) -> Any:
    natural = [row[column] for column, one in target.columns.items() if isinstance(one, Key)]
    return uuid5(uuid5(NAMESPACE_URL, rule.namespace), place(natural))


def call(function: Any, arguments: Sequence[Any], what: str) -> Any:
    """Call a migration's own function.

    Raises:
        Rejection: it raised. Its words may hold the value, so only those of ``Reject`` are told.
    """
    try:
        return function(*arguments)
    except Reject as error:
        raise Rejection(f"{what}: {error}") from error
    except Exception as error:
        raise Rejection(f"{what}: {type(error).__name__} raised") from error
