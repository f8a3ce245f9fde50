"""A step of a migration in words: what goes where, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from commands.transform.spec import (
    Compute,
    Constant,
    Derive,
    Generated,
    Key,
    Pick,
    Rows,
    Rule,
    Select,
    Transform,
    When,
)
from commands.transform.steps import (
    Backup,
    Check,
    Closing,
    Command,
    DropUnused,
    Limit,
    Opening,
    Reset,
    Restore,
    Run,
    Timing,
    Unchanged,
    Verify,
)
from commands.transform.values import jsonable, write

_SEQUENCES = {"restart": "begin anew", "keep": "are kept"}


def explain(step: Run) -> Iterator[str]:
    """Yield lines, those of a table's columns indented."""
    match step:
        case Transform():
            yield from _transform(step)
        case Check():
            yield f"check {step.name}{_warns(step)}: {_line(step.sql)}"
        case Limit():
            yield f"limit {step.name}{_warns(step)}: on {step.of}"
        case Backup():
            yield f"backup of {', '.join(step.tables) or 'all tables'} into {step.to}"
        case Restore():
            yield f"restore of {', '.join(step.tables) or 'all tables'} from {step.backup}"
        case Reset():
            yield from _reset(step)
        case Command():
            said = " ".join(write(one) for one in step.argv)
            yield f"when committed, command {step.name}{_warns(step)}: {said}"
        case DropUnused():
            yield f"drop {', '.join(step.tables)}, unless something says that they are used"
            yield from (f"  waived for {name}: {why}" for name, why in step.waive.items())
        case Opening():
            yield from map(_verified, step.verify)
        case Closing():
            pass
        case _:
            assert_never(step)


def _verified(declared: Verify) -> str:
    match declared:
        case Unchanged():
            return f"unchanged, {declared.name}: {', '.join(declared.tables)}"
        case Timing():
            return f"timed before and after, {declared.name}: {_line(declared.sql)}"
        case _:
            assert_never(declared)


def _transform(spec: Transform) -> Iterator[str]:
    match spec.source:
        case Select() as source:
            unpacked = f"; unpacks {', '.join(source.unpack)}" if source.unpack else ""
            yield f"transform {spec.name}: {_line(source.sql)}{unpacked}"
            order = source.order
        case source:
            yield f"transform {spec.name}: what {source.of} left of {', '.join(source.fields)}"
            order = "as they were found"
    yield f"  a subject is one {spec.subject}; its records in the order {order}"
    for target in spec.into:
        yield f"  {target.table}: {_rows(target)}"
        for column, rule in target.columns.items():
            yield f"    {column} = {_rule(rule)}"
    if spec.ignore:
        yield f"  ignored: {', '.join(spec.ignore)}"


def _reset(step: Reset) -> Iterator[str]:
    yield f"reset empties {', '.join(step.tables)}; sequences {_SEQUENCES[step.sequences]}"
    if step.keep:
        yield f"  keeps {', '.join(step.keep)}"
    if step.detach:
        yield f"  may set foreign keys of {', '.join(step.detach)} to null or default"
    if step.without_backup:
        yield f"  asks for no backup: {step.without_backup}"
    else:
        yield f"  asks for a backup of what goes: {step.backup or 'any that the journal knows'}"


def _rows(target: Rows) -> str:
    per = f"one row for each {', '.join(target.per)}" if target.per else "one row for each subject"
    needs = f", {_conditions(target.needs)}" if target.needs else ""
    if not target.match:
        return f"{per}{needs}"
    missing = {
        "reject": "one that is not there rejects the subject",
        "insert": "one that is not there is inserted",
        "provision": "a stand-in is made where there is none",
    }[target.missing]
    return f"{per}{needs}, found by {', '.join(target.match)}; {missing}"


def _rule(rule: Rule) -> str:
    match rule:
        case Pick():
            return _pick(rule)
        case Key():
            return f"the key {rule.field}"
        case Constant():
            return f"always {write(jsonable(rule.value))}"
        case Generated():
            return f"a UUID of the key, within {rule.namespace}"
        case Compute():
            return f"{_named(rule.function)}({', '.join(rule.fields)})"
        case Derive():
            return f"{_named(rule.function)} of the finished row"
        case _:
            assert_never(rule)


def _pick(rule: Pick) -> str:
    fields = " or ".join(rule.fields)
    said = f"{rule.how.replace('_', ' ')} of {fields}"
    if rule.how == "prefer":
        said += f", by {rule.by}: {', '.join(write(jsonable(one)) for one in rule.order)}"
    if rule.when:
        said += f", {_conditions(rule.when)}"
    if rule.on_conflict == "park":
        return f"{said}; a conflict waits at {write(jsonable(rule.placeholder))}"
    return f"{said}; a conflict stops the run" if rule.on_conflict == "refuse" else said


def _conditions(conditions: tuple[When, ...]) -> str:
    parts = (
        f"{one.field} is {' or '.join(write(jsonable(v)) for v in one.values)}"
        if one.values
        else f"{one.field} is there"
        for one in conditions
    )
    return f"where {' and '.join(parts)}"


def _warns(step: Check | Limit | Command) -> str:
    return " (only warns)" if step.warns else ""


def _named(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _line(sql: str) -> str:
    return " ".join(sql.split())
