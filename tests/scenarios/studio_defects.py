"""What is wrong in the studio: each defect by number, and what plain Python expects of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.scenarios.studio import Row, Studio, key
from tests.scenarios.studio_tables import PARENTS

Key = tuple[str, Any]
"""A table and the id of a row."""


class Bad(NamedTuple):
    """A value that does not convert, and the reason that has to be told."""

    table: str
    number: int
    column: str
    value: Any
    reason: str


NOT_UTF8 = b"caf\xe9"
VALUES = (
    Bad("performance_metrics", 11, "day", "", "empty text in a date"),
    Bad("performance_metrics", 12, "day", "   ", "empty text in a date"),
    Bad("performance_metrics", 13, "day", "2024-02-30", "no day of the calendar"),
    Bad("performance_metrics", 14, "day", "01/02/2024", "not a date in ISO 8601"),
    Bad("performance_metrics", 15, "impressions", "abc", "not a whole number"),
    Bad("performance_metrics", 16, "impressions", 2.5, "not a whole number"),
    Bad("performance_metrics", 17, "clicks", "9223372036854775808", "past 2^63"),
    Bad("performance_metrics", 18, "clicks", "-99999999999999999999", "past 2^63"),
    Bad("performance_metrics", 19, "spend", 0.00001, "more than 4 decimals"),
    Bad(
        "performance_metrics", 20, "raw", '{"n": 1, "n": 2}', "a key stands twice in a JSON object"
    ),
    Bad("performance_metrics", 21, "raw", "[1, 2", "not JSON"),
    Bad("performance_metrics", 22, "raw", '{"t": "\\u0000"}', "NUL in a string of JSON"),
    Bad("batch_jobs", 7, "payload", "{'single': 'quotes'}", "not JSON"),
    Bad("batch_jobs", 8, "payload", "", "empty text, which is no JSON"),
    Bad("batch_jobs", 9, "payload", '{"x": NaN}', "NaN or an infinity in JSON"),
    Bad("captions", 700, "text", "half\0a caption", "NUL in text"),
    Bad("captions", 5, "text", "\0", "NUL in text"),
    Bad("captions", 701, "approved", "maybe", "neither true nor false"),
    Bad("caption_variations", 40, "body", NOT_UTF8, "text that is not UTF-8 where text is wanted"),
    Bad("caption_variations", 41, "score", "good", "not a number"),
    Bad("approvals", 30, "decided_at", "last Tuesday", "not a time in ISO 8601"),
    Bad("approvals", 31, "decided_at", "2024-03-01 10:00:00", "no time zone known"),
    Bad("approvals", 32, "decided_at", "2024-03-01", "a day without a time"),
    Bad(
        "export_jobs",
        33,
        "finished_at",
        12345,
        "a number that is no time from 1990 to 2100 in any unit",
    ),
)

ORPHANS = (
    ("captions", 800, "asset_id"),
    ("captions", 801, "asset_id"),
    ("caption_variations", 1700, "caption_id"),  # its caption is 800, an orphan
    ("caption_variations", 50, "caption_id"),
    ("masks", 250, "asset_id"),
    ("performance_metrics", 60, "creative_id"),
    ("performance_metrics", 61, "creative_id"),
    ("batch_jobs", 20, "workspace_id"),
    ("campaigns", 79, "workspace_id"),
)
"""Rows whose parent is nowhere. What refers to them in turn is found by ``lost``."""

DANGLING = {
    "assets.uploaded_by": (100, 101, 102),
    "approvals.reviewer_id": (200, 201),
    "export_jobs.batch_job_id": (3, 4),
}
"""References that no foreign key holds: told of, and copied."""

TENANTS = (
    ("assets", 500, "brand_kit_id", "brand_kits", 501 % 80 % 24),
    ("assets", 501, "brand_kit_id", "brand_kits", 503 % 80 % 24),
    ("ad_creatives", 300, "asset_id", "assets", 301),
    ("ad_creatives", 302, "caption_id", "captions", 304),
    ("workspaces", 24, "owner_id", "users", 1),
)
"""Rows of one agency that refer to rows of another."""


def spoil(rows: Studio) -> Studio:
    """Seed the defects."""
    for bad in VALUES:
        rows[bad.table][bad.number][bad.column] = bad.value
    for table, number, column in ORPHANS:
        if (table, number) != ("caption_variations", 1700):
            rows[table][number][column] = "nowhere"
    for name, numbers in DANGLING.items():
        table, column = name.split(".")
        for number in numbers:
            rows[table][number][column] = "gone"
    for table, number, column, parent, wrong in TENANTS:
        rows[table][number][column] = key(parent, wrong)
    return rows


def rejected(rows: Studio) -> dict[Key, tuple[str, str]]:
    """Return column and reason of each row that holds a bad value."""
    return {
        (bad.table, rows[bad.table][bad.number]["id"]): (bad.column, bad.reason) for bad in VALUES
    }


def lost(rows: Studio) -> set[Key]:
    """Return the rows that cannot be there since their parent is not: orphans, level by level."""
    gone = set(rejected(rows))
    there = {
        table: {row["id"] for row in found if (table, row["id"]) not in gone}
        for table, found in rows.items()
    }
    orphans: set[Key] = set()
    while fresh := {
        (table, row["id"])
        for table, columns in PARENTS.items()
        for row in rows[table]
        if row["id"] in there[table] and _bereft(row, columns, there)
    }:
        orphans |= fresh
        for table, id_ in fresh:
            there[table].discard(id_)
    return orphans


def _bereft(row: Row, columns: dict[str, str], there: dict[str, set[Any]]) -> bool:
    return any(
        row[column] is not None and row[column] not in there[parent]
        for column, parent in columns.items()
    )
