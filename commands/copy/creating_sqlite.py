"""Tables of SQLite for tables of PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from commands.copy.creating import NOT_THERE, Made, Making, foreign_key, lost
from commands.copy.defaults import to_sqlite
from commands.copy.plan import ColumnPlan, Difference
from commands.copy.translating import Implied, Untranslatable, parsed, translated
from commands.quoting import listed, literal, quoted
from journal.values import Definition, SchemaObject

_CHECK = re.compile(
    r"CHECK \((?P<condition>.*)\)(?P<not_valid> NOT VALID)?( NO INHERIT)?", re.DOTALL
)
_LIMITED = re.compile(r"character varying\((\d+)\)")


def made(making: Making) -> Made:
    """Return what makes a table of SQLite."""
    return _Table(making).made()


class _Table:
    def __init__(self, making: Making) -> None:
        self.making = making
        self.facts = making.facts
        self.name = making.name
        self.defined = {c.name: c.definition for c in self.facts.table.columns}
        self.differences: list[Difference] = []

    def made(self) -> Made:
        counter = self._counter()
        lines = [*self._columns(counter), *self._constraints(counter)]
        inside = ",\n  ".join(lines)
        after = list(self._indexes())
        self._generated()
        return Made(
            create=(f"CREATE TABLE {quoted(*self.making.target)} (\n  {inside}\n)",),
            after=tuple(after),
            differences=tuple(self.differences),
            counter=counter,
        )

    def _counter(self) -> str:
        """A key that PostgreSQL numbers is one that SQLite numbers; no other column can be."""
        key = self.making.targets(self.facts.key)
        if not key or len(key) != 1:
            return ""
        plan = self.making.by_name[self.facts.key[0].lower()]
        numbered = plan.logical == "integer" and _is_numbered(self.defined[plan.source])
        return plan.target if numbered else ""

    # --- columns ----------------------------------------------------------------------

    def _columns(self, counter: str) -> Iterator[str]:
        for plan in self.making.columns:
            definition = self.defined[plan.source]
            parts = [quoted(plan.target), plan.target_type]
            if plan.target == counter:
                parts.append("PRIMARY KEY AUTOINCREMENT")
            if definition.get("not_null"):
                parts.append("NOT NULL")
            if plan.target != counter:
                parts += self._default(plan, definition)
            parts += self._limits(plan, definition)
            yield " ".join(parts)

    def _default(self, plan: ColumnPlan, definition: Definition) -> Iterator[str]:
        if _is_numbered(definition):
            self._lost("sequence", plan.source, str(definition.get("default", "identity")))
        elif "default" in definition:
            said = to_sqlite(str(definition["default"]), plan)
            if said is None:
                self._lost("default", plan.source, str(definition["default"]))
            elif said:
                yield f"DEFAULT {said}"

    def _limits(self, plan: ColumnPlan, definition: Definition) -> Iterator[str]:
        """What a type of PostgreSQL refuses, a check refuses."""
        name = quoted(plan.target)
        if labels := self.making.labels.get(str(definition.get("type", ""))):
            yield f"CHECK ({name} IN ({', '.join(map(literal, labels))}))"
        elif plan.logical == "boolean":
            yield f"CHECK ({name} IN (0, 1))"
        elif found := _LIMITED.fullmatch(plan.source_type):
            yield f"CHECK (length({name}) <= {found[1]})"

    def _generated(self) -> None:
        """Values that the target would compute by another rule are no copy."""
        for name, definition in self.defined.items():
            if "generated" in definition:
                self._lost(
                    "generated",
                    name,
                    str(definition["generated"]),
                    "computed columns are not carried over",
                )

    # --- constraints ------------------------------------------------------------------

    def _constraints(self, counter: str) -> Iterator[str]:
        key = self.making.targets(self.facts.key)
        if key and not counter:
            yield f"PRIMARY KEY ({listed(key)})"
        elif self.facts.key and not key:
            self._lost("key", ", ".join(self.facts.key), "primary key", NOT_THERE)
        for one in self.facts.constraints:
            match one.definition["type"]:
                case "unique":
                    yield from self._unique(one)
                case "check":
                    yield from self._check(one)
                case "exclude":
                    self._lost("constraint", "", str(one.definition["text"]))
                case _:
                    pass
        for foreign in self.facts.foreign_keys:
            if text := foreign_key(self.making, foreign):
                yield text
            else:
                where = f"references {foreign.references[-1]}"
                self._lost("foreign key", ", ".join(foreign.columns), where, NOT_THERE)

    def _unique(self, one: SchemaObject) -> Iterator[str]:
        columns = self.making.targets(one.definition["columns"])
        if columns is None or one.definition.get("nulls_not_distinct"):
            self._lost("unique", "", str(one.definition["text"]))
        else:
            yield f"UNIQUE ({listed(columns)})"

    def _check(self, one: SchemaObject) -> Iterator[str]:
        try:
            said = translated(_condition(one), self.making.comparable)
        except Implied:
            return
        except Untranslatable as error:
            self._lost("check", "", str(one.definition["text"]), str(error))
        else:
            yield f"CONSTRAINT {quoted(one.path[-1])} CHECK ({said})"

    # --- indexes ----------------------------------------------------------------------

    def _indexes(self) -> Iterator[str]:
        for index in self.facts.indexes:
            text = str(index.definition["text"])
            try:
                yield self._index(index, text)
            except Untranslatable as error:
                kind = "unique" if index.definition.get("unique") else "index"
                self._lost(kind, index.path[-1], text, str(error))

    def _index(self, index: SchemaObject, text: str) -> str:
        found = parsed(text, "postgresql").find(exp.Index)
        if found is None or " USING btree " not in text or "NULLS NOT DISTINCT" in text:
            raise Untranslatable("SQLite has no index of this kind")
        params = found.args["params"]
        if params.args.get("include"):
            raise Untranslatable("SQLite has no index of this kind")
        columns = [self._index_column(one) for one in params.args.get("columns") or ()]
        where = params.args.get("where")
        only = f" WHERE {self._where(where.this)}" if where is not None else ""
        unique = "UNIQUE " if index.definition.get("unique") else ""
        return (
            f"CREATE {unique}INDEX {quoted(index.path[-1])} ON {quoted(*self.making.target)}"
            f" ({', '.join(columns)}){only}"
        )

    def _where(self, condition: exp.Expr) -> str:
        try:
            return translated(condition, self.making.comparable)
        except Implied:
            raise Untranslatable("its condition says what the type says") from None

    def _index_column(self, one: exp.Expr) -> str:
        descending = isinstance(one, exp.Ordered) and bool(one.args.get("desc"))
        inner = one.this if isinstance(one, exp.Ordered) else one
        plan = self.making.by_name.get(inner.name.lower())
        if not isinstance(inner, exp.Column | exp.Identifier) or plan is None:
            raise Untranslatable("it is over more than columns that are carried over")
        return f"{quoted(plan.target)}{' DESC' if descending else ''}"

    def _lost(self, kind: str, part: str, what: str, why: str = "") -> None:
        of = f"{self.name}.{part}" if part else self.name
        self.differences.append(lost(kind, of, what, why or "nothing there is known to be equal"))


def _condition(check: SchemaObject) -> exp.Expr:
    found = _CHECK.fullmatch(str(check.definition["text"]))
    if not found or found["not_valid"]:
        raise Untranslatable("it does not hold of all rows")
    return parsed(found["condition"], "postgresql")


def _is_numbered(definition: Definition) -> bool:
    return "identity" in definition or str(definition.get("default", "")).startswith("nextval(")
