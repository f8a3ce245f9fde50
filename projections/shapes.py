"""The difference of two schemas, object by object, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal

import msgspec

from journal.values import Column, ObjectChange, SchemaObject
from projections.drift import TEXTS, Deviation, deviations
from projections.schema import dotted

Sign = Literal[" ", "+", "-", "~"]
"""What became of a line: it stayed, came, went, or reads otherwise now."""

_SAID = ("type", "not_null", "default", "generated", "identity", "collation")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A column, a part of a table, or a line of a definition."""

    sign: Sign
    text: str


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is not what it was; ``said`` tells it in the words of ``diff``.

    ``was`` is its name before, where that was another one.
    """

    kind: str
    name: str
    was: str
    change: Literal["added", "dropped", "renamed", "changed"]
    said: tuple[str, ...]
    lines: tuple[Line, ...]


def shapes(then: Mapping[int, SchemaObject], now: Mapping[int, SchemaObject]) -> tuple[Shape, ...]:
    """Return what leads from one schema to another, tables first."""
    ids = dict.fromkeys((*then, *now))
    pairs = ((then.get(one), now.get(one)) for one in ids)
    changes = (ObjectChange(before=b, after=a) for b, a in pairs if b != a)
    return tuple(_shape(one) for one in deviations(changes))


def _shape(found: Deviation) -> Shape:
    before, after = found.change.before, found.change.after
    one = after or before
    assert one is not None
    renamed = before is not None and after is not None and before.path != after.path
    return Shape(
        kind=one.kind,
        name=dotted(one.path),
        was=dotted(before.path) if before and renamed else "",
        change="added" if not before else "dropped" if not after else "renamed"
        if renamed and len(found.differences) == 1 else "changed",
        said=tuple(difference.text for difference in found.differences),
        lines=tuple(_lines(found)),
    )  # fmt: skip


def _lines(found: Deviation) -> Iterator[Line]:
    before, after = found.change.before, found.change.after
    if before is None or after is None:
        one = after or before
        assert one is not None
        sign: Sign = "+" if after else "-"
        for text in (*_whole(one), *(part for along in found.along for part in _along(along))):
            yield Line(sign=sign, text=text)
        return
    yield from _columns(before, after)
    beside = [one for one in found.differences if one.kind != "column" and one.attribute]
    for difference in beside:
        if difference.attribute in TEXTS:
            yield from _texts(str(difference.before or ""), str(difference.after or ""))
        elif difference.attribute != "column order":
            yield Line(sign="~", text=_after_name(difference.text))


def _whole(one: SchemaObject) -> Iterator[str]:
    """An object in the database's own words, where it has some; or by its columns."""
    for name in TEXTS:
        if name in one.definition:
            yield from str(one.definition[name]).strip("\n").splitlines()
            return
    for column in one.columns:
        yield _column(column)


def _along(change: ObjectChange) -> Iterator[str]:
    """Tell of a part that came or went with its table; what is said by a column already is not."""
    one = change.after or change.before
    if one is None or one.kind == "internal" or one.definition.get("type") == "not null":
        return
    text = " ".join(str(one.definition.get("text") or one.definition.get("sql") or "").split())
    yield f"{one.kind} {one.path[-1]} {text}".rstrip()


def _columns(before: SchemaObject, after: SchemaObject) -> Iterator[Line]:
    """All columns in order, those that went at their old place."""
    old = {column.id: column for column in before.columns}
    new = {column.id for column in after.columns}
    gone = _following(before.columns, new)
    yield from (Line(sign="-", text=_column(one)) for one in gone.get(0, ()))
    for column in after.columns:
        was = old.get(column.id)
        now = _column(column)
        if was is None:
            yield Line(sign="+", text=now)
        elif _column(was) != now:
            yield Line(sign="~", text=f"{now}  (was: {_column(was)})")
        else:
            yield Line(sign=" ", text=now)
        yield from (Line(sign="-", text=_column(one)) for one in gone.get(column.id, ()))


def _following(columns: Iterable[Column], kept: set[int]) -> dict[int, list[Column]]:
    """Return columns that went, by the column that they stood behind; 0 is the beginning."""
    found: dict[int, list[Column]] = {}
    last = 0
    for column in columns:
        if column.id in kept:
            last = column.id
        else:
            found.setdefault(last, []).append(column)
    return found


def _column(column: Column) -> str:
    parts = [column.name]
    for name in _SAID:
        parts += _attribute(name, column.definition.get(name))
    return " ".join(parts)


def _attribute(name: str, value: Any) -> list[str]:
    if value in (None, False, ""):
        return []
    if name == "type":
        return [str(value)]
    if value is True:
        return [name.replace("_", " ")]
    return [f"{name} {value}"]


def _texts(before: str, after: str) -> Iterator[Line]:
    old, new = before.strip("\n").splitlines(), after.strip("\n").splitlines()
    for how, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield from (Line(sign=" ", text=text) for text in old[i1:i2])
            continue
        yield from (Line(sign="-", text=text) for text in old[i1:i2])
        yield from (Line(sign="+", text=text) for text in new[j1:j2])


def _after_name(text: str) -> str:
    """Return what is said of an attribute without the object's name."""
    return text.partition(": ")[2] or text
