"""Differences worded as the DDL that would bring them about: to be read, not to be run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from journal.script import Script
from journal.sqlite.connection import quote
from journal.values import Column, ObjectChange, SchemaObject, SequenceState

_MADE = ("table", "index", "trigger")
_WORDS = {"virtual": "TABLE"}


def ddl(change: ObjectChange) -> tuple[str, ...]:
    """Return the statements; none where ALTER TABLE does not have them."""
    before, after = change.before, change.after
    one = after or before
    if one is None or one.kind == "internal":
        return ()
    if one.kind == "setting":
        return (f"PRAGMA {one.path[0]} = {after.definition['value'] if after else 0}",)
    drop = f"DROP {_WORDS.get(one.kind, one.kind.upper())} {quote(one.path[0])}"
    if before is None:
        return (one.definition["sql"],)
    if after is None:
        return (drop,)
    if one.kind in ("table", "virtual"):
        return tuple(_columns(before, after))
    return (drop, after.definition["sql"])


def script(
    objects: Sequence[SchemaObject], places: Mapping[tuple[str, ...], SequenceState]
) -> Script:
    """Word objects; the counters of AUTOINCREMENT come last, for rows move them."""
    made = {kind: [o.definition["sql"] for o in objects if o.kind == kind] for kind in _MADE}
    counters = []
    for path, place in places.items():
        name = "'" + path[0].replace("'", "''") + "'"
        counters.append(f"DELETE FROM sqlite_sequence WHERE name = {name}")
        if place.last_value is not None:
            counters.append(f"INSERT INTO sqlite_sequence VALUES ({name}, {place.last_value})")
    return Script(before=tuple(made["table"]), after=(*made["index"], *made["trigger"], *counters))


def _columns(before: SchemaObject, after: SchemaObject) -> Iterator[str]:
    what = f"ALTER TABLE {quote(after.path[0])}"
    old, new = ({one.id for one in side.columns} for side in (before, after))
    for column in before.columns:
        if column.id not in new:
            yield f"{what} DROP COLUMN {quote(column.name)}"
    for column in after.columns:
        if column.id not in old:
            yield f"{what} ADD COLUMN {_column(column)}"


def _column(one: Column) -> str:
    definition = one.definition
    parts = [quote(one.name), definition.get("type", "")]
    if "collation" in definition:
        parts.append(f"COLLATE {definition['collation']}")
    if "generated" in definition:
        stored = "STORED" if definition.get("stored") else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({definition['generated']}) {stored}")
    if definition.get("not_null"):
        parts.append("NOT NULL")
    if "default" in definition:
        parts.append(f"DEFAULT {definition['default']}")
    return " ".join(part for part in parts if part)
