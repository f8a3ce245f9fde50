"""One profile per person: five contexts' profiles become one row, and every value is accounted for."""

from __future__ import annotations

import json

import pytest

from tests.drills.operator import Operator

OLD = """CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);
CREATE TABLE context_profiles (id integer PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id), context text NOT NULL, UNIQUE (user_id, context));
CREATE TABLE profiles (id integer PRIMARY KEY,
    context_profile_id integer NOT NULL REFERENCES context_profiles (id), data text)"""

TABLES = """
CREATE TABLE profile_new (
    user_id integer PRIMARY KEY REFERENCES users (id),
    core_values text, constraints text, beliefs text, interaction_style text, lifestyle text,
    location text, age_range text, name text,
    completeness integer NOT NULL CHECK (completeness BETWEEN 0 AND 100), missing text NOT NULL
);
CREATE TABLE context_intent (
    id text PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), context text NOT NULL,
    relationship_timeline text, exclusivity_expectation text, friendship_depth text,
    partnership_type text, complementary_skills text, creative_type text, service_type text,
    UNIQUE (user_id, context)
);
"""

MIGRATION = '''
from commands.transform import (
    Check, Migration, Rows, Select, Transform, derive, first, generated, key, merge_lists,
    merge_objects, where,
)

WANTED = ("core_values", "constraints", "beliefs", "interaction_style", "lifestyle",
          "location", "age_range", "name")


def missing(row):
    return [name for name in WANTED if not row[name]]


def completeness(row):
    return 100 * (len(WANTED) - len(missing(row))) // len(WANTED)


def of(context, *names):
    return {name: first(name, when=where("context", context)) for name in names}


migration = Migration(
    steps=(
        Transform(
            name="one profile per person",
            source=Select(
                sql="""SELECT u.id AS user_id, c.id AS context_id, c.context, p.data
                       FROM users u LEFT JOIN context_profiles c ON c.user_id = u.id
                       LEFT JOIN profiles p ON p.context_profile_id = c.id""",
                order="context_id",
                unpack=("data",),
            ),
            subject="user_id",
            record=("context_id",),
            into=(
                Rows(
                    table="profile_new",
                    columns={
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
                    },
                ),
                Rows(
                    table="context_intent",
                    per=("context",),
                    columns={
                        "id": generated("context_intent"),
                        "user_id": key("user_id"),
                        "context": key("context"),
                        **of("romantic", "relationship_timeline", "exclusivity_expectation"),
                        **of("friendship", "friendship_depth"),
                        **of("professional", "partnership_type", "complementary_skills"),
                        **of("creative", "creative_type"),
                        **of("service", "service_type"),
                    },
                ),
            ),
        ),
        Check(name="one profile for each user", sql="""SELECT u.id FROM users u
              LEFT JOIN profile_new p ON p.user_id = u.id WHERE p.user_id IS NULL"""),
        Check(name="seven intents", sql="SELECT count(*) FROM context_intent", equals=7),
        Check(name="complete enough", sql="SELECT min(completeness) FROM profile_new",
              at_least=0, at_most=100),
    ),
)
'''

HOMELESS = {"intent": "marry", "preferences": {"a.b": [1, True]}, "dealbreakers": ["smoke"]}
BLOBS = {
    1: {"name": "Ada", "core_values": ["truth", 1], "location": "Paris", "age_range": "30-40",
        "relationship_timeline": "soon", **HOMELESS},
    2: {"core_values": [1, "art"], "beliefs": {"a": 1}, "partnership_type": "equal"},
    3: {"friendship_depth": "deep", "lifestyle": {"tea": True}, "beliefs": {"b": 2}},
    4: {"name": "Bob", "relationship_timeline": "later", "exclusivity_expectation": "open",
        **HOMELESS},
    5: {"name": "Bob", "partnership_type": "silent", "constraints": ["no travel"]},
}  # fmt: skip
CONTEXTS = [
    (1, 1, "romantic"), (2, 1, "professional"), (3, 1, "friendship"), (4, 2, "romantic"),
    (5, 2, "professional"), (6, 3, "romantic"), (7, 3, "friendship"),
]  # fmt: skip


def old_rows() -> str:
    """Return the script of three users, seven contexts, and five profiles."""
    rows = [f"INSERT INTO users VALUES ({n}, 'u{n}@example.org')" for n in (1, 2, 3)]
    rows += [f"INSERT INTO context_profiles VALUES ({n}, {u}, '{c}')" for n, u, c in CONTEXTS]
    for number, blob in BLOBS.items():
        text = json.dumps(blob).replace("'", "''")
        rows.append(f"INSERT INTO profiles VALUES ({number}, {number}, '{text}')")
    return ";\n".join(rows)


