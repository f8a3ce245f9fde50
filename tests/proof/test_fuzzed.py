"""Whatever an owner changes in the journal's tables, verify finds it."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.chain import check_entry
from journal.codec import open_entry
from journal.envelope import Head
from journal.errors import ClewError, Refused, StatementFailed, Tampered
from tests.proof.forging import Forger

COLUMNS = {
    "entry": ("position", "run", "type", "version", "body", "previous", "digest"),
    "content": ("digest", "content"),
    "image": ("run", "number", "sign", "rows", "chunk"),
    "head": ("position", "digest"),
    "journal": ("id", "name", "database", "format"),
}
MORE = ("object", "event", "digest")
"""Columns of images that only PostgreSQL has."""
KEYS = {"entry": 1, "content": 1, "image": 2, "head": 1, "journal": 1}
NUMBERS = {"position", "version", "number", "sign", "rows", "format", "object"}
OTHER_KINDS: list[Any] = ["text", b"bytes", 7, -1, 0, 2.5, ""]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_fuzzed(forger: Forger, data: st.DataObject) -> None:
    """One value changed, one row deleted, copied, or exchanged with another is always found."""
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    how = data.draw(st.sampled_from(["change", "change", "delete", "copy", "exchange"]))
    with forger.forging():
        before = _everything(forger, table)
        try:
            _HOW[how](forger, table, data)
        except (StatementFailed, psycopg.Error):
            return  # a constraint stood before it, and nothing was changed
        if _everything(forger, table) == before:
            return
        assert _found(forger), (table, how)


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_every_column(forger: Forger, table: str) -> None:
    """Each column of each row is covered: any other value in it is found."""
    for column in _columns(forger, table):
        values = OTHER_KINDS if not forger.postgresql else [None]
        for value in values:
            with forger.forging():
                row = _rows(forger, table)[-1]
                old = row[_columns(forger, table).index(column)]
                new = _changed(old, column, 3) if value is None else value
                try:
                    _set(forger, table, row, column, new)
                except (StatementFailed, psycopg.Error):
                    continue
                if type(new) is type(old) and new == old:
                    continue
                try:
                    assert not forger.verify().ok, (column, value)
                except ClewError as error:
                    assert error.exit_code in {Tampered.exit_code, 3}, (column, value)  # noqa: PT017


@pytest.mark.parametrize("position", [1, 5, 9])
def test_every_byte(forger: Forger, position: int) -> None:
    """Each byte of an entry is covered, and one that no reader expects is told, not stumbled over."""
    (entry,) = forger.journal.stored(after=position - 1, last=position)
    before = Head(position=position - 1, digest=entry.previous)
    assert check_entry(entry, after=before) == []
    for name in ("body", "previous", "digest"):
        for place, flip in product(range(len(getattr(entry, name))), (1, 0x20, 0x80)):
            content = bytearray(getattr(entry, name))
            content[place] ^= flip
            forged = msgspec.structs.replace(entry, **{name: bytes(content)})
            assert check_entry(forged, after=before)
            with suppress(ClewError):
                open_entry(forged)


def test_deep(forger: Forger) -> None:
    """A body nested deeper than any reader goes is told as tampering."""
    with forger.forging():
        body = b'{"position":4,"data":' + b"[" * 100_000
        forger.rows(f"UPDATE {forger.table('entry')} SET body = ? WHERE position = 4", body)
        assert (4, "altered") in {(one.position, one.kind) for one in forger.verify().problems}


def _found(forger: Forger) -> bool:
    """Tell whether verify finds that the record was touched, and says where."""
    try:
        found = forger.verify()
    except ClewError as error:
        return error.exit_code in {Tampered.exit_code, Refused.exit_code}
    return not found.ok and found.problems[0].position <= forger.head + 1


def _change(forger: Forger, table: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(_rows(forger, table)))
    columns = _columns(forger, table)
    column = data.draw(st.sampled_from(columns))
    old = row[columns.index(column)]
    _set(forger, table, row, column, _changed(old, column, data.draw(st.integers(0, 10**6))))


def _delete(forger: Forger, table: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(_rows(forger, table)))
    forger.rows(
        f"DELETE FROM {forger.table(table)} WHERE {_where(forger, table)}", *_key(table, row)
    )


def _copy(forger: Forger, table: str, data: st.DataObject) -> None:
    row = list(data.draw(st.sampled_from(_rows(forger, table))))
    columns = _columns(forger, table)
    if "previous" in columns:
        row[columns.index("previous")] = data.draw(st.binary(min_size=32, max_size=32))
    key = columns[KEYS[table] - 1]
    row[columns.index(key)] = _changed(row[columns.index(key)], key, data.draw(st.integers(0, 500)))
    marks = ", ".join("?" * len(row))
    forger.rows(f"INSERT INTO {forger.table(table)} ({', '.join(columns)}) VALUES ({marks})", *row)


def _exchange(forger: Forger, table: str, data: st.DataObject) -> None:
    """Let two rows exchange what stands beside their keys."""
    rows, columns = _rows(forger, table), _columns(forger, table)
    one, other = data.draw(st.sampled_from(rows)), data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from(columns[KEYS[table] :] or columns))
    place = columns.index(column)
    if column == "previous":
        _set(forger, table, one, column, b"aside")
    _set(forger, table, other, column, one[place])
    _set(forger, table, one, column, other[place])


_HOW = {"change": _change, "delete": _delete, "copy": _copy, "exchange": _exchange}


def _changed(old: Any, column: str, seed: int) -> Any:
    """Return another value of the same kind."""
    if column in NUMBERS:
        return old + (seed % 7 + 1) * (1 if seed % 2 else -1)
    if isinstance(old, bytes):
        if not old:
            return b"x"
        place = seed % len(old)
        return old[:place] + bytes([old[place] ^ (1 << seed % 8)]) + old[place + 1 :]
    if isinstance(old, list):
        return [[f"{value}x" for value in part] for part in old]
    return f"{old}{seed % 10}"


def _columns(forger: Forger, table: str) -> tuple[str, ...]:
    more = MORE if table == "image" and forger.postgresql else ()
    return COLUMNS[table] + more


def _rows(forger: Forger, table: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(_columns(forger, table))
    order = ", ".join(COLUMNS[table][: KEYS[table]])
    return forger.rows(f"SELECT {columns} FROM {forger.table(table)} ORDER BY {order}")


def _everything(forger: Forger, table: str) -> list[tuple[Any, ...]]:
    return [tuple((type(value), value) for value in row) for row in _rows(forger, table)]


def _where(forger: Forger, table: str) -> str:
    return " AND ".join(f"{column} = ?" for column in COLUMNS[table][: KEYS[table]])


def _key(table: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[: KEYS[table]]


def _set(forger: Forger, table: str, row: tuple[Any, ...], column: str, value: Any) -> None:
    sql = f"UPDATE {forger.table(table)} SET {column} = ? WHERE {_where(forger, table)}"
    forger.rows(sql, value, *_key(table, row))
