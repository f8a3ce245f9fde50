"""One subject: its records in, its target rows out, and a fate for every source value.

Pure: no database, no clock. The same records give the same answer wherever they are run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from commands.transform.choosing import Rejection, choose, matches
from commands.transform.outcome import (
    STRONGEST,
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
    Key,
    Pick,
    Rows,
    Transform,
)
from commands.transform.values import canonical

Numbered = Sequence[tuple[int, Record]]
_STRENGTH = {fate: n for n, fate in enumerate(STRONGEST)}


def transform_subject(spec: Transform, subject: Any, records: Sequence[Record]) -> Outcome:
    """Return what becomes of the records of one subject.

    It is rejected whole, with a reason, where a rule cannot take a value.

    Raises:
        Refusal: records disagree, and a rule refuses that.
    """
    values = sum(len(record.fields) for record in records)
    work = _Subject(spec, records)
    try:
        work.look()
        rows = tuple(row for target in spec.into for row in work.rows(target))
    except Rejection as rejection:
        return Outcome(
            subject=subject,
            records=tuple(records),
            values=values,
            fates={"rejected": values},
            rejected=Rejected(records[rejection.record].id, rejection.reason),
        )
    return Outcome(
        subject=subject,
        records=tuple(records),
        values=values,
        fates=work.count(),
        rows=rows,
        conflicts=tuple(work.conflicts),
        unmapped=tuple(work.homeless()),
    )


class _Subject:
    """The work on one subject: what each source value has met so far."""

    def __init__(self, spec: Transform, records: Sequence[Record]) -> None:
        self.spec = spec
        self.records = tuple(enumerate(records))
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

    def rows(self, target: Rows) -> Iterator[TargetRow]:
        """Yield the rows of one target table."""
        for group in self._groups(target):
            yield TargetRow(target.table, self._row(target, group))

    def _groups(self, target: Rows) -> Iterable[Numbered]:
        fit = [(n, record) for n, record in self.records if matches(record, target.needs)]
        if not target.per:
            return [fit] if fit else []
        groups: dict[str, list[tuple[int, Record]]] = {}
        for number, record in fit:
            found = [record.fields.get(field) for field in target.per]
            if None not in found:
                groups.setdefault(canonical(found), []).append((number, record))
                for field in target.per:
                    self._meet(number, field, "key")
        return groups.values()

    def _row(self, target: Rows, group: Numbered) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for column, rule in target.columns.items():
            match rule:
                case Pick():
                    choice = choose(rule, group, target.table, column)
                    for one, fate in choice.fates:
                        self._meet(one.record, one.field, fate)
                    self.conflicts += choice.conflicts
                    row[column] = choice.value
                case Key():
                    row[column] = self._key(rule.field, group)
                case Constant():
                    row[column] = rule.value
                case Compute():
                    row[column] = self._computed(rule, group)
                case Generated() | Derive():
                    row[column] = None  # what they need is not finished yet
        for column, rule in target.columns.items():
            if isinstance(rule, Generated):
                row[column] = str(_name(rule, target, row))
        finished = dict(row)
        for column, rule in target.columns.items():
            if isinstance(rule, Derive):
                row[column] = _call(rule.function, (finished,), column)
        return row

    def _key(self, field: str, group: Numbered) -> Any:
        values = [record.fields.get(field) for _, record in group]
        for number, record in group:
            if canonical(record.fields.get(field)) != canonical(values[0]):
                raise Rejection(f"{field}: differs within one row", number)
            self._meet(number, field, "key")
        return values[0]

    def _computed(self, rule: Compute, group: Numbered) -> Any:
        arguments = []
        for field in rule.fields:
            choice = choose(Pick(how="first", fields=(field,)), group, "", field)
            for one, fate in choice.fates:
                self._meet(one.record, one.field, fate)
            arguments.append(choice.value)
            self.conflicts += choice.conflicts
        return _call(rule.function, arguments, ", ".join(rule.fields))

    def _meet(self, record: int, field: str, fate: Fate) -> None:
        """A value keeps the strongest fate it meets."""
        if field not in self.records[record][1].fields:
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

    def count(self) -> dict[Fate, int]:
        """Count values by fate, those without a home too."""
        counts: Counter[Fate] = Counter(self.fates.values())
        counts["unmapped"] += sum(len(one.values) for one in self.homeless())
        return {fate: n for fate, n in counts.items() if n}


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
    return uuid5(uuid5(NAMESPACE_URL, rule.namespace), canonical(natural))


def _call(function: Any, arguments: Sequence[Any], what: str) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        raise Rejection(f"{what}: {type(error).__name__}: {error}") from error
