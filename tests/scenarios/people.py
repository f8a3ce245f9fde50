"""A thousand people with contexts and profiles, from a fixed seed; all that goes wrong is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, NamedTuple, TypeAlias

USERS = 1000
INTENTS = {
    "romantic": ("relationship_timeline", "exclusivity_expectation", "family_intentions",
                 "attraction_importance"),
    "friendship": ("friendship_depth", "group_activity_preference",
                   "emotional_support_expectation"),
    "professional": ("partnership_type", "commitment_horizon", "complementary_skills",
                     "equity_or_rev_share"),
    "creative": ("creative_type", "role_needed", "process_style", "ego_balance",
                 "compensation_expectation"),
    "service": ("service_type", "budget_range", "timeline_needed", "credentials_required"),
}  # fmt: skip
UNREADABLE = (
    "[]", '"a text"', "null", "7", "", " ", "{", "{'name': 'Ada'}", "NaN", '{"name": NaN}',
    '{"name": "a", "name": "b"}', '{"beliefs": {"a": 1, "a": 1}}', '{"name": "a"} {}',
    '{"location": -Infinity}', '{"context": "mine"}', '{"user_id": 1, "name": "Eve"}',
    '{"name": "tab\there"}', "\ufeff{}", '{"data": 1, "profile_id": null}',
)  # fmt: skip
ODD_KEYS = (
    "a.b",
    "it's",
    'say "so"',
    "two words",
    "🙂",
    "",
    "__proto__",
    "\0",
    "\ud83d",
    "%s",
    "$1",
)
ODD_VALUES = (
    2**53 + 1, 2**63, -(2**64), Decimal("1e400"), Decimal("0.1"), Decimal("0.10"), Decimal("1.0"),
    1, True, "1", Decimal("-0.0"), Decimal("1E-400"), "NUL \0", "half \ud800", "", "x" * 10_240,
    [], {}, [None, [None]], {"": {"__proto__": None}}, "\\u0000", "\u2028 \x7f", "\\N", "\\.",
)  # fmt: skip
WRONG_SHAPES: tuple[dict[str, Any], ...] = (
    {"location": {"city": "Rome"}}, {"location": ["Rome"]}, {"name": 7}, {"name": True},
    {"age_range": Decimal("30.5")}, {"core_values": "honesty"}, {"constraints": {"a": 1}},
    {"beliefs": ["a"]}, {"lifestyle": "calm"}, {"interaction_style": 1}, {"name": {}},
)  # fmt: skip
NO_TEXT = ("NUL \0 within", "half a pair \udfff")
"""Text that a text column of neither database takes."""
TEXTS = (
    "x" * 10_240,
    "",
    " ",
    "\\N",
    "\\.",
    "a\tb\nc\r\\",
    "'; --",
    "กรุงเทพ 🙂",
    "NULL",
    "null",
    "007",
)

Said: TypeAlias = dict[str, Any] | str | None
"""What a profile says: fields, or a text that says none, or SQL's NULL."""


class Context(NamedTuple):
    """A row of context_profiles; its user need not be there."""

    id: int
    user: int
    name: str


class Profile(NamedTuple):
    """A row of profiles; its context need not be there."""

    id: int
    context: int
    said: Said

    @property
    def text(self) -> str | None:
        """The text of its data."""
        return written(self.said) if isinstance(self.said, dict) else self.said


class People(NamedTuple):
    """All rows of the old tables."""

    users: list[int]
    contexts: list[Context]
    profiles: list[Profile]


def written(value: Any) -> str:
    """Return JSON of a value; numbers that no float holds are written as they are."""
    match value:
        case dict():
            pairs = (f"{json.dumps(name)}: {written(one)}" for name, one in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value)


def people(seed: int = 7) -> People:
    """Return the same people for the same seed."""
    random = Random(seed)
    made, numbers = People(list(range(1, USERS + 1)), [], []), count(1)
    troubles = list(_troubles(random))
    troubled = dict(zip(random.sample(made.users, len(troubles)), troubles, strict=True))
    for user in (*made.users, *range(5001, 5007)):
        for context, profiles in _person(random, user, troubled.get(user, {})):
            row = Context(next(numbers), user, context)
            made.contexts.append(row)
            made.profiles.extend(Profile(next(numbers), row.id, said) for said in profiles)
    for context, said in enumerate(("[]", None, "{", {}, {"name": "lost"}, {"beliefs": 1}), 90_001):
        made.profiles.append(Profile(next(numbers), context, said))
    return made


