"""Values and names that JSON knows and SQL does not come through the views as they are."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from commands.rebuild import as_text
from commands.transform.values import canonical, read, write
from journal import events as e
from tests.readmodels.made import made

VALUES: tuple[Any, ...] = (
    "\0",
    "a\0\0b",
    "\\u0000",
    "\\\\u0000\\",
    "\ud800",
    "\udc00\ud83d",
    "\\\ud800",
    "🙂",
    '"quoted" \\" \n\t\x1f\x7f',
    "\ufffd",
    "",
    2**70,
    -(2**63),
    Decimal("1e400"),
    Decimal("0.10"),
    True,
    None,
    [],
    {},
    ["\0", "\ud800", {"": {"a.b": ['"', "\\"]}}],
    {"\0": "\0", "\ud800": "🙂"},
    {"bytes": "00ff"},
)
KEYS = (
    "", "a.b", "__proto__", "🙂", '"', "'", '"; DROP VIEW clew_conflicts; --', "'); DROP TABLE x; --",
    "$", "$[0]", "[0]", "a[1].b", '."', "\\", "\\u0000", '\\"', "\0", "a\0b", "%s", "%", "\n", "é", "\u2028",
    "\ufffd", "toString", "null", " ", "{", ',"":',
)  # fmt: skip


def test_candidates(url: str) -> None:
    """Each value is the JSON that was stored, digit by digit."""
    with made(url) as journal:
        journal.run(journal.conflict("a", *VALUES), *(journal.conflict(repr(v), v) for v in VALUES))
        rows = journal.ask("candidates", "number", "conflict", "value")
        found = [text for _, name, text in rows if name == "a"]
        assert [canonical(read(text)) for text in found] == [canonical(one) for one in VALUES]
        assert found[VALUES.index(2**70)] == str(2**70)
        assert journal.prove()["candidates"] == 2 * len(VALUES)


@pytest.mark.parametrize("more", [{}, {"large": 2**70}], ids=["plain", "escaped"])
def test_keys(url: str, more: dict[str, Any]) -> None:
    """Any key is one row with its own value; what SQL cannot hold is written as in JSON."""
    fields: dict[str, Any] = {key: [key] for key in KEYS} | more
    with made(url) as journal:
        journal.run(journal.homeless(fields), journal.rejected(fields))
        names = [field for _, field in journal.ask("unmapped", "position", "field")]
        assert sorted(names) == sorted(map(as_text, fields))
        rows = journal.ask("unmapped_values", "position", "field", "value")
        assert sorted((field, canonical(read(value))) for _, field, value in rows) == sorted(
            (as_text(key), canonical(value)) for key, value in fields.items()
        )
        ((text,),) = journal.ask("rejected_values", "fields")
        assert read(text) == fields
        journal.prove()


@pytest.mark.parametrize("name", KEYS, ids=ascii)
def test_names(url: str, name: str) -> None:
    """Names of fields, steps and reasons are shown, whatever they hold."""
    with made(url) as journal:
        record = write([name])
        batch = e.RowsTransformed(
            migration=name, step=name, batch=1, subjects=1, values=1, fates={name: 1},
            targets={name: 2},
        )  # fmt: skip
        decided = e.ConflictDecided(conflict="a", rule=name, reason=name)
        found = journal.conflict("a", name, 1, field=name)
        journal.run(found, decided, journal.homeless({name: name}, record), batch, migration=name)
        shown = as_text(name)
        assert journal.ask("conflicts", "id", "field", "reason") == [("a", f"t.{shown}", shown)]
        assert journal.ask("unmapped", "record", "field") == [(record, shown)]
        assert journal.ask("fates", "step", "fate") == [(shown, shown)]
        journal.prove()


HALVES = ("\ud800", "🙂\ud800", "\\\udc00", '"\udc00\0', "\ufffd\ud800")


@pytest.mark.parametrize("name", HALVES, ids=ascii)
def test_halves_of_pairs(url: str, name: str) -> None:
    """A name with half a surrogate pair, as only content can hold it, is written as in JSON."""
    with made(url) as journal:
        journal.run(journal.conflict("a", 1, 2, source=name))
        assert journal.ask("candidates", "number", "field") == [
            (0, json.dumps(name)[1:-1]),
            (1, json.dumps(name)[1:-1]),
        ]
        journal.prove()
