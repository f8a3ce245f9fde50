"""The kinds of objects that stand for themselves."""

from __future__ import annotations

from journal.postgresql.catalog.collations import COLLATION, CONVERSION
from journal.postgresql.catalog.whole import Whole

WHOLES: tuple[Whole, ...] = (COLLATION, CONVERSION)

BY_KIND = {one.kind: one for one in WHOLES}
BY_FAMILY = {one.family: one for one in WHOLES}

NAMED = "\n".join(f"when '{one.catalog}'::regclass then '{one.family}'" for one in WHOLES)
"""SQL: the branches of CASE classid that name their families."""
