"""An ad-creative studio on SQLite, made by counting; its defects are known by number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.scenarios.studio_tables import COUNTS, TABLES

Row = dict[str, Any]
Studio = dict[str, list[Row]]
_BEGAN = datetime(2024, 1, 1, 8, 30, tzinfo=UTC)
_BANGKOK = timezone(timedelta(hours=7))
TRUTHS = (0, 1, "true", "FALSE", "t", "No")
"""Ways to say true or false."""


def key(table: str, n: int) -> str:
    """Return the text id of a row."""
    return f"{table.removesuffix('s').replace('agencie', 'agency')}_{n:04}"


def moment(n: int) -> datetime:
    """Return when something happened; every third one has microseconds."""
    return _BEGAN + timedelta(minutes=37 * n, microseconds=n * 1003 % 1_000_000 * (n % 3 == 0))


def mixed_time(n: int) -> Any:
    """Return a time in one of five forms."""
    found = moment(n)
    return (
        int(found.timestamp() * 1000),
        found.isoformat().replace("+00:00", "Z"),
        found.astimezone(_BANGKOK).isoformat(sep=" "),
        int(found.timestamp()),
        None,
    )[n % 5]


def stored_moment(n: int) -> datetime | None:
    """Return the moment that ``mixed_time`` tells, as far as its form can."""
    found = moment(n)
    match n % 5:
        case 0:
            return found.replace(microsecond=int(found.timestamp() * 1000) % 1000 * 1000)
        case 3:
            return found.replace(microsecond=0)
        case 4:
            return None
        case _:
            return found


def studio() -> Studio:
    """Return the rows of a studio in which everything is right."""
    return {table: list(_rows(table)) for table in COUNTS}


def _rows(table: str) -> Iterator[Row]:
    make = _MAKERS[table]
    for n in range(COUNTS[table]):
        row = make(n)
        yield {
            "id": n + 1 if table in ("approvals", "performance_metrics") else key(table, n)
        } | row


def _truth(n: int) -> Any:
    return TRUTHS[n % len(TRUTHS)]


def _json(value: Any) -> str:
    """Half of it is escaped, half is not."""
    return json.dumps(value, ensure_ascii=len(str(value)) % 2 == 1)


def _campaign(n: int) -> Row:
    kit = n % 24
    brief = {"goal": f"sell {n}", "tone": "warm"}
    later = {"goal": f"sell more of {n}", "tone": "loud"}
    return {
        "workspace_id": key("workspaces", kit),
        "brand_kit_id": key("brand_kits", kit),
        "name": f"Campaign {n} ✨",
        "status": ("draft", "live", "done")[n % 3],
        "brief": _json(brief) if n < 30 or 50 <= n < 55 else None,
        "brief_data": _json(later) if 18 <= n < 50 else _json(brief) if 50 <= n < 55 else None,
        "starts_on": f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "budget": (n * 125, n * 10.25)[n % 2],
        "created_at": mixed_time(n),
    }


_MAKERS: dict[str, Any] = {
    "agencies": lambda n: {
        "name": f"Agency {n}",
        "slug": f"agency-{n}",
        "is_active": _truth(n),
        "settings": _json({"seats": n, "plan": "ทีม"}),
        "created_at": mixed_time(n),
    },
    "users": lambda n: {
        "agency_id": key("agencies", n % 5),
        "email": f"user{n}@example.com",
        "is_admin": _truth(n),
        "last_seen": int(moment(n).timestamp() * 1000),
        "created_at": mixed_time(n + 1),
    },
    "workspaces": lambda n: {
        "agency_id": key("agencies", n % 5),
        "name": f"Workspace {n}",
        "owner_id": key("users", n % 20),
        "archived": _truth(n + 2),
    },
    "brand_kits": lambda n: {
        "workspace_id": key("workspaces", n),
        "name": f"Kit {n}",
        "colors": _json([f"#{n:06x}", {"accent": n * 1.5}]),
        "logo": bytes(range(n, n + 32)),
        "hero_asset_id": key("assets", n),
        "created_at": mixed_time(n + 2),
    },
    "campaigns": _campaign,
    "assets": lambda n: {
        "campaign_id": key("campaigns", n % 80),
        "brand_kit_id": key("brand_kits", n % 80 % 24),
        "filename": f"asset {n}.png",
        "size_bytes": n * 10_000_000_019,
        "uploaded_by": key("users", n % 80 % 24 % 5),
        "is_public": _truth(n + 1),
        "created_at": moment(n).replace(tzinfo=None).isoformat(sep=" "),
    },
    "captions": lambda n: {
        "asset_id": key("assets", n % 600),
        "text": f"Caption {n} — ข้อความ 🙂",
        "language": "th" if n % 2 else "en",
        "approved": None if n % 7 == 0 else _truth(n),
        "created_at": mixed_time(n),
    },
    "caption_variations": lambda n: {
        "caption_id": key("captions", n % 900),
        "body": f"Variation {n}\twith\\odd\ncharacters",
        "score": n / 7,
        "rank": n % 10,
    },
    "masks": lambda n: {
        "asset_id": key("assets", n),
        "polygon": _json([[n, 0.1], [n + 1, 2e2], [0, 0]]),
        "area": n * 0.1,
    },
    "ad_creatives": lambda n: {
        "campaign_id": key("campaigns", n % 80),
        "asset_id": key("assets", n),
        "caption_id": key("captions", n),
        "headline": f"Headline {n}",
        "spec": _json({"w": n, "h": {"px": n * 2, "deep": [None, True, "\u00e9"]}}),
    },
    "approvals": lambda n: {
        "creative_id": key("ad_creatives", n % 400),
        "reviewer_id": key("users", n % 400 % 80 % 24 % 5),
        "decision": ("yes", "no", "later", None)[n % 4],
        "decided_at": mixed_time(n),
    },
    "batch_jobs": lambda n: {
        "workspace_id": key("workspaces", n % 25),
        "state": "done",
        "payload": _json({"n": n, "items": list(range(n % 5))}),
        "started_at": mixed_time(n),
        "retries": n % 3,
    },
    "export_jobs": lambda n: {
        "campaign_id": key("campaigns", n),
        "batch_job_id": key("batch_jobs", n % 24),
        "url": f"https://cdn.example/{n}",
        "finished_at": mixed_time(n),
    },
    "performance_metrics": lambda n: {
        "creative_id": key("ad_creatives", n % 400),
        "day": f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "impressions": n * 17,
        "clicks": n % 50,
        "spend": (n * 3, n * 0.0625)[n % 2],
        "raw": _json({"n": n}) if n % 9 else None,
    },
}


def write(path: Path, rows: Studio) -> None:
    """Make the file, as an application did that did not check foreign keys."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(TABLES)
        for table, found in rows.items():
            columns = ", ".join(found[0])
            holders = ", ".join(f":{name}" for name in found[0])
            db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holders})", found)
        db.execute(  # what is no UTF-8 can only be given as bytes
            "UPDATE caption_variations SET body = CAST(body AS TEXT) WHERE typeof(body) = 'blob'"
        )
        db.commit()
