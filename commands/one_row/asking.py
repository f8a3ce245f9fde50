"""From what people write for a row to its key, as the database holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from commands.one_row.chapter import Chapter, Values
from commands.transform.values import Malformed, read, unjsonable
from journal.database import Database
from journal.errors import StatementFailed, Usage
from journal.one_row import ROWID
from journal.values import Column

Key = str | int | bytes | Sequence[Any] | Mapping[str, Any]
"""A value, text or JSON of one, values in the order of the key, or by column."""


class Asked(msgspec.Struct, frozen=True):
    """Which row is meant: columns with values as written, and how images may hold them."""

    columns: tuple[Column, ...]
    forms: tuple[tuple[Any, ...], ...]

    def known(self, form: Sequence[Any]) -> Values:
        """Return one form by the identity of columns."""
        return {c.id: value for c, value in zip(self.columns, form, strict=True)}


def asked(database: Database, chapter: Chapter, words: Key, key: Sequence[int]) -> Asked:
    """Read a key of a table whose rows are told apart by ``key``.

    Raises:
        Usage: it does not name one row, or names no column of the table.
    """
    columns = {c.name: c for c in chapter.columns(chapter.table, chapter.until)}
    if ROWID in key:
        columns.setdefault("rowid", Column(id=ROWID, name="rowid", definition={"type": "INTEGER"}))
    named = [c for one in key for c in columns.values() if c.id == one]
    given = _given(words, named, columns, chapter.name(chapter.table, chapter.until))
    chosen = tuple(columns[name] for name in given)
    try:
        forms = database.stored_forms(chosen, [_plain(value) for value in given.values()])
    except StatementFailed as error:
        if error.environmental:
            raise
        raise Usage(f"no row can have this key: {error.message}") from None
    return Asked(chosen, tuple(map(tuple, forms)))


def _given(
    words: Key, key: Sequence[Column], columns: Mapping[str, Column], table: str
) -> dict[str, Any]:
    """Return values by the names of columns."""
    if isinstance(words, int | bytes):
        return _of([words], key, columns, table)
    if not isinstance(words, str):
        return _of(words, key, columns, table)
    text = words.strip()
    if text[:1] in ("{", "[") and (found := _json(text)) is not None:
        return _of(found, key, columns, table)
    return _of([words], key, columns, table)


def _of(
    found: Sequence[Any] | Mapping[str, Any],
    key: Sequence[Column],
    columns: Mapping[str, Column],
    table: str,
) -> dict[str, Any]:
    hint = _hint(key)
    if not isinstance(found, Mapping):
        if not key:
            raise Usage(f"{table} has no key: its rows are told apart by their values", hint=hint)
        if len(found) != len(key):
            names = ", ".join(column.name for column in key)
            raise Usage(f"the key of {table} is {names}; found {len(found)} values", hint=hint)
        return {column.name: value for column, value in zip(key, found, strict=True)}
    for name in found:
        if name not in columns:
            raise Usage(f"{table} has no column {name}", hint=hint)
    return dict(found)


def pairs(words: Sequence[str], names: Sequence[str]) -> Key:
    """Return the words of a command line as a key: pairs where they begin with a column's name."""
    found = [word.partition("=") for word in words]
    if all(sign and name in names for name, sign, _ in found):
        return {name: value for name, _, value in found}
    return words[0] if len(words) == 1 else list(words)


def _json(text: str) -> Any:
    try:
        found = read(text)
    except Malformed:
        return None
    return found if isinstance(found, list | dict) else None


def _plain(value: Any) -> Any:
    """Return a value of JSON as columns are given it; bytes are ``{"hex": ...}``."""
    if isinstance(value, Mapping) and value.keys() == {"hex"}:
        return bytes.fromhex(value["hex"])
    return unjsonable(value)


def _hint(key: Sequence[Column]) -> str:
    if not key:
        return "Write COLUMN=VALUE for each of them, or JSON."
    if len(key) == 1:
        return "Write the value alone, COLUMN=VALUE, or JSON."
    return f"Write {' '.join(f'{column.name}=VALUE' for column in key)}, or JSON."
