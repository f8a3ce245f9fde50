"""The kinds of objects that stand for themselves."""

from __future__ import annotations

from journal.postgresql.catalog.collations import COLLATION, CONVERSION
from journal.postgresql.catalog.event_triggers import EVENT_TRIGGER
from journal.postgresql.catalog.foreign import SERVER, WRAPPER
from journal.postgresql.catalog.publications import PUBLICATION
from journal.postgresql.catalog.text_search import TEXT_SEARCH
from journal.postgresql.catalog.whole import Whole

WHOLES: tuple[Whole, ...] = (
    COLLATION,
    CONVERSION,
    *TEXT_SEARCH,
    WRAPPER,
    SERVER,
    PUBLICATION,
    EVENT_TRIGGER,
)

BY_KIND = {one.kind: one for one in WHOLES}
BY_FAMILY = {one.family: one for one in WHOLES}

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
