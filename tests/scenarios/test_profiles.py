"""One profile per person: old and new tables of a matching app, by SQL migrations alone."""

from __future__ import annotations

from tests.drills.operator import Operator

PEOPLE = 60
CONTEXTS = ("romantic", "friendship", "professional", "creative", "service")

OLD = """
CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE context_profiles (
    id integer PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    context text NOT NULL,
    UNIQUE (user_id, context)
);
CREATE TABLE profiles (
    id integer PRIMARY KEY,
    context_profile_id integer NOT NULL REFERENCES context_profiles (id),
    data text NOT NULL
)"""

NEW = """
CREATE TABLE profile_new (
    user_id integer PRIMARY KEY REFERENCES users (id),
    location text,
    age_range text,
    name text,
    completeness integer NOT NULL DEFAULT 0 CHECK (completeness BETWEEN 0 AND 100)
);
CREATE TABLE context_intent (
    user_id integer NOT NULL REFERENCES users (id),
    context text NOT NULL,
    relationship_timeline text,
    friendship_depth text,
    partnership_type text,
    creative_type text,
    service_type text,
    PRIMARY KEY (user_id, context)
);
"""


def field(operator: Operator, name: str) -> str:
    """Return the SQL of one field of the JSON blob."""
    if operator.sqlite:
        return f"json_extract(p.data, '$.{name}')"
    return f"p.data::jsonb ->> '{name}'"


def fill(operator: Operator) -> str:
    """Return the migration that moves the rows."""
    first = {name: f"min({field(operator, name)})" for name in ("location", "age_range", "name")}
    intents = (
        "relationship_timeline",
        "friendship_depth",
        "partnership_type",
        "creative_type",
        "service_type",
    )
    own = ", ".join(
        f"CASE c.context WHEN '{context}' THEN {field(operator, name)} END"
        for context, name in zip(CONTEXTS, intents, strict=True)
    )
    return (
        "INSERT INTO profile_new (user_id, location, age_range, name)\n"
        f"SELECT c.user_id, {first['location']}, {first['age_range']}, {first['name']}\n"
        "FROM context_profiles c JOIN profiles p ON p.context_profile_id = c.id"
        " GROUP BY c.user_id;\n"
        f"INSERT INTO context_intent SELECT c.user_id, c.context, {own}\n"
        "FROM context_profiles c JOIN profiles p ON p.context_profile_id = c.id;\n"
        "UPDATE profile_new SET completeness = 100\n"
        "WHERE location IS NOT NULL AND age_range IS NOT NULL AND name IS NOT NULL;\n"
    )


def old_rows() -> str:
    """Return the script of the old rows; blobs hold quotes, emoji and odd keys."""
    rows = []
    number = 0
    for user in range(1, PEOPLE + 1):
        rows.append(f"INSERT INTO users VALUES ({user}, 'u{user}@example.org')")
        for place in range(user % 4):
            number += 1
            context = CONTEXTS[(user + place) % 5]
            blob = (
                f'{{"name": "P {user}", "location": "Town {user % 7}", "a.b": "it\'\'s",'
                f' "relationship_timeline": "soon", "friendship_depth": "deep 🙂"}}'
            )
            rows.append(f"INSERT INTO context_profiles VALUES ({number}, {user}, '{context}')")
            rows.append(f"INSERT INTO profiles VALUES ({number}, {number}, '{blob}')")
    return ";\n".join(rows)


def test_profiles(operator: Operator) -> None:
    """Schema and data move, the old table makes way for the new one, and all of it returns."""
    found = operator.begin_with(OLD + ";\n" + old_rows())
    operator.file("0001_tables.sql", NEW)
    operator.file("0002_rows.sql", fill(operator))
    operator.type("apply", str(operator.migrations))
    between = operator.json("log", "--after", "after:0001_tables", "-n", "1")
    assert between
    filled = operator.fingerprint()
    operator.apply(
        "0003_take_its_place",
        "DROP TABLE profiles;\nALTER TABLE profile_new RENAME TO profiles;\n",
    )
    assert operator.application("SELECT count(*) FROM profiles") == [(PEOPLE * 3 // 4,)]
    operator.back("before:0003_take_its_place")
    assert operator.fingerprint() == filled
    operator.back("after:0001_tables")
    assert operator.application("SELECT count(*) FROM profile_new") == [(0,)]
    operator.back("before:0001_tables")
    assert operator.fingerprint() == found
    operator.back("after:0003_take_its_place")
    assert operator.application("SELECT count(*) FROM profiles") == [(PEOPLE * 3 // 4,)]
    operator.back("2")
    assert operator.fingerprint() == found


def test_edited_rows_are_named(operator: Operator) -> None:
    """Rows that users edited since are named before anything is lost, and kept if asked."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.file("0001_tables.sql", NEW)
    operator.apply("0002_rows", fill(operator))
    operator.application("UPDATE profile_new SET location = 'elsewhere' WHERE user_id % 5 = 1")
    edited = operator.application("SELECT count(*) FROM profile_new WHERE location = 'elsewhere'")
    plan = operator.json("rollback", "before:0002_rows", "--plan")
    assert plan["changed_count"] == edited[0][0] > 0
    operator.back("before:0002_rows", code=3)
    operator.back("before:0002_rows", "--if-changed", "keep")
    assert operator.application("SELECT count(*) FROM profile_new") == edited