def _person(
    random: Random, user: int, trouble: dict[int, Said]
) -> Iterator[tuple[str, list[Said]]]:
    """Yield contexts, each with what its profiles say; trouble comes to the contexts it names."""
    most = 0 if user <= USERS and not trouble and random.random() < 0.08 else 5
    wanted = max(random.choice((1, 2, 2, 2, 3, 3, 4, 5)), len(trouble)) if most else 0
    contexts = random.sample([*INTENTS], wanted)
    if wanted and random.random() < 0.02:
        contexts[-1] = "gaming"
    for number, context in enumerate(contexts):
        said: Said = _said(random, user, context)
        roll = random.random()
        if number in trouble:
            new = trouble[number]
            yield context, [{**said, **new} if isinstance(new, dict) else new]
        elif roll < 0.05:
            yield context, []
        elif roll < 0.08:
            yield context, [random.choice((None, {}))]
        elif roll < 0.10:
            yield context, [said, {**said, "lifestyle": {"pets": number}}]
        else:
            yield context, [said]


def _said(random: Random, user: int, context: str) -> dict[str, Any]:
    shared = {
        "name": f"Person {user}",
        "location": ("Paris", "Rome", "Chiang Mai", "Köln")[user % 4],
        "age_range": "30-40",
        "core_values": random.sample(["truth", "art", 1, True, "1", {"a": 1}], 2),
        "constraints": random.choice(([], ["no travel"], ["no travel", "vegan"])),
        "beliefs": {"god": user % 2 == 0, context: random.randint(1, 9)},
        "interaction_style": {"pace": "slow", context: None},
        "lifestyle": {},
        "intent": "whatever",
        "preferences": {"a.b": [context]},
    }
    said = {name: value for name, value in shared.items() if random.random() < 0.5}
    if random.random() < 0.1:
        said[random.choice(("name", "location", "beliefs", "core_values"))] = None
    for field in INTENTS.get(context, ()):
        if random.random() < 0.6:
            said[field] = random.choice(("yes", "no", f"{field} of {user}", None))
    if "complementary_skills" in said:
        said["complementary_skills"] = random.choice((["sales", 1], {"level": 2}, "none", None))
    return said


def _troubles(random: Random) -> Iterator[dict[int, Said]]:
    """Yield what goes wrong with one person each, by the number of the context."""
    for text in UNREADABLE:
        yield {random.randrange(2): text}
    for shape in WRONG_SHAPES:
        yield {random.randrange(3): dict(shape)}
    for text in NO_TEXT:
        yield from ({0: {field: text}} for field in ("name", "location"))
    for text in TEXTS:
        yield {0: {"name": text, "age_range": text}}
    for key in ODD_KEYS:
        yield {0: {key: key}}
        yield {0: {"beliefs": {key: 1}}, 1: {"beliefs": {key: 2}}}
    for value in ODD_VALUES:
        yield {0: {"odd": value, "core_values": [value, 1], "lifestyle": {"odd": value}}}
        yield {1: {"lifestyle": {"odd": value}}, 2: {"lifestyle": {"odd": 1}, "constraints": []}}
    yield {0: {"core_values": list(ODD_VALUES)}, 1: {"core_values": list(reversed(ODD_VALUES))}}
    for field, one, other in (
        ("location", "Paris", "Oslo"), ("age_range", "20-30", "30-40"), ("name", "Ada", "ada"),
        ("name", "Zoë", "Zoe\u0308"), ("location", "", "Oslo"), ("age_range", "30", " 30"),
    ):  # fmt: skip
        yield {0: {field: one}, 1: {field: other}}
        yield {0: {field: one}, 1: {field: None}, 2: {field: other}}
        yield {0: {field: one}, 1: {field: other}, 2: {field: f"{other}!"}}
        yield {0: {field: other}, 1: {field: one}, 2: {field: other}}
    for later in (
        None,
        {"a": 2, "b": [2], "c": {"d": 1}},
        {"a": 1, "b": [1], "c": {"d": None}},
        {"a": None},
    ):
        first = {"a": 1, "b": [1], "c": {"d": 1, "e": 2}}
        yield {0: {"lifestyle": first}, 1: {"lifestyle": later}}
        yield {0: {"beliefs": later}, 2: {"beliefs": first, "lifestyle": first}}
    for fields in INTENTS.values():
        yield {0: dict.fromkeys(fields, "misplaced"), 1: dict.fromkeys(fields, "misplaced")}
    for odd in ({"friendship_depth": ["deep"]}, {"role_needed": 1}, {"budget_range": {"from": 1}}):
        yield {0: odd, 1: odd, 2: odd, 3: odd, 4: odd}
