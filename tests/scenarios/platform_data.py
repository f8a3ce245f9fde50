"""The platform of the clean-up, made by counting, and what plain Python makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

USERS, CODES, TRANSACTIONS, LOGGED, LIMITED, CAMPAIGNS = 100, 100, 12, 5000, 60, 40

FIRST_NAME = ("first_name", "firstName", "given_name")
IMAGE = ("image_url", "imageUrl", "picture")

TABLES = """
CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE user_webhooks (id integer PRIMARY KEY, user_id text NOT NULL, payload text NOT NULL);
CREATE TABLE referral_codes (code text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id),
    referred_by text REFERENCES users (id) ON DELETE SET NULL);
CREATE TABLE referral_transaction (id integer PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id), code text NOT NULL REFERENCES referral_codes (code),
    coins integer NOT NULL);
CREATE TABLE request_log (id integer PRIMARY KEY, path text NOT NULL, took real, note text);
CREATE TABLE user_limit (user_id text PRIMARY KEY REFERENCES users (id), per_day integer NOT NULL);
CREATE TABLE daily_login_campaigns (id integer PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id), claimed_days text NOT NULL);
CREATE INDEX request_log_by_path ON request_log (path)"""

Payloads = list[tuple[int, str, dict[str, Any]]]


def user(n: int) -> str:
    """Return the key of a user."""
    return f"user_{n:03}"


def payloads() -> Payloads:
    """Return what the webhooks said: one record a user, for some a second in other spellings."""
    first = [(n, user(n), _payload(n)) for n in range(1, USERS + 1)]
    second = [(200 + n, user(n), _second(n)) for n in range(1, USERS + 1) if n % 20 in {3, 7}]
    return first + second


def _payload(n: int) -> dict[str, Any]:
    name, image = FIRST_NAME[n % 3], IMAGE[n // 3 % 3]
    found: dict[str, Any] = {name: f"Name {n}", image: f"https://x/{n}.png", "locale": "th"}
    if n % 10 == 0:  # two spellings, two values
        found |= {FIRST_NAME[(n + 1) % 3]: f"Nick {n}", IMAGE[(n // 3 + 1) % 3]: f"https://y/{n}"}
    if n % 10 == 5:  # two spellings, one value
        found |= {FIRST_NAME[(n + 1) % 3]: f"Name {n}", IMAGE[(n // 3 + 1) % 3]: found[image]}
    if n % 11 == 0:
        found[FIRST_NAME[(n + 2) % 3]] = None
    if n % 4 == 0:
        found["utm"] = {"campaign": n, "tags": ["ก", "🙂"]}
    return found


def _second(n: int) -> dict[str, Any]:
    """The same again under another spelling, or a later image that differs."""
    image = f"https://x/{n}.png" if n % 20 == 7 else f"https://z/{n}.png"
    return {FIRST_NAME[(n + 1) % 3]: f"Name {n}", IMAGE[(n // 3 + 2) % 3]: image}


def by_user() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each user's payloads in order."""
    found = sorted(payloads(), key=lambda one: (one[1], one[0]))
    for key, group in groupby(found, lambda one: one[1]):
        yield key, [payload for _, _, payload in group]


def said(records: Sequence[dict[str, Any]], spellings: Sequence[str]) -> list[Any]:
    """Return what records say under any spelling, nulls left out."""
    found = [record.get(spelling) for record in records for spelling in spellings]
    return [value for value in found if value is not None]


def claimed(n: int) -> list[int]:
    """Return the days that campaign ``n`` has seen claimed."""
    return [day for day in range(1, 8) if (n + day) % 3]


def campaign_user(n: int) -> str:
    """Campaigns 1 to 40 belong to 30 users."""
    return user(1 + n % 30)


def rows() -> str:
    """Return the rows of all tables as a script."""
    parts = [f"INSERT INTO users VALUES ('{user(n)}', 'u{n}@x.org')" for n in range(1, USERS + 1)]
    parts += [
        f"INSERT INTO user_webhooks VALUES ({n}, '{key}', '{_json(payload)}')"
        for n, key, payload in payloads()
    ]
    for n in range(1, CODES + 1):
        by = f"'{user(n // 2)}'" if n % 5 == 0 else "NULL"
        parts.append(f"INSERT INTO referral_codes VALUES ('Code{n}', '{user(n)}', {by})")
    parts += [
        f"INSERT INTO referral_transaction VALUES ({n}, '{user(n * 8)}', 'Code{n * 5}', {n * 10})"
        for n in range(1, TRANSACTIONS + 1)
    ]
    parts += [f"INSERT INTO request_log VALUES {log}" for log in _logged()]
    parts += [
        f"INSERT INTO user_limit VALUES ('{user(n)}', {n % 9})" for n in range(1, LIMITED + 1)
    ]
    parts += [
        f"INSERT INTO daily_login_campaigns VALUES ({n}, '{campaign_user(n)}', '{claimed(n)}')"
        for n in range(1, CAMPAIGNS + 1)
    ]
    return ";\n".join(parts)


def _logged(page: int = 500) -> Iterator[str]:
    for start in range(1, LOGGED + 1, page):
        some = (f"({n}, '/r/{n % 97}', {n / 7!r}, {_note(n)})" for n in range(start, start + page))
        yield ", ".join(some)


def _note(n: int) -> str:
    return "NULL" if n % 4 else f"'คำขอ {n} 🙂'"


def _json(value: Any) -> str:
    return json.dumps(value).replace("'", "''")
