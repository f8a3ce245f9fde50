"""What a schema change means for programs that go on running: a verdict for each part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from journal.values import Column, ObjectChange, SchemaObject
from projections.schema import dotted

Word = Literal["additive", "breaks readers", "breaks writers", "loses data"]

ORDER: tuple[Word, ...] = ("additive", "breaks readers", "breaks writers", "loses data")
"""From the mildest to the gravest."""

_READ = frozenset({"view", "materialized view"})
_RULES = frozenset({"constraint", "trigger", "rule", "policy"})
_KEYS = frozenset({"primary key", "unique", "exclude"})
_WHOLE = ("smallint", "integer", "bigint", "numeric")
_LENGTH = re.compile(r"(?:character varying|varchar)\((\d+)\)", re.IGNORECASE)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one part of a change means; ``why`` is a short clause."""

    verdict: Word
    kind: str
    object: str
    why: str


def judge(changes: Iterable[ObjectChange]) -> tuple[Verdict, ...]:
    """Return the verdicts on the changes of a run, in their order.

    Parts of a table that is made in the same run are not judged apart from it.
    """
    changes = tuple(changes)
    made = {c.after.id for c in changes if c.after is not None and c.before is None}
    gone = {c.before.id for c in changes if c.before is not None and c.after is None}
    return tuple(
        verdict
        for change in changes
        if not _goes_with(change, made | gone)
        for verdict in _of_change(change)
    )


def judge_deleted(tables: Iterable[str]) -> tuple[Verdict, ...]:
    """Return the verdicts on rows that are deleted from these tables."""
    return tuple(
        Verdict(verdict="loses data", kind="rows", object=table, why="rows are deleted")
        for table in dict.fromkeys(tables)
    )


def gravest(verdicts: Iterable[Verdict]) -> Word:
    """Return the gravest of the verdicts; "additive" where there is none."""
    return max((v.verdict for v in verdicts), key=ORDER.index, default="additive")


def _goes_with(change: ObjectChange, tables: set[int]) -> bool:
    one = change.after or change.before
    return one is not None and one.parent in tables


def _of_change(change: ObjectChange) -> Iterator[Verdict]:
    before, after = change.before, change.after
    if after is None:
        if before is not None:
            yield from _dropped(before)
    elif before is None:
        yield _made(after)
    else:
        yield from _renamed(before, after)
        if before.columns or after.columns:
            yield from _columns(before, after)
        elif before.definition != after.definition:
            yield from _redefined(before, after)


def _say(word: Word, one: SchemaObject, why: str, column: str = "") -> Verdict:
    path = (*one.path, column) if column else one.path
    kind = "column" if column else one.kind
    return Verdict(verdict=word, kind=kind, object=dotted(path), why=why)


def _made(one: SchemaObject) -> Verdict:
    if one.kind == "policy":
        return _say("breaks readers", one, "a new policy may hide rows")
    if one.kind in _RULES:
        return _say("breaks writers", one, f"a new {one.kind} may refuse or change what is written")
    if one.kind == "index" and one.definition.get("unique"):
        return _say("breaks writers", one, "a new unique index may refuse what is written")
    return _say("additive", one, f"a new {one.kind}")


def _dropped(one: SchemaObject) -> Iterator[Verdict]:
    if one.kind == "table":
        yield _say("loses data", one, "the table goes with its rows")
    if one.kind in _READ or one.kind == "table":
        yield _say("breaks readers", one, f"the {one.kind} is gone")
    if one.kind == "constraint":
        word: Word = "breaks writers" if one.definition.get("type") in _KEYS else "additive"
        why = "upserts that name the key fail" if word != "additive" else "fewer rows are refused"
        yield _say(word, one, why)
    elif one.kind == "index":
        unique = bool(one.definition.get("unique"))
        why = "upserts that name the key fail" if unique else "queries may be slower"
        yield _say("breaks writers" if unique else "additive", one, why)
    elif one.kind == "policy":
        yield _say("breaks readers", one, "other rows are seen without the policy")
    elif one.kind not in _READ:
        yield _say("breaks writers", one, f"the {one.kind} is gone")


