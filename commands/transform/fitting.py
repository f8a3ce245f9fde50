"""Target rows held against the columns they go into; nothing is converted by guessing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from commands.transform.choosing import Rejection
from commands.transform.keeping import affinity_of, keeps
from commands.transform.spec import Pick, Rows, Rule, Transform
from commands.transform.values import Malformed, alike, kind_of, read, write
from journal.errors import Refused
from journal.values import Column, DatabaseKind, SchemaObject

_NUMBER = re.compile(r"(small|big)?int(eger)?|real|double precision|numeric.*|decimal.*|money")
_TEXT = re.compile(r"text|character.*|varchar.*|char.*|citext")


class Fitting:
    """The columns of one target, and what each takes."""

    def __init__(
        self,
        target: Rows,
        table: SchemaObject,
        kind: DatabaseKind,
        objects: Mapping[int, SchemaObject],
    ) -> None:
        by_name = {column.name: _declared(column, objects) for column in table.columns}
        self.table = table
        self.match = target.match
        self.names = tuple(target.columns)
        self.readable = tuple(by_name)
        self._kind = kind
        self._declared = by_name
        self._takes = {
            name: (_takes(by_name[name], kind), _packs(rule))
            for name, rule in target.columns.items()
        }

    def fit(self, values: dict[str, Any], columns: Sequence[str] = ()) -> tuple[Any, ...]:
        """Return a row, or some columns of it, as the database takes them.

        Raises:
            Rejection: a value is not of the column's kind.
        """
        return tuple(self.fit_one(name, values[name]) for name in columns or self.names)

    def fit_one(self, name: str, value: Any) -> Any:
        """Return one value as the database takes it. Raises ``Rejection``."""
        takes, packs = self._takes[name]
        fit = _fit(name, takes, value, packs=packs)
        if not keeps(self._declared[name], self._kind, fit):
            what = self._declared[name] or "the column"
            raise Rejection(f"{name}: {what} would not keep this {kind_of(value)} as it is")
        return fit

    def read_back(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of the table as rules see it: JSON taken apart."""
        return {name: self._read(name, value) for name, value in row.items()}

    def differing(self, values: dict[str, Any], there: dict[str, Any]) -> tuple[str, ...]:
        """Name the columns in which a row is not as it stands."""
        return tuple(
            name
            for name in self.names
            if name not in self.match and not alike(values[name], there.get(name))
        )

    def _read(self, name: str, value: Any) -> Any:
        takes, packs = self._takes.get(name, ("", False))
        if not isinstance(value, str) or not (takes == "json" or (packs and takes != "words")):
            return value
        try:
            return read(value)
        except Malformed:
            return value


def target_table(spec: Transform, target: Rows, objects: dict[int, SchemaObject]) -> SchemaObject:
    """Find the table of a target.

    Raises:
        Refused: there is no such table, two of that name, or it lacks a column.
    """
    path = tuple(target.table.split("."))
    tables = [one for one in objects.values() if one.kind == "table"]
    found = [one for one in tables if one.path[-len(path) :] == path]
    if len(found) != 1:
        what = "no table" if not found else "more than one table"
        raise Refused(
            f"transform {spec.name}: {what} {target.table}",
            hint="Make it in an earlier step, or write its schema before its name.",
        )
    names = {column.name for column in found[0].columns}
    for name in (*target.columns, *target.match):
        if name not in names:
            raise Refused(
                f"transform {spec.name}: table {target.table} has no column {name}",
                hint=f"It has {', '.join(c.name for c in found[0].columns)}.",
            )
    for name in target.match:
        if name not in target.columns:
            raise Refused(
                f"transform {spec.name}: {target.table} is matched by {name}, which has no rule",
                hint="Give each column of match a rule.",
            )
    return found[0]


def _declared(column: Column, objects: Mapping[int, SchemaObject]) -> str:
    """Return the type of a column in lower case; that of a domain is what it is made of."""
    declared = str(column.definition.get("type", ""))
    domains = {_bare(".".join(d.path)): d for d in objects.values() if d.kind == "domain"}
    while found := domains.get(_bare(declared)):
        declared = str(found.definition.get("type", ""))
    return declared.lower()


def _bare(name: str) -> str:
    """A name without quotes; the catalog writes the schema before all that is not built in."""
    return name.replace('"', "")


def _takes(declared: str, kind: DatabaseKind) -> str:
    if declared.endswith("[]"):
        return "array"
    if declared.startswith("json"):
        return "json"
    if declared.startswith("bool"):
        return "truth"
    return _preferred(declared) if kind == "sqlite" else _family(declared)


def _preferred(declared: str) -> str:
    match affinity_of(declared):
        case "text":
            return "text"
        case "integer" | "real":
            return "number"
        case "numeric" if "num" in declared or "dec" in declared:
            return "number"
        case _:
            return "any"


def _family(declared: str) -> str:
    if _NUMBER.fullmatch(declared):
        return "number"
    return "text" if _TEXT.fullmatch(declared) else "words"


def _packs(rule: Rule) -> bool:
    """Tell whether lists and objects are what the rule is for, so that text takes them as JSON."""
    return not isinstance(rule, Pick) or rule.how in {"merge_lists", "merge_objects"}


def _fit(name: str, takes: str, value: Any, *, packs: bool) -> Any:
    match takes, value:
        case _, None:
            return None
        case "json", _:
            return write(value)
        case (("text" | "any"), (list() | dict())) if packs:
            return write(value)
        case "number", (int() | float() | Decimal()) if not isinstance(value, bool):
            return value
        case "truth", bool() | 0 | 1:
            return value
        case ("text", str()) | ("words", str() | bytes()):
            return value
        case "any", str() | bytes() | int() | float() | Decimal():
            return value
    wanted = {"words": "text", "truth": "true or false", "any": "a plain value"}.get(takes, takes)
    raise Rejection(f"{name}: expected {wanted}, found {kind_of(value)}")
