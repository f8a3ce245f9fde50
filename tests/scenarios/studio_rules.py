"""What somebody declares before the studio moves, and the migration that follows."""

from __future__ import annotations

RULES = """
from commands.copy import Copy, isolated, refers, times

copy = Copy(
    columns={
        "users.last_seen": times("milliseconds"),
        "assets.created_at": times("iso", zone="UTC"),
    },
    references=(
        refers("assets", "uploaded_by", "users"),
        refers("approvals", "reviewer_id", "users"),
    ),
    isolation=(isolated("agency", root="agencies"),),
)
"""

WRAPPED = {
    "postgresql": "jsonb_build_object('offered', brief::jsonb)",
    "sqlite": "json_object('offered', json(brief))",
}
"""JSON in text as a field, so that two of one meaning are no conflict."""

FOLD = """
from commands.transform import Check, Migration, Rows, Select, Transform, first, key

migration = Migration(
    steps=(
        Transform(
            name="brief into brief_data",
            source=Select(
                sql="SELECT id, WRAPPED AS folded FROM campaigns WHERE brief IS NOT NULL",
                order="id",
                unpack=("folded",),
            ),
            subject="id",
            record=("id",),
            into=(
                Rows(
                    table="campaigns",
                    match=("id",),
                    columns={"id": key("id"), "brief_data": first("offered")},
                ),
            ),
        ),
        Check(
            name="no brief is left out",
            sql="SELECT 1 FROM campaigns WHERE brief IS NOT NULL AND brief_data IS NULL",
        ),
    ),
)
"""