@pytest.fixture
def begun(operator: Operator) -> Operator:
    """The old tables with their rows, the new ones, and the migration not yet applied."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    operator.file("0002_profiles.py", MIGRATION)
    return operator


def test_golden(begun: Operator) -> None:
    """Three users become three profiles and seven intents; two records keep what has no home."""
    between = begun.fingerprint()
    trial = begun.json("apply", str(begun.migrations), "--dry-run")
    assert begun.fingerprint() == between
    answer = begun.json("apply", str(begun.migrations))
    (done,) = answer["runs"][0]["transformed"]
    assert trial["migrations"][0]["transformed"] == [done]
    assert (done["subjects"], done["rows"]) == (3, {"profile_new": 3, "context_intent": 7})
    assert (done["conflicts"], done["rejected"], done["unmapped"]) == (0, 0, 2)
    assert done["fates"]["unmapped"] == 6
    assert sum(done["fates"].values()) == done["values"]
    assert [check["passed"] for check in answer["runs"][0]["checks"]] == [True, True, True]
    rows = begun.application(
        "SELECT core_values, beliefs, location, name, completeness, missing FROM profile_new"
        " ORDER BY user_id"
    )
    assert rows[0][:5] == ('["truth",1,"art"]', '{"a":1,"b":2}', "Paris", "Ada", 75)
    assert json.loads(rows[0][5]) == ["constraints", "interaction_style"]
    assert rows[2][4] == 0
    assert begun.json("apply", str(begun.migrations))["runs"] == []
    filled = begun.fingerprint()
    begun.back("before:0002_profiles")
    assert begun.fingerprint() == between
    begun.back("after:0002_profiles")
    assert begun.fingerprint() == filled


def test_a_failed_check_aborts(begun: Operator) -> None:
    """A check that does not hold takes everything back, and says what it found."""
    between = begun.fingerprint()
    begun.file("0002_profiles.py", MIGRATION.replace("equals=7", "equals=8"))
    begun.type("apply", str(begun.migrations), code=5)
    assert "seven intents: expected 8, found 7" in begun.err
    assert begun.fingerprint() == between


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("migration = 3", "defines no migration"),
        ("import nowhere", "line 1: ModuleNotFoundError"),
        ("x = (", "line 1: SyntaxError"),
        (MIGRATION.replace('"location": first', '"loc": first'), "no column loc"),
        (MIGRATION.replace("profile_new", "nowhere"), "no table nowhere"),
    ],
)
def test_bad_files(begun: Operator, text: str, said: str) -> None:
    """A file that cannot run is refused in one line, and nothing stays."""
    between = begun.fingerprint()
    begun.file("0002_profiles.py", text)
    begun.type("apply", str(begun.migrations), code=3)
    assert said in begun.err
    assert begun.fingerprint() == between


def test_conflicts_and_unmapped(begun: Operator) -> None:
    """Disagreements and homeless fields can be asked for; a rollback takes them back."""
    begun.application(
        """UPDATE profiles SET data = '{"location": "Rome", "lifestyle": {"tea": false}}'"""
        " WHERE id = 2"
    )
    begun.type("apply", str(begun.migrations))
    found = begun.lines("conflicts")
    assert {one["conflict"]["field"] for one in found} == {
        "profile_new.location",
        "profile_new.lifestyle.tea",
    }
    (location,) = begun.lines("conflicts", "--field", "location", "--status", "decided")
    assert [one["value"] for one in location["candidates"]] == ["Paris", "Rome"]
    assert location["conflict"]["chosen"] == 0
    said = begun.type("conflicts", "--subject", "1")
    assert "* 0: Paris  (location of [1])" in said
    fields = {one["field"]: one for one in begun.lines("unmapped")}
    assert fields.keys() == HOMELESS.keys()
    assert fields["preferences"] == {
        "field": "preferences",
        "count": 2,
        "kinds": {"object": 2},
        "samples": [{"a.b": [1, True]}],
    }
    assert "dealbreakers" in begun.type("unmapped")
    begun.back("before:0002_profiles")
    assert begun.lines("conflicts") == begun.lines("unmapped") == []
    assert begun.json("conflicts", "--at", "head~1") != []
