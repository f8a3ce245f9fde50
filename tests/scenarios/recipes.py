"""The migrations of the page of recipes, and a platform to play them on."""

from __future__ import annotations

import re
from pathlib import Path

from tests.scenarios import platform_data, rekeying_data
from tests.scenarios.platform_data import user

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
_RECIPE = re.compile(r"```python\n# (?P<file>\d{4}_\w+)\.py\n(?P<text>.*?)```", re.DOTALL)
_TABLES = re.compile(r"```sql\n(?P<text>.*?)```", re.DOTALL)

INVITED = [
    (n, user(95 + n), f"u{95 + n}@x.org" if n % 4 else f"other{n}@y.org") for n in range(1, 13)
] + [(13, user(107), "u107@x.org"), (14, user(106), "else@y.org")]  # fmt: skip
"""Invitations of users 96 to 107, of whom 101 and later are not there yet."""
ARRIVED = [(1, user(102), "u102@x.org"), (2, user(103), "real103@z.org"),
           (3, user(106), "u106@x.org"), (4, user(108), "u108@x.org")]  # fmt: skip

AGAIN = """UPDATE referral_transaction SET user_id = 'user_008', code = 'Code5', coins = 10 WHERE id = 11;
UPDATE referral_transaction SET user_id = 'user_016', code = 'Code10', coins = 99 WHERE id = 12"""
"""Of twelve rewards one is given twice, and one twice with another amount."""


def recipes() -> dict[str, str]:
    """Return the migrations of the page by their names, in order."""
    page = PAGE.read_text(encoding="utf-8")
    found = {found["file"]: found["text"] for found in _RECIPE.finditer(page)}
    assert len(found) == page.count("```python"), "a recipe is left out, or stands twice"
    return found


def tables() -> str:
    """Return the tables that the page begins with."""
    found = _TABLES.search(PAGE.read_text(encoding="utf-8"))
    assert found
    return found["text"].strip().rstrip(";")


def script() -> str:
    """Return the tables with all rows."""
    parts = [tables(), platform_data.rows(), AGAIN]
    parts += [
        f"INSERT INTO invitations VALUES ({n}, '{who}', '{email}', 'Code{n}')"
        for n, who, email in INVITED
    ]
    parts += [f"INSERT INTO arrivals VALUES ({n}, '{who}', '{email}')" for n, who, email in ARRIVED]
    for table, rows in (
        ("logins", rekeying_data.logins()),
        ("pending_referrals", rekeying_data.pending()),
    ):
        parts += [
            f"INSERT INTO {table} VALUES ({n}, '{browser}', '{what}')"
            for n, (browser, what) in enumerate(rows, start=1)
        ]
    return ";\n".join(parts)


def users_then(*, real: bool) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Return users after the invitations, and by user the e-mails of each conflict.

    ``real`` tells that an application wrote user 107 meanwhile.
    """
    emails = {user(n): f"u{n}@x.org" for n in range(1, platform_data.USERS + 1)}
    emails |= {user(107): "own107@x.org"} if real else {}
    conflicts: dict[str, list[list[str]]] = {}
    for _, who, email in INVITED:
        there = emails.setdefault(who, email)
        if there != email:
            conflicts.setdefault(who, []).append([there, email])
    return emails, conflicts


def rewards() -> dict[tuple[str, str], int | None]:
    """Return the rewards that must be: nothing where two amounts were given."""
    found: dict[tuple[str, str], int | None] = {
        (user(n * 8), f"Code{n * 5}"): n * 10 for n in range(1, 11)
    }
    return found | {(user(16), "Code10"): None}
