"""Whether two stored values are one: by type and digits, as images tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from journal.erased import Erased
from projections.tables import Tables

NAMING = ("regclass", "regproc", "regprocedure", "regtype", "regnamespace", "regoper",
          "regoperator", "regcollation", "regconfig", "regdictionary")  # fmt: skip
"""Types of PostgreSQL's whose text is the name of an object."""


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are stored alike: 1 is not 1.0, and -0.0 is not 0.0.

    Of a value that was erased nobody can tell that another one differs, unless both were erased
    at once.
    """
    if isinstance(one, Erased) or isinstance(other, Erased):
        return getattr(one, "position", 0) != getattr(other, "position", 0) or one == other
    if type(one) is not type(other):
        return False
    return repr(one) == repr(other) if isinstance(one, float) else bool(one == other)


def differing(before: Mapping[int, Any], after: Mapping[int, Any]) -> tuple[int, ...]:
    """Return the columns of both in which two rows differ."""
    return tuple(c for c in before if c in after and not same(before[c], after[c]))


def alike(before: Mapping[int, Any], after: Mapping[int, Any], columns: Iterable[int]) -> bool:
    """Tell whether two rows agree in columns, which both have."""
    return all(c in before and c in after and same(before[c], after[c]) for c in columns)


def renamed_text(tables: Tables, kind: str, value: Any, *, after: int, last: int) -> Any:
    """Return the text that a value has after the labels of its type were renamed.

    ``...`` where that cannot be told, because it names an object, and objects were renamed.
    """
    bare = kind.removesuffix("[]").rsplit(".", 1)[-1].strip('"')
    for one in tables.relabels:
        if (
            after < one.position <= last
            and one.type[-1] == bare
            and kind == kind.removesuffix("[]")
        ):
            value = one.labels.get(value, value)
        elif after < one.position <= last and one.type[-1] == bare:
            return ...
    if bare in NAMING and any(after < position <= last for position in tables.renamed):
        return ...
    return value
