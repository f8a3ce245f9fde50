"""From two schemas and a declaration to the plan of a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.copy.found import Found
from commands.copy.plan import CopyPlan
from commands.copy.spec import Copy
from journal.values import DatabaseKind, SchemaObject


def plan(
    spec: Copy,
    source: Iterable[SchemaObject],
    target: Iterable[SchemaObject],
    *,
    kinds: tuple[DatabaseKind, DatabaseKind],
    found: Mapping[tuple[str, str], Found] | None = None,
    into: str = "public",
) -> CopyPlan:
    """Plan a copy between databases of these kinds, source first.

    ``found`` tells, by table and column, what stands in the source (``found.look``); without it
    only declared types count. ``into`` is the schema of PostgreSQL that tables are made in.

    Raises:
        NotFound: a table that is named is not there.
    """
    raise NotImplementedError