def _renamed(before: SchemaObject, after: SchemaObject) -> Iterator[Verdict]:
    named_by_programs = after.kind not in _RULES and after.kind != "index"
    if before.path != after.path and named_by_programs:
        why = f"the old name {dotted(before.path)} is gone"
        yield _say("breaks readers", after, why)
        yield _say("breaks writers", after, why)


def _redefined(before: SchemaObject, after: SchemaObject) -> Iterator[Verdict]:
    old, new = before.definition, after.definition
    if after.kind == "enum" and "labels" in new:
        lost = [label for label in old.get("labels", ()) if label not in new["labels"]]
        if lost:
            yield _say("breaks writers", after, f"{len(lost)} labels are gone")
        else:
            yield _say("additive", after, "new labels")
    elif after.kind in _READ:
        gone = _names(old) - _names(new)
        word: Word = "breaks readers" if gone else "additive"
        yield _say(word, after, f"{len(gone)} columns are gone" if gone else "another query")
    elif after.kind in _RULES:
        yield _say("breaks writers", after, f"the {after.kind} has another definition")
    elif after.kind == "function":
        yield _say("breaks readers", after, "callers get what the new body does")
    elif any(old.get(k) != new.get(k) for k in ("type", "not_null", "constraints", "labels")):
        yield _say("breaks writers", after, f"the {after.kind} takes other values")
    else:
        yield _say("additive", after, f"the {after.kind} has another definition")


def _names(definition: Mapping[str, Any]) -> set[str]:
    return {str(column.get("name")) for column in definition.get("columns") or ()}


def _columns(before: SchemaObject, after: SchemaObject) -> Iterator[Verdict]:
    old = {column.id: column for column in before.columns}
    kept = {column.id for column in after.columns}
    for column in before.columns:
        if column.id not in kept:
            yield _say("loses data", before, "the column goes with its values", column.name)
            yield _say("breaks readers", before, "the column is gone", column.name)
            yield _say("breaks writers", before, "the column is gone", column.name)
    for column in after.columns:
        if column.id in old:
            yield from _column(after, old[column.id], column)
        else:
            yield _added(after, column)


def _added(table: SchemaObject, column: Column) -> Verdict:
    filled = ("default", "generated", "identity")
    if column.definition.get("not_null") and not any(column.definition.get(k) for k in filled):
        return _say("breaks writers", table, "a new column must be given", column.name)
    return _say("additive", table, "a new column", column.name)


def _column(table: SchemaObject, old: Column, new: Column) -> Iterator[Verdict]:
    was, now = old.definition, new.definition
    if old.name != new.name:
        why = f"the old name {old.name} is gone"
        yield _say("breaks readers", table, why, new.name)
        yield _say("breaks writers", table, why, new.name)
    if was.get("type") != now.get("type"):
        yield from _retyped(table, new.name, str(was.get("type")), str(now.get("type")))
    if now.get("not_null") and not was.get("not_null"):
        yield _say("breaks writers", table, "null is refused now", new.name)
    if was.get("not_null") and not now.get("not_null"):
        yield _say("breaks readers", table, "null may be met now", new.name)
    if was.get("default") and not now.get("default"):
        yield _say("breaks writers", table, "the default is gone", new.name)
    if was.get("generated") != now.get("generated"):
        yield _say("breaks writers", table, "it is generated in another way", new.name)
    if was.get("collation") != now.get("collation"):
        yield _say("breaks readers", table, "it sorts and compares in another way", new.name)


def _retyped(table: SchemaObject, column: str, old: str, new: str) -> Iterator[Verdict]:
    why = f"{old} became {new}"
    if _widens(old.lower(), new.lower()):
        yield _say("additive", table, f"{why}, which holds all that was there", column)
        return
    yield _say("loses data", table, f"{why}, which may not hold all that was there", column)
    yield _say("breaks readers", table, why, column)
    yield _say("breaks writers", table, why, column)


def _widens(old: str, new: str) -> bool:
    if old in _WHOLE and new in _WHOLE:
        return _WHOLE.index(old) < _WHOLE.index(new)
    if (old, new) == ("real", "double precision"):
        return True
    length = _LENGTH.fullmatch(old)
    if length is None:
        return False
    wider = _LENGTH.fullmatch(new)
    unbounded = new in ("text", "character varying", "varchar")
    return unbounded or (wider is not None and int(wider[1]) >= int(length[1]))
