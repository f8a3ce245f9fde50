"""Tables that refer to each other at random: what was not named stays, or the reset is refused."""

from __future__ import annotations

from itertools import product
from random import Random

import msgspec
import pytest

from tests.drills.operator import Operator
from tests.resets import shop

ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")
ROWS = 3


class Key(msgspec.Struct, frozen=True):
    """A column of a table that refers to a table, and to which of its rows each row does."""

    child: int
    column: str
    parent: int
    action: str
    refers: tuple[int | None, ...]

    @property
    def text(self) -> str:
        return f"FOREIGN KEY ({self.column}) REFERENCES t{self.parent} (id) ON DELETE {self.action}"


def keys_of(random: Random, tables: int) -> list[Key]:
    """Return foreign keys between any two tables, circles and self-references among them."""
    found = []
    for child, number in product(range(tables), range(2)):
        if random.random() < 0.7:
            refers = tuple(random.choice((None, 1, 2, 3)) for _ in range(ROWS))
            parent = random.randrange(tables)
            found.append(Key(child, f"r{number}", parent, random.choice(ACTIONS), refers))
    return found


def script(tables: int, keys: list[Key], *, sqlite: bool) -> str:
    """Return tables with three rows each, which refer to each other."""
    parts = []
    for table in range(tables):
        inline = [f", {one.text}" for one in keys if sqlite and one.child == table]
        parts.append(
            f"CREATE TABLE t{table} (id integer PRIMARY KEY, r0 integer, r1 integer{''.join(inline)})"
        )
    parts += [f"INSERT INTO t{table} (id) VALUES (1), (2), (3)" for table in range(tables)]
    if not sqlite:
        parts += [f"ALTER TABLE t{one.child} ADD {one.text}" for one in keys]
    parts += [
        f"UPDATE t{one.child} SET {one.column} = {to} WHERE id = {row}"
        for one in keys
        for row, to in enumerate(one.refers, start=1)
        if to is not None
    ]
    return ";\n".join(parts) + ";\n"


@pytest.mark.listed
@pytest.mark.parametrize("seed", range(6))
def test_any_shape(operator: Operator, seed: int) -> None:
    """Refused where a row that stays refers to one that goes; else these are gone, and come back."""
    random = Random(f"{seed} {operator.sqlite}")
    tables = random.randint(2, 5)
    keys = keys_of(random, tables)
    going = {one for one in range(tables) if random.random() < 0.7} or {0}
    before = operator.begin_with(script(tables, keys, sqlite=operator.sqlite))
    names = tuple(f"t{one}" for one in sorted(going))
    keep = tuple(f"t{one}" for one in range(tables) if one not in going)
    shop.migration(operator, shop.step(tables=names, keep=keep))
    left = [one for one in keys if one.parent in going and one.child not in going]
    if any(to for one in left for to in one.refers):
        shop.refused(operator, "rows that are not to go refer to rows that are")
        return
    shop.apply(operator)
    assert shop.rows(operator, *names) == [0] * len(names)
    after = operator.fingerprint()
    for table in keep:
        key = f"rows {table if operator.sqlite else f'public.{table}'}"
        assert after[key] == before[key]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
    operator.back("after:0001_reset")
    assert operator.fingerprint() == after
