"""The tables of people before and after, their rows, and the migration that moves them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg

from tests.scenarios.expected import SHARED
from tests.scenarios.people import INTENTS, People
from tests.support.oracle import sqlite_path

OLD = (
    "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL)",
    "CREATE TABLE context_profiles (id integer PRIMARY KEY, user_id integer NOT NULL{users},"
    " context text NOT NULL, UNIQUE (user_id, context))",
    "CREATE TABLE profiles (id integer PRIMARY KEY, context_profile_id integer NOT NULL{contexts},"
    " data text)",
)
LINKS = (
    "ALTER TABLE context_profiles ADD FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID",
    "ALTER TABLE profiles ADD FOREIGN KEY (context_profile_id) REFERENCES context_profiles (id)"
    " NOT VALID",
)
FIELDS = tuple(name for names in INTENTS.values() for name in names)
TABLES = f"""
CREATE TABLE profile_new (
    user_id integer PRIMARY KEY REFERENCES users (id),
    {", ".join(f"{name} text" for name in SHARED)},
    completeness integer NOT NULL CHECK (completeness BETWEEN 0 AND 100), missing text NOT NULL
);
CREATE TABLE context_intent (
    id text PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), context text NOT NULL,
    {", ".join(f"{name} {'json' if name == 'complementary_skills' else 'text'}" for name in FIELDS)},
    UNIQUE (user_id, context)
);
"""

MIGRATION = f'''
from commands.transform import (
    Check, Migration, Rows, Select, Transform, derive, first, generated, key, merge_lists,
    merge_objects, where,
)

WANTED = {SHARED!r}
INTENTS = {INTENTS!r}


def missing(row):
    return [name for name in WANTED if not row[name]]


def completeness(row):
    return 100 * (len(WANTED) - len(missing(row))) // len(WANTED)


migration = Migration(
    steps=(
        Transform(
            name="one profile per person",
            source=Select(
                sql="""SELECT coalesce(u.id, c.user_id) AS user_id, c.id AS context_id, c.context,
                              p.id AS profile_id, p.data
                       FROM users u FULL JOIN context_profiles c ON c.user_id = u.id
                       FULL JOIN profiles p ON p.context_profile_id = c.id""",
                order="context_id, profile_id",
                unpack=("data",),
            ),
            subject="user_id",
            record=("context_id", "profile_id"),
            into=(
                Rows(
                    table="profile_new",
                    match=("user_id",),
                    missing="insert",
                    columns={{
                        "user_id": key("user_id"),
                        "core_values": merge_lists("core_values"),
                        "constraints": merge_lists("constraints"),
                        "beliefs": merge_objects("beliefs"),
                        "interaction_style": merge_objects("interaction_style"),
                        "lifestyle": merge_objects("lifestyle"),
                        "location": first("location"),
                        "age_range": first("age_range"),
                        "name": first("name"),
                        "completeness": derive(completeness),
                        "missing": derive(missing),
                    }},
                ),
                Rows(
                    table="context_intent",
                    per=("context",),
                    match=("user_id", "context"),
                    missing="insert",
                    columns={{
                        "id": generated("context_intent"),
                        "user_id": key("user_id"),
                        "context": key("context"),
                        **{{
                            name: first(name, when=where("context", context))
                            for context, names in INTENTS.items()
                            for name in names
                        }},
                    }},
                ),
            ),
        ),
        Check(name="few are left behind", at_least=90,
              sql="""SELECT 100.0 * (SELECT count(*) FROM profile_new) / count(*) FROM users"""),
        Check(name="nobody twice", equals=0,
              sql="SELECT count(*) - count(DISTINCT user_id) FROM profile_new"),
        Check(name="no context twice",
              sql="""SELECT 1 FROM context_intent GROUP BY user_id, context HAVING count(*) > 1"""),
        Check(name="no profile of nobody", sql="""SELECT 1 FROM profile_new n
              LEFT JOIN users u ON u.id = n.user_id WHERE u.id IS NULL"""),
        Check(name="no intent without a profile", sql="""SELECT 1 FROM context_intent i
              LEFT JOIN profile_new n ON n.user_id = i.user_id WHERE n.user_id IS NULL"""),
        Check(name="all intents", sql="""SELECT 1 FROM profile_new n
              JOIN context_profiles c ON c.user_id = n.user_id LEFT JOIN context_intent i
              ON i.user_id = c.user_id AND i.context = c.context WHERE i.id IS NULL"""),
        Check(name="no intent too many", sql="""SELECT 1 FROM context_intent i
              LEFT JOIN context_profiles c ON c.user_id = i.user_id AND c.context = i.context
              WHERE c.id IS NULL"""),
        Check(name="least complete", at_least=0, sql="SELECT min(completeness) FROM profile_new"),
        Check(name="most complete", at_most=100, sql="SELECT max(completeness) FROM profile_new"),
        Check(name="everybody has one", warns=True, sql="""SELECT 1 FROM users u
              LEFT JOIN profile_new n ON n.user_id = u.id WHERE n.user_id IS NULL"""),
    ),
)
'''


def load(url: str, everybody: People) -> None:
    """Fill the old tables; rows whose parents are missing go in unchecked."""
    tables = {
        "users": [(n, f"u{n}@example.org") for n in everybody.users],
        "context_profiles": [tuple(one) for one in everybody.contexts],
        "profiles": [(one.id, one.context, one.text) for one in everybody.profiles],
    }
    inline = {
        "users": " REFERENCES users (id)",
        "contexts": " REFERENCES context_profiles (id)",
    }
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as db, db:
            for statement in OLD:
                db.execute(statement.format(**inline))
            for table, rows in tables.items():
                db.executemany(f"INSERT INTO {table} VALUES ({'?, ' * (len(rows[0]) - 1)}?)", rows)
        return
    with psycopg.connect(url) as db:
        for statement in OLD:
            db.execute(statement.format(users="", contexts="").encode())
        for table, rows in tables.items():
            with db.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        for statement in LINKS:
            db.execute(statement.encode())
