"""Values as PostgreSQL writes them: neutral already, unless the target has another type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commands.copy import json_values
from commands.copy.converting import converter
from commands.copy.holding import holding
from commands.copy.mapping import logical_of
from commands.copy.plan import ColumnPlan

One = Callable[[Any], Any]


def parser(column: ColumnPlan, *, target: bool = False) -> One | None:
    """Return what holds a value against the target's type; ``None`` where it is neutral."""
    if target:
        return None
    came = logical_of(column.source_type)
    if column.logical in {came, "verbatim"}:
        differs = column.limits not in {"", column.source_type}
        fits = holding(column.logical, column.limits) if differs else None
        if column.logical == "jsonb":  # what is too deep for us cannot be compared
            fits = json_values.checked
        return _nulls(column, fits) if column.conversion.null else fits
    convert = converter(column)
    read = _PLAIN.get(came, str)
    return lambda text: convert(read(text))


def _nulls(column: ColumnPlan, fits: One | None) -> One:
    """A rule says 0, or true; PostgreSQL writes it as text."""
    null = column.conversion.null
    nulls = frozenset(str(one).lower() if isinstance(one, bool) else str(one) for one in null)

    def nullify(text: Any) -> Any:
        if text in nulls:
            return None
        return fits(text) if fits else text

    return nullify


_PLAIN: dict[str, One] = {
    "integer": int,
    "float": float,
    "single": float,
    "bytes": lambda text: bytes.fromhex(text[2:]),
}
