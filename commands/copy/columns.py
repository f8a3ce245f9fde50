"""How each column is read and written: declared, or inferred from types and what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from commands.copy.found import Found
from commands.copy.mapping import HELD_AS, TO_SQLITE, full, logical_of, named, open_type
from commands.copy.plan import ColumnPlan, Difference, Logical, Problem
from commands.copy.spec import Conversion, Form
from journal.values import Column, DatabaseKind, SchemaObject

Kinds = tuple[DatabaseKind, DatabaseKind]
TYPE_OF: dict[Form, str] = {
    "boolean": "boolean",
    "seconds": "timestamp with time zone",
    "milliseconds": "timestamp with time zone",
    "microseconds": "timestamp with time zone",
    "iso": "timestamp with time zone",
    "json": "jsonb",
    "text": "text",
    "integer": "bigint",
    "number": "numeric",
    "bytes": "bytea",
    "uuid": "uuid",
}
"""The type that values of a declared form get where the table is created."""
TIMES = frozenset({"date", "timestamp", "timestamptz"})
_MOMENTS: tuple[Form, ...] = ("seconds", "milliseconds", "microseconds", "iso")
FORMS: dict[Logical, tuple[Form, ...]] = {
    "boolean": ("boolean",),
    "integer": ("integer",),
    "numeric": ("number", "integer"),
    "single": ("number", "integer"),
    "float": ("number", "integer"),
    "text": ("text",),
    "bytes": ("bytes",),
    "date": _MOMENTS,
    "time": ("iso",),
    "timestamp": _MOMENTS,
    "timestamptz": _MOMENTS,
    "uuid": ("uuid",),
    "json": ("json",),
    "jsonb": ("json",),
}
"""The forms that a rule may give to the values of a type."""
_SIZE = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


class Undecided(Exception):
    """No type can be chosen without guessing."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class Choosing:
    """The columns of one table: plans, and what differs."""

    def __init__(
        self,
        table: SchemaObject,
        rules: Mapping[str, Conversion],
        found: Mapping[tuple[str, str], Found],
        kinds: Kinds,
        domains: Mapping[str, str],
    ) -> None:
        self.table = table
        self.name = table.path[-1]
        self.rules = rules
        self.found = found
        self.source, self.target = kinds
        self.domains = domains
        self.differences: list[Difference] = []
        self.problems: list[Problem] = []

    def plans(self, there: SchemaObject | None) -> tuple[ColumnPlan, ...]:
        """Return the plans of all columns that are carried over; ``there`` is the live target."""
        plans = []
        for column in self.table.columns:
            rule = self.rules.get(column.name, Conversion())
            if rule.omit:
                self._differs("column", column, "left behind", "declared")
            elif "generated" not in column.definition:
                try:
                    plan = self._plan(column, rule, there)
                except Undecided as error:
                    self.problems.append(error.problem)
                    continue
                if plan:
                    plans.append(plan)
        return tuple(plans)

    def _plan(
        self, column: Column, rule: Conversion, there: SchemaObject | None
    ) -> ColumnPlan | None:
        declared = self._type(column)
        live = _live(column.name, there.columns) if there else None
        if there and live is None:
            self.problems.append(
                Problem(
                    text=f"the target's table {self.name} has no column {column.name}",
                    hint="Add it, or leave the column behind with omit().",
                )
            )
            return None
        if live is not None and "generated" in live.definition:
            self._differs("column", column, "computed by the target")
            return None
        named_so = self._named_type(column, live, declared, rule)
        target = self._resolved(named_so)
        logical = self._logical(declared, target, rule)
        self._hold_rule(column, rule, logical, target, made=live is None)
        self._tell_type(column, declared, target, logical)
        return ColumnPlan(
            source=column.name,
            target=live.name if live else column.name,
            source_type=declared,
            target_type=named_so,
            logical=logical,
            conversion=rule,
            limits=target if self.target == "postgresql" else "",
            said=self._found_words(column.name),
            never_null=_never_null(column, live, rule),
        )

    def _named_type(
        self, column: Column, live: Column | None, declared: str, rule: Conversion
    ) -> str:
        """Return the type of the target's column by its own name, which may be a domain's."""
        if live:
            return str(live.definition.get("type", ""))
        if self.source == self.target and not rule.type:
            return str(column.definition.get("type", ""))
        return self._chosen(column, declared, rule)

    def _type(self, column: Column) -> str:
        return self._resolved(str(column.definition.get("type", "")))

    def _resolved(self, declared: str) -> str:
        """A domain is what it is made of."""
        while declared in self.domains:
            declared = self.domains[declared]
        return declared

    def _logical(self, declared: str, target: str, rule: Conversion) -> Logical:
        match self.source, self.target:
            case "sqlite", "sqlite" if rule.forms:
                return logical_of(TYPE_OF[rule.forms[0]])
            case "sqlite", "sqlite":
                return "stored"
            case "postgresql", "sqlite":
                return logical_of(declared)
            case "postgresql", "postgresql" if declared == target:
                return "verbatim"
            case _:
                return logical_of(target)

    def _hold_rule(
        self, column: Column, rule: Conversion, logical: Logical, target: str, *, made: bool
    ) -> None:
        """A rule that would say nothing is refused: somebody counts on it."""
        name = f"{self.name}.{column.name}"
        if rule.zone and logical not in TIMES:
            self._refuse(f"{name}: a zone, and no time in {target}", "Say what forms a time has.")
        wrong = [form for form in rule.forms if form not in FORMS.get(logical, ())]
        if wrong:
            self._refuse(
                f"{name}: {target} takes no {wrong[0]}", "Give the target's column another type."
            )
        if rule.type and (self.source == self.target or not made):
            self._refuse(
                f"{name}: the type is that of the target, and cannot be {rule.type}",
                "Leave type= out: it counts only where a table of another kind is made.",
            )

    def _refuse(self, text: str, hint: str) -> None:
        self.problems.append(Problem(text=text, hint=hint))

    # --- types of tables that are made --------------------------------------------------

    def _chosen(self, column: Column, declared: str, rule: Conversion) -> str:
        if rule.type:
            return full(rule.type) if self.target == "postgresql" else rule.type
        if self.target == "sqlite":
            return TO_SQLITE[logical_of(declared)]
        if rule.forms:
            return TYPE_OF[rule.forms[0]]
        return self._by_name(column, declared)

    def _by_name(self, column: Column, declared: str) -> str:
        kind = named(declared)
        found = self.found.get((self.name, column.name), Found())
        match kind:
            case None:
                return self._by_content(column, declared, found)
            case "timestamp with time zone":
                return _time_type(declared, found)
            case "uuid":
                return "uuid" if found.uuids == found.values else "text"
            case "numeric":
                return f"numeric{_sized(declared)}"
            case "text":
                return _text_type(declared, found)
            case _:
                return kind

    def _by_content(self, column: Column, declared: str, found: Found) -> str:
        """A name that says nothing leaves it to what is stored."""
        stored = {
            "bigint": found.integers,
            "double precision": found.reals,
            "text": found.texts,
            "bytea": found.blobs,
        }
        kinds = {kind for kind, values in stored.items() if values}
        if kinds == {"bigint", "double precision"}:
            return "double precision"
        if len(kinds) > 1:
            raise Undecided(
                Problem(
                    text=f"{self.name}.{column.name} ({declared or 'no type'}) holds {found.text}",
                    hint="Say what it is, as with text(), number() or octets().",
                )
            )
        return kinds.pop() if kinds else "text"

    # --- what is said -----------------------------------------------------------------

    def _tell_type(self, column: Column, declared: str, target: str, logical: Logical) -> None:
        if logical == "stored" or declared.lower() == target.lower():
            self._tell_collation(column)
            return
        reason = HELD_AS.get(logical, "") if self.target == "sqlite" else ""
        if self.source == "sqlite":
            reason = f"holds {self._found_words(column.name)}" if open_type(declared) else ""
            if logical == "numeric":
                reason = "reals as the fewest digits that tell them from others"
        self.differences.append(
            Difference(
                kind="type",
                object=f"{self.name}.{column.name}",
                source=declared or "no type",
                target=target,
                reason=reason,
            )
        )
        self._tell_collation(column)

    def _tell_collation(self, column: Column) -> None:
        named = str(column.definition.get("collation", "BINARY"))
        if self.source != self.target and named not in {"BINARY", '"C"', "C"}:
            self.differences.append(
                Difference(
                    kind="collation",
                    object=f"{self.name}.{column.name}",
                    source=named,
                    reason="texts are equal only where their characters are",
                )
            )

    def _found_words(self, name: str) -> str:
        found = self.found.get((self.name, name))
        return hint(found) if found else ""

    def _differs(self, kind: str, column: Column, target: str, reason: str = "") -> None:
        self.differences.append(
            Difference(
                kind=kind,
                object=f"{self.name}.{column.name}",
                source=str(column.definition.get("type", "")) or "no type",
                target=target,
                reason=reason,
            )
        )


