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
