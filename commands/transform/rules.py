"""The words a migration is written with: each returns a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commands.transform.spec import (
    Compute,
    Constant,
    Derive,
    Generated,
    Key,
    Pick,
    Policy,
    Rows,
    Rule,
    Unmapped,
    When,
)


def where(field: str, *values: Any) -> When:
    """A condition: the record's field bears one of these values, or any where none is named."""
    return When(field=field, values=values)


def first(
    *fields: str,
    when: When | tuple[When, ...] = (),
    on_conflict: Policy = "decide",
    placeholder: Any = None,
) -> Pick:
    """The first value that is not null, in the source's order."""
    return Pick(
        how="first",
        fields=fields,
        when=_conditions(when),
        on_conflict=on_conflict,
        placeholder=placeholder,
    )


def last(
    *fields: str,
    when: When | tuple[When, ...] = (),
    on_conflict: Policy = "decide",
    placeholder: Any = None,
) -> Pick:
    """The last value that is not null, in the source's order."""
    return Pick(
        how="last",
        fields=fields,
        when=_conditions(when),
        on_conflict=on_conflict,
        placeholder=placeholder,
    )


def prefer(
    *fields: str,
    by: str,
    order: tuple[Any, ...],
    on_conflict: Policy = "decide",
    placeholder: Any = None,
) -> Pick:
    """The value of the best source: records are ranked by what their field ``by`` says."""
    return Pick(
        how="prefer",
        fields=fields,
        by=by,
        order=order,
        on_conflict=on_conflict,
        placeholder=placeholder,
    )


def only(
    *fields: str,
    when: When | tuple[When, ...] = (),
    on_conflict: Policy = "refuse",
    placeholder: Any = None,
) -> Pick:
    """The one value there is; two that differ are refused unless said otherwise."""
    return Pick(
        how="only",
        fields=fields,
        when=_conditions(when),
        on_conflict=on_conflict,
        placeholder=placeholder,
    )


def merge_lists(*fields: str, when: When | tuple[When, ...] = ()) -> Pick:
    """All elements without duplicates, in order of first sight; 1, true and "1" differ."""
    return Pick(how="merge_lists", fields=fields, when=_conditions(when))


def merge_objects(
    *fields: str,
    when: When | tuple[When, ...] = (),
    later_wins: bool = True,
    on_conflict: Policy = "decide",
    placeholder: Any = None,
) -> Pick:
    """All keys of all objects; a key with two values is a conflict of its own."""
    return Pick(
        how="merge_objects",
        fields=fields,
        when=_conditions(when),
        later_wins=later_wins,
        on_conflict=on_conflict,
        placeholder=placeholder,
    )


def minimum(*fields: str, when: When | tuple[When, ...] = ()) -> Pick:
    """The least value."""
    return Pick(how="minimum", fields=fields, when=_conditions(when))


def maximum(*fields: str, when: When | tuple[When, ...] = ()) -> Pick:
    """The greatest value."""
    return Pick(how="maximum", fields=fields, when=_conditions(when))


def total(*fields: str, when: When | tuple[When, ...] = ()) -> Pick:
    """The sum of the values."""
    return Pick(how="sum", fields=fields, when=_conditions(when))


def key(field: str) -> Key:
    """The value that all records of the row share."""
    return Key(field=field)


def constant(value: Any) -> Constant:
    """The same value in each row."""
    return Constant(value=value)


def generated(namespace: str) -> Generated:
    """A UUID that is the same on every run: version 5 of the row's natural key."""
    return Generated(namespace=namespace)


def compute(function: Callable[..., Any], *fields: str) -> Compute:
    """What a pure function makes of the first value of each field."""
    return Compute(function=function, fields=fields)


def derive(function: Callable[[Mapping[str, Any]], Any]) -> Derive:
    """What a pure function makes of the finished row."""
    return Derive(function=function)


def provision(
    table: str,
    *,
    match: str | tuple[str, ...],
    columns: Mapping[str, Rule],
    needs: When | tuple[When, ...] = (),
    per: tuple[str, ...] = (),
) -> Rows:
    """A parent row that must be there: made where it is missing, and left alone where it is."""
    return Rows(
        table=table,
        match=(match,) if isinstance(match, str) else match,
        columns=columns,
        needs=_conditions(needs),
        per=per,
        missing="provision",
    )


def unmapped(*fields: str, of: str) -> Unmapped:
    """Fields that found no home in the earlier transform ``of``, from the journal."""
    return Unmapped(of=of, fields=fields)


def _conditions(when: When | tuple[When, ...]) -> tuple[When, ...]:
    return (when,) if isinstance(when, When) else tuple(when)
