"""Expressions of one database in the words of the other, where both mean the very same.

Only what is known to be equal on both is translated: comparisons of numbers with numbers,
equality of texts, lists, lengths, and what joins them. Everything else is told apart.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from commands.copy.plan import ColumnPlan
from commands.quoting import literal, quoted
from journal.values import DatabaseKind

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot read, we state
_OPTIONS = re.compile(r"\)(\s*,?\s*(WITHOUT\s+ROWID|STRICT))+\s*$", re.IGNORECASE)
"""What stands behind the columns of a table, and is no matter of its checks."""
Columns = Mapping[str, ColumnPlan]
_NUMBERS = frozenset({"integer", "float", "single"})
_DIALECT = {"sqlite": "sqlite", "postgresql": "postgres"}
_ORDER: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_EQUAL: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>"}
_REACH: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


class Untranslatable(Exception):
    """No expression of the other database is known to mean the same."""


class Implied(Exception):
    """The type of the target column says the same already."""


def parsed(sql: str, kind: DatabaseKind) -> exp.Expr:
    """Return an expression or a statement taken apart. Raises ``Untranslatable``."""
    if kind == "sqlite":
        sql = _OPTIONS.sub(")", sql)
    try:
        found = parse_one(sql, read=_DIALECT[kind])
    except (SqlglotError, RecursionError):
        raise Untranslatable("it cannot be read") from None
    if isinstance(found, exp.Command):
        raise Untranslatable("it cannot be read")
    assert isinstance(found, exp.Expr)
    return found


def translated(node: exp.Expr, columns: Columns) -> str:
    """Return a condition over columns of the target; ``columns`` are by name in lower case.

    Raises:
        Untranslatable: it may mean something else there.
        Implied: it says what a type of the target says.
    """
    return _Translation(columns).condition(node)


class _Translation:
    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def condition(self, node: exp.Expr) -> str:
        """Return what is true or false."""
        match node:
            case exp.Paren():
                return f"({self.condition(node.this)})"
            case exp.And():
                return f"{self.condition(node.left)} AND {self.condition(node.right)}"
            case exp.Or():
                return f"{self.condition(node.left)} OR {self.condition(node.right)}"
            case exp.Not():
                return f"NOT {self._grouped(node.this)}"
            case exp.Is() if isinstance(node.expression, exp.Null):
                return f"{self._column(node.this)} IS NULL"
            case exp.In() if node.expressions:
                return self._listed(node.this, node.expressions)
            case exp.Between():
                ends = (node.args["low"], node.args["high"])
                low, high = (self._number(one) for one in ends)
                return f"{self._number(node.this)} BETWEEN {low} AND {high}"
            case exp.Binary():
                return self._compared(node)
            case exp.Anonymous() | exp.Func():
                return self._function(node)
            case _:
                raise Untranslatable(f"{node.key} is not known to mean the same")

    def _grouped(self, node: exp.Expr) -> str:
        found = self.condition(node)
        return found if isinstance(node, exp.Paren) else f"({found})"

    def _compared(self, node: exp.Binary) -> str:
        sign = _ORDER.get(type(node)) or _EQUAL.get(type(node))
        if sign is None:
            raise Untranslatable(f"{node.key} is not known to mean the same")
        if isinstance(node.right, exp.Any):
            inner = node.right.this.unnest()
            if isinstance(node, exp.EQ) and isinstance(inner, exp.Array):
                return self._listed(node.left, inner.expressions)
        if type(node) in _EQUAL:
            kind = self._class(node.left)
            if kind == "text":
                return f"{self._text(node.left)} {sign} {self._text(node.right)}"
        return f"{self._number(node.left)} {sign} {self._number(node.right)}"

    def _listed(self, one: exp.Expr, many: list[exp.Expr]) -> str:
        plan = self._plan(one)
        if plan and plan.logical == "boolean" and {_digits(each) for each in many} <= {"0", "1"}:
            raise Implied
        say: Callable[[exp.Expr], str]
        say = self._text if self._class(one) == "text" else self._number
        return f"{say(one)} IN ({', '.join(say(each) for each in many)})"

    def _function(self, node: exp.Expr) -> str:
        name = node.name.lower() if isinstance(node, exp.Anonymous) else node.key
        inner = node.expressions[0] if node.expressions else None
        plan = self._plan(inner) if inner is not None else None
        if name == "json_valid" and plan and plan.logical in {"json", "jsonb"}:
            raise Implied
        raise Untranslatable(f"{name}() is not known to mean the same")

    # --- operands ---------------------------------------------------------------------

    def _class(self, node: exp.Expr) -> str:
        node = _bare(node)
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "number"
        plan = self._plan(node)
        if plan is None:
            return "number"
        if plan.logical == "text":
            return "text"
        return "number" if plan.logical in _NUMBERS or _is_number(plan) else plan.logical

    def _number(self, node: exp.Expr) -> str:
        node = _bare(node)
        sign = _REACH.get(type(node))
        match node:
            case exp.Literal() if not node.is_string:
                return str(node.this)
            case exp.Neg():
                return f"-{self._number(node.this)}"
            case exp.Paren():
                return f"({self._number(node.this)})"
            case exp.Length():
                return f"length({self._text(node.this)})"
            case exp.Binary() if sign:
                return f"{self._number(node.left)} {sign} {self._number(node.right)}"
            case exp.Column() if self._class(node) == "number":
                return self._column(node)
            case _:
                raise Untranslatable("it compares what is no number on both sides")

    def _text(self, node: exp.Expr) -> str:
        node = _bare(node)
        match node:
            case exp.Literal() if node.is_string:
                return literal(str(node.this))
            case exp.Column() if self._class(node) == "text":
                return self._column(node)
            case _:
                raise Untranslatable("it compares what is no text on both sides")

    def _column(self, node: exp.Expr) -> str:
        plan = self._plan(node)
        if plan is None:
            raise Untranslatable("it asks about more than a column")
        return quoted(plan.target)

    def _plan(self, node: exp.Expr | None) -> ColumnPlan | None:
        node = _bare(node) if node is not None else None
        if not isinstance(node, exp.Column):
            return None
        if node.name.lower() not in self.columns:
            raise Untranslatable(f"it asks about {node.name}, which the target holds otherwise")
        return self.columns[node.name.lower()]


def _bare(node: exp.Expr) -> exp.Expr:
    """PostgreSQL says the type of each text: 'a'::text."""
    while isinstance(node, exp.Cast) and node.to.is_type("text", "varchar"):
        inner = node.this
        if not isinstance(inner, exp.Literal | exp.Column | exp.Cast | exp.Paren):
            break
        node = inner.unnest()
    return node


def _is_number(plan: ColumnPlan) -> bool:
    """SQLite keeps a numeric as text unless the column prefers numbers."""
    return plan.logical == "numeric" and plan.target_type.upper() != "TEXT"


def _digits(node: exp.Expr) -> str:
    return str(node.this) if isinstance(node, exp.Literal) and not node.is_string else ""
