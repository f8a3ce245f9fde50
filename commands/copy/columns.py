"""How each column is read and written: declared, or inferred from types and what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.copy.chosen_types import FORMS, TIMES, TYPE_OF, Undecided, chosen
from commands.copy.found import Found
from commands.copy.mapping import HELD_AS, logical_of, open_type
from commands.copy.plan import ColumnPlan, Difference, Logical, Problem
from commands.copy.spec import Conversion
from journal.values import Column, DatabaseKind, SchemaObject

Kinds = tuple[DatabaseKind, DatabaseKind]


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
        if not rule.forms and live is None:
            self._tell_looks(column, target)
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
        found = self.found.get((self.name, column.name), Found())
        return chosen(f"{self.name}.{column.name}", declared, rule, found, self.target)

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
        return found.looks if found else ""

    def _tell_looks(self, column: Column, target: str) -> None:
        """Text and numbers that look like something else stay what they are, and are told of."""
        found = self.found.get((self.name, column.name))
        if not found or target not in {"text", "bigint"} or self.target != "postgresql":
            return
        for rule, values in found.resembles.items():
            if 0 < found.values == values:
                self.differences.append(
                    Difference(
                        kind="content",
                        object=f"{self.name}.{column.name}",
                        source=str(column.definition.get("type", "")) or "no type",
                        target=target,
                        reason=f"holds {found.looks}: say {rule} if that is what it is",
                    )
                )

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
