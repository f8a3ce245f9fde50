"""Which columns of a SELECT are made of some others, as far as its text tells."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


def made_of(sql: str, hidden: AbstractSet[str]) -> set[str] | None:
    """Return the names of the columns of a SELECT that are made of hidden ones, in lower case.

    ``None`` where that cannot be told: it is no plain SELECT, it reads from another that names
    a hidden column, or makes one value of a whole row.
    """
    try:
        select = sqlglot.parse_one(sql)
    except SqlglotError:
        return None
    if not isinstance(select, exp.Select) or select.find(exp.With):
        return None
    sources = [part.this for part in select.find_all(exp.From, exp.Join, exp.Lateral)]
    if any(_names(source, hidden) for source in sources):
        return None
    rows = {source.alias_or_name.lower() for source in sources}
    if any(one.name.lower() in rows for one in select.find_all(exp.Column) if not one.table):
        return None
    made = [one for one in select.expressions if _names(one, hidden)]
    if any(not one.alias and not isinstance(one, exp.Column) for one in made):
        return None  # the database gives it a name of its own
    return {one.alias_or_name.lower() for one in made}


def _names(part: exp.Expression, hidden: AbstractSet[str]) -> bool:
    return any(one.name.lower() in hidden for one in part.find_all(exp.Identifier))