def hint(found: Found) -> str:
    """Say what a column holds, and what it looks like."""
    looks = {
        "0 or 1": found.flags,
        "true or false": found.words,
        "days": found.days,
        "times with a zone": found.zoned,
        "times without a zone": found.unzoned,
        "JSON": found.objects,
        "UUIDs": found.uuids,
        "empty": found.empty,
        "perhaps times since 1970": found.epochs,
    }
    said = ", ".join(f"{n:,} {what}" for what, n in looks.items() if n)
    among = "" if found.every else " among the first rows"
    return f"{found.text}{among}{f' ({said})' if said else ''}"


def _live(name: str, columns: Iterable[Column]) -> Column | None:
    named_so = {column.name: column for column in columns}
    if name in named_so:
        return named_so[name]
    folded = [column for column in named_so.values() if column.name.lower() == name.lower()]
    return folded[0] if len(folded) == 1 else None


def _never_null(column: Column, live: Column | None, rule: Conversion) -> bool:
    """Tell whether nulls have to be refused by us, where the source does not rule them out."""
    never = (live or column).definition.get("not_null")
    return bool(never and (rule.null or not column.definition.get("not_null")))


def _time_type(declared: str, found: Found) -> str:
    """A zone that is named somewhere, or a number, makes all of them moments."""
    if found.values and found.days == found.values:
        return "date"
    zoned = "zone" in declared.lower() or declared.lower().endswith("tz")
    if found.unzoned and not (found.zoned or found.epochs or zoned):
        return "timestamp without time zone"
    return "timestamp with time zone"


def _text_type(declared: str, found: Found) -> str:
    size = _SIZE.search(declared)
    limit = int(size[1]) if size else 0
    return f"character varying({limit})" if 0 < limit >= found.longest and found.every else "text"


def _sized(declared: str) -> str:
    size = _SIZE.search(declared)
    if not size:
        return ""
    return f"({size[1]},{size[2] or 0})"
