"""The application of the demonstration: its tables, filled, always the same."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

USERS = 120

TABLES = """
create table users (
    id integer primary key,
    email text not null unique,
    display_name text not null,
    referral text
);
create table context_profiles (
    id integer primary key,
    user_id integer not null references users (id) on delete cascade,
    context text not null check (
        context in ('romantic', 'friendship', 'professional', 'creative', 'service')),
    unique (user_id, context)
);
create table profiles (
    id integer primary key,
    context_profile_id integer not null unique references context_profiles (id) on delete cascade,
    data text not null
);
create index context_profiles_by_user on context_profiles (user_id);
"""

NAMES = ("Ada", "Bela", "Çağla", "Dana", "Emeka", "Fatima", "Goran", "Hana", "Íris", "Jun")
PLACES = ("Berlin", "Lagos", "Lima", "Oslo", "Pune", "São Paulo", None)
VALUES = ("honesty", "curiosity", "family", "craft", "calm", "justice", "play")
INTENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "romantic": {
        "relationship_timeline": ("slow", "this year", "open"),
        "family_intentions": ("yes", "no", "undecided"),
    },
    "friendship": {
        "friendship_depth": ("close", "casual"),
        "group_activity_preference": ("small", "large"),
    },
    "professional": {
        "partnership_type": ("co-founder", "advisor"),
        "commitment_horizon": ("1 year", "5 years"),
    },
    "creative": {"creative_type": ("music", "film"), "process_style": ("planned", "wild")},
    "service": {"service_type": ("design", "legal"), "budget_range": ("low", "high")},
}


def create(file: Path) -> None:
    """Make the database as the application left it."""
    chance = random.Random(3)  # noqa: S311 - a story, and always the same one
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(TABLES)
        users = [_user(number, chance) for number in range(1, USERS + 1)]
        connection.executemany("insert into users values (?, ?, ?, ?)", users)
        for number, (user, context, data) in enumerate(_profiles(chance), start=1):
            connection.execute(
                "insert into context_profiles values (?, ?, ?)", (number, user, context)
            )
            connection.execute(
                "insert into profiles values (?, ?, ?)",
                (number, number, json.dumps(data, ensure_ascii=False)),
            )


def _user(number: int, chance: random.Random) -> tuple[int, str, str, str | None]:
    name = chance.choice(NAMES)
    letters = (name.lower() if chance.random() < 0.5 else name) + str(number)
    referral = f"REF-{chance.randrange(10**6):06}" if number % 3 else None
    return number, f"{letters}@Example.org", f"{name} {number}", referral


def _profiles(chance: random.Random) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for user in range(1, USERS + 1):
        person = {
            "location": chance.choice(PLACES),
            "age_range": chance.choice(("18-25", "26-35", "36-50", None)),
            "lifestyle": {"pace": chance.choice(("fast", "slow"))},
        }
        for context in sorted(chance.sample(sorted(INTENTS), chance.randrange(4))):
            moved = {"location": chance.choice(PLACES)} if chance.random() < 0.07 else {}
            yield user, context, _data(context, person | moved, chance)


def _data(context: str, person: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    data = person | {"core_values": chance.sample(VALUES, chance.randrange(4))}
    data |= {field: chance.choice(choices) for field, choices in INTENTS[context].items()}
    if context == "romantic" and chance.random() < 0.3:
        data |= {"preferences": {"height": "any"}, "dealbreakers": ["smoking"]}
    return {field: value for field, value in data.items() if value is not None}
