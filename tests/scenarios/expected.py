"""What must become of people, computed without any code of the product."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from tests.scenarios.people import INTENTS, NO_TEXT, People

LISTS = ("core_values", "constraints")
OBJECTS = ("beliefs", "interaction_style", "lifestyle")
TEXTS = ("location", "age_range", "name")
SHARED = (*LISTS, *OBJECTS, *TEXTS)
AS_JSON = "complementary_skills"

Record: TypeAlias = tuple[int | None, int | None, str | None, int | None, Any]
"""Of one source row: user, context, its name, profile, what that says."""


class Disagreement(NamedTuple):
    """A conflict: subject, field, the candidates (record, value) in order, the chosen one."""

    subject: str
    field: str
    candidates: tuple[tuple[str, str], ...]
    chosen: int


class Expected(NamedTuple):
    """Rows by key, sets of findings, and how many values were read and became homeless."""

    profiles: dict[int, tuple[Any, ...]]
    intents: dict[tuple[int, str], tuple[Any, ...]]
    conflicts: set[Disagreement]
    unmapped: dict[str, dict[str, str]]
    rejected: dict[str, dict[str, str]]
    subjects: int
    values: int


def exact(value: Any) -> str:
    """Return a text that two values share only where they are the same, order of keys included."""
    match value:
        case dict():
            return f"{{{', '.join(f'{name!a}: {exact(one)}' for name, one in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(exact, value))}]"
        case _:
            return f"{type(value).__name__} {value!a}"


def same(value: Any) -> str:
    """Return a text that two values share where only the order of keys tells them apart."""
    match value:
        case dict():
            return f"{{{', '.join(f'{name!a}: {same(value[name])}' for name in sorted(value))}}}"
        case list():
            return f"[{', '.join(map(same, value))}]"
        case _:
            return exact(value)


def said_by(text: str | None) -> Any:
    """Return what JSON of the answer says, number by number."""
    return None if text is None else json.loads(text, parse_float=Decimal)


def expect(people: People) -> Expected:
    """Compute everything; a subject at a time."""
    users = set(people.users)
    found = Expected({}, {}, set(), {}, {}, 0, 0)
    subjects: dict[int | None, list[Record]] = {}
    for record in _records(people):
        subjects.setdefault(record[0], []).append(record)
    for user, records in subjects.items():
        _subject(found, user, records, there=user in users)
    values = sum(len(_fields(one)) for records in subjects.values() for one in records)
    return found._replace(subjects=len(subjects), values=values)


def _records(people: People) -> list[Record]:
    nothing: list[tuple[int | None, Any]] = [(None, None)]
    profiles: dict[int, list[tuple[int | None, Any]]] = {}
    for one in people.profiles:
        readable = not isinstance(one.said, dict) or not any(map(_broken, one.said))
        said = one.said if readable else one.text
        profiles.setdefault(one.context, []).append((one.id, said))
    of: dict[int, list[Record]] = {}
    for context in people.contexts:
        for number, said in profiles.pop(context.id, nothing):
            row = (context.user, context.id, context.name, number, said)
            of.setdefault(context.user, []).append(row)
    records: list[Record] = [(n, None, None, None, None) for n in people.users if n not in of]
    records += [one for some in of.values() for one in some]
    lost = [one for some in profiles.values() for one in some]
    return records + [(None, None, None, number, said) for number, said in lost]


def _fields(record: Record) -> dict[str, Any]:
    """Everything of a record that is a value: columns without NULL, fields with JSON's null."""
    names = ("user_id", "context_id", "context", "profile_id")
    columns = {name: one for name, one in zip(names, record[:4], strict=True) if one is not None}
    if record[4] is None:
        return columns
    return columns | (record[4] if isinstance(record[4], dict) else {"data": record[4]})


def _name(record: Record) -> str:
    return json.dumps([record[1], record[3]], separators=(",", ":"))


