"""What a table was and what it became, staged: one table's part in an undoing."""

from __future__ import annotations

import re

import msgspec

from journal.postgresql.connection import Session, quote
from journal.postgresql.images import Shape
from journal.postgresql.reading import value
from journal.postgresql.staging import laid_out
from journal.values import Column

_EXACT = re.compile(
    r"(smallint|integer|bigint|oid|uuid|boolean|date|bytea|text|character varying"
    r"|timestamp(\([0-9]\))? with(out)? time zone)(\([0-9]+\))?"
)
"""Types whose values are equal only where their texts are, under an ordinary collation."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One table's work: its shape and the temporary tables of its images.

    ``before`` and ``after`` are what names them in FROM.
    """

    shape: Shape
    before_table: str
    after_table: str

    @property
    def before(self) -> str:
        """The rows as they were: ``changed``, ``n`` and the columns."""
        return self._laid_out(self.before_table)

    @property
    def after(self) -> str:
        """The rows as the statement left them."""
        return self._laid_out(self.after_table)

    def _laid_out(self, table: str) -> str:
        return laid_out(table, [column.id for column in self.shape.columns], "changed", "n")


def columns_of(shape: Shape) -> list[str]:
    """The names of the staged columns."""
    return [f"c{column.id}" for column in shape.columns]


def live_texts(shape: Shape) -> list[str]:
    """The text of each column of the live table ``t``."""
    return list(shape.texts_of("t"))


def key_columns(shape: Shape) -> str:
    """The staged columns of the key, listed."""
    return ", ".join(f"c{column.id}" for column in shape.key)


def same_row(shape: Shape, one: str, other: str) -> str:
    """The condition that an UPDATE can turn one row into the other."""
    kept = (
        f"{one}.c{column.id} IS NOT DISTINCT FROM {other}.c{column.id}" for column in fixed(shape)
    )
    return " AND ".join((same_key(shape, one, other), *kept))


def same_live_row(shape: Shape, stage: str) -> str:
    """The condition that an UPDATE can turn the live row ``t`` into a staged one."""
    kept = (
        f"t.{quote(c.name)} IS NOT DISTINCT FROM {value(f'{stage}.c{c.id}', c.definition['type'])}"
        for c in fixed(shape)
    )
    return " AND ".join((at_key(shape, stage), *kept))


def fixed(shape: Shape) -> list[Column]:
    """Columns that no UPDATE may set: identities that are generated always."""
    return [column for column in shape.columns if column.definition.get("identity") == "always"]


def same_key(shape: Shape, one: str, other: str) -> str:
    """The condition that two staged rows bear one key."""
    return " AND ".join(f"{one}.c{c.id} = {other}.c{c.id}" for c in shape.key)


def alike(session: Session, side: Side) -> bool:
    """Tell whether a key becomes one that the table holds to be equal, and that reads otherwise."""
    shape = side.shape
    if not shape.key or _exact(shape):
        return False
    equal = " AND ".join(
        f"{value(f'a.c{c.id}', c.definition['type'])} = {value(f'b.c{c.id}', c.definition['type'])}"
        for c in shape.key
    )
    return bool(
        session.value(
            f"SELECT EXISTS (SELECT FROM {side.before} b JOIN {side.after} a"
            f" ON {equal} WHERE NOT ({same_key(shape, 'a', 'b')}))"
        )
    )


def _exact(shape: Shape) -> bool:
    return all(
        _EXACT.fullmatch(c.definition["type"]) and "collation" not in c.definition
        for c in shape.key
    )


def at_key(shape: Shape, stage: str = "s") -> str:
    """The condition that the live row ``t`` bears the key of a staged one."""
    return " AND ".join(
        f"t.{quote(c.name)} = {value(f'{stage}.c{c.id}', c.definition['type'])}" for c in shape.key
    )
