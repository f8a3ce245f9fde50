"""The kinds of objects that stand for themselves."""

from __future__ import annotations

from journal.postgresql.catalog.aggregates import AGGREGATE
from journal.postgresql.catalog.base_types import BASE_TYPE, SHELL_TYPE
from journal.postgresql.catalog.casts import CAST, TRANSFORM
from journal.postgresql.catalog.collations import COLLATION, CONVERSION
from journal.postgresql.catalog.event_triggers import EVENT_TRIGGER
from journal.postgresql.catalog.foreign import SERVER, WRAPPER
from journal.postgresql.catalog.languages import LANGUAGE, METHOD
from journal.postgresql.catalog.opclasses import CLASS, FAMILY
from journal.postgresql.catalog.operators import OPERATOR
from journal.postgresql.catalog.publications import PUBLICATION
from journal.postgresql.catalog.text_search import TEXT_SEARCH
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
    *TEXT_SEARCH,
    WRAPPER,
    SERVER,
    PUBLICATION,
    EVENT_TRIGGER,
)

BY_KIND = {one.kind: one for one in WHOLES}
BY_FAMILY = {one.family: one for one in WHOLES if not one.shares}
"""Those that are all that stands in their catalog."""

NAMED = "\n".join(
    f"when '{catalog}'::regclass then '{one.family}'"
    for one in WHOLES
    for catalog in (one.catalog, *one.members)
)
"""SQL: the branches of CASE classid that name their families, those of members too."""


def held(oid: str) -> str:
    """SQL: the branches of CASE classid that give the whole that a member with an oid is of."""
    return "\n".join(
        f"when '{catalog}'::regclass then"
        f" (select k.{column} from pg_catalog.{catalog} k where k.oid = {oid})"
        for one in WHOLES
        for catalog, column in one.held
    )
