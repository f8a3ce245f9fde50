"""The kinds of objects that stand for themselves."""

from __future__ import annotations

from journal.postgresql.catalog.aggregates import AGGREGATE
from journal.postgresql.catalog.base_types import BASE_TYPE, SHELL_TYPE
from journal.postgresql.catalog.casts import CAST, TRANSFORM
from journal.postgresql.catalog.collations import COLLATION, CONVERSION
from journal.postgresql.catalog.languages import LANGUAGE, METHOD
from journal.postgresql.catalog.opclasses import CLASS, FAMILY
from journal.postgresql.catalog.operators import OPERATOR
from journal.postgresql.catalog.whole import Whole

WHOLES: tuple[Whole, ...] = (
    COLLATION,
    CONVERSION,
    SHELL_TYPE,
    BASE_TYPE,
    LANGUAGE,
    METHOD,
    AGGREGATE,
    OPERATOR,
    FAMILY,
    CLASS,
    CAST,
    TRANSFORM,
)

BY_KIND = {one.kind: one for one in WHOLES}
BY_FAMILY = {one.family: one for one in WHOLES if not one.shares}
"""Those that are all that stands in their catalog."""