def _subject(found: Expected, user: int | None, records: list[Record], *, there: bool) -> None:
    unfit = any(map(_unfit, records)) or _unwritable(records) or _unnameable(records)
    if user is None or not there or unfit:
        for one in records:
            kept = {name: exact(value) for name, value in _fields(one).items()}
            found.rejected[_name(one)] = kept
        return
    row: dict[str, Any] = {}
    for name in SHARED:
        values = [(one, one[4][name]) for one in records if one[4] and one[4].get(name) is not None]
        if name in LISTS:
            row[name] = _list([value for _, value in values]) if values else None
        elif name in OBJECTS:
            row[name] = _object(found, user, name, values) if values else None
        else:
            row[name] = values[0][1] if values else None
            _disagree(found, user, f"profile_new.{name}", values, 0)
    missing = [name for name in SHARED if row[name] in (None, "", [], {})]
    done = 100 * (len(SHARED) - len(missing)) // len(SHARED)
    found.profiles[user] = (*(exact(row[name]) for name in SHARED), done, exact(missing))
    _intents(found, user, records)
    for one in records:
        left = {n: exact(v) for n, v in (one[4] or {}).items() if n not in _taken(one[2])}
        if left:
            found.unmapped[_name(one)] = left


def _taken(context: str | None) -> tuple[str, ...]:
    return (*SHARED, *INTENTS.get(context or "", ()))


def _unfit(record: Record) -> bool:
    """Whether a record cannot be read, or what is to be merged has the wrong shape."""
    said = record[4]
    if said is None:
        return False
    if isinstance(said, str):
        return True
    merged = {**dict.fromkeys(LISTS, list), **dict.fromkeys(OBJECTS, dict)}
    return any(not isinstance(said.get(name) or kind(), kind) for name, kind in merged.items())


def _unwritable(records: list[Record]) -> bool:
    """Whether a value that would be written is none of the column's; overruled ones may be."""
    written: dict[tuple[str | None, str], Any] = {}
    for record in records:
        for name, value in (record[4] or {}).items():
            if value is not None and name in TEXTS:
                written.setdefault((None, name), value)
            elif value is not None and name in INTENTS.get(record[2] or "", ()) and name != AS_JSON:
                written.setdefault((record[2], name), value)
    return any(not isinstance(one, str) or one in NO_TEXT for one in written.values())


def _broken(name: str) -> bool:
    """Whether a name holds half a surrogate pair."""
    return any("\ud800" <= letter <= "\udfff" for letter in name)


def _unnameable(records: list[Record]) -> bool:
    """Whether merged objects disagree about a key that nothing can name."""
    met: dict[tuple[str, str], set[str]] = {}
    for said in (one[4] or {} for one in records):
        for name in OBJECTS:
            for key, value in (said.get(name) or {}).items():
                if _broken(key) and value is not None:
                    met.setdefault((name, key), set()).add(same(value))
    return any(len(values) > 1 for values in met.values())


def _list(lists: list[list[Any]]) -> list[Any]:
    seen: dict[str, Any] = {}
    for one in (element for some in lists for element in some):
        seen.setdefault(same(one), one)
    return list(seen.values())


def _object(
    found: Expected, user: int, name: str, values: list[tuple[Record, Any]]
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in dict.fromkeys(path for _, value in values for path in value):
        have = [(one, value[path]) for one, value in values if value.get(path) is not None]
        merged[path] = have[-1][1] if have else None
        _disagree(found, user, f"profile_new.{name}.{path}", have, len(have) - 1)
    return merged


def _disagree(
    found: Expected, user: int, field: str, values: list[tuple[Record, Any]], chosen: int
) -> None:
    if len({same(value) for _, value in values}) > 1:
        candidates = tuple((_name(one), exact(value)) for one, value in values)
        found.conflicts.add(Disagreement(str(user), field, candidates, chosen))


def _intents(found: Expected, user: int, records: list[Record]) -> None:
    for context in dict.fromkeys(one[2] for one in records if one[2] is not None):
        there = [one for one in records if one[2] == context and one[4]]
        row = []
        for owner, names in INTENTS.items():
            for name in names:
                values = [(r, r[4][name]) for r in there if r[4].get(name) is not None]
                mine = owner == context and bool(values)
                row.append(exact(values[0][1]) if mine else exact(None))
                if mine:
                    _disagree(found, user, f"context_intent.{name}", values, 0)
        found.intents[user, context] = tuple(row)


def kinds(fields: dict[str, dict[str, str]]) -> Counter[str]:
    """Count records by the names of their fields."""
    return Counter(name for one in fields.values() for name in one)
