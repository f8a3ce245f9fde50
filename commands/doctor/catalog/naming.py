"""What the name of a column says it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from commands.doctor.tables import Field, Reference, Table, Tables

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = ("_id", "_uuid", "_guid")
_IRREGULAR = {"person": "people", "child": "children", "man": "men", "woman": "women"}


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key that a column's name speaks of and nobody made.

    ``exact`` where the column is named after the whole name of the table; otherwise after its
    last word, as ``cart_id`` is after ``shopping_carts``.
    """

    table: Table
    column: Field
    parent: Table
    key: Field
    exact: bool

    @property
    def reference(self) -> Reference:
        """The foreign key that it would be."""
        return Reference(
            name=f"{self.table.path[-1]}_{self.column.name}_fkey",
            columns=(self.column.name,),
            parent=self.parent.path,
            referred=(self.key.name,),
        )


def snake(name: str) -> str:
    """Return a name in one spelling: ``userId``, ``UserID`` and ``user_id`` are the same."""
    return _HUMP.sub("_", name).lower()


def guesses(tables: Tables) -> Iterator[Guess]:
    """Yield what the names of columns without a foreign key say, where only one table is meant.

    Left out are partitions and heirs, whose parents are asked, and columns that a second one
    named ``..._type`` sends to several tables.
    """
    for table in tables.values():
        if table.partition or table.parents:
            continue
        bound = {column for reference in table.references for column in reference.columns}
        names = {snake(column.name) for column in table.columns}
        for column in table.columns:
            stem = _stem(column.name)
            if not stem or column.name in bound or column.generated or f"{stem}_type" in names:
                continue
            guess = _meant(table, column, stem, tables)
            if guess is not None:
                yield guess


def _meant(table: Table, column: Field, stem: str, tables: Tables) -> Guess | None:
    near = [
        one for one in tables.values() if one.path[:-1] == table.path[:-1] and not one.partition
    ]
    many = _plurals(stem)
    exact = [one for one in near if snake(one.path[-1]) in many]
    ends = tuple(f"_{word}" for word in many)
    loose = [one for one in near if snake(one.path[-1]).endswith(ends)]
    found = exact or loose
    if len(found) != 1 or found[0] is table:
        return None
    parent = found[0]
    key = _key(parent, column)
    if key is None or (not exact and table.key == (column.name,)):
        return None
    return Guess(table=table, column=column, parent=parent, key=key, exact=bool(exact))


def _key(parent: Table, column: Field) -> Field | None:
    """Return what the column would refer to: a key of the ending's own name, or the one key."""
    ending = snake(column.name).rpartition("_")[2]
    own = next((one for one in parent.columns if snake(one.name) == ending), None)
    if own is not None and parent.keyed_by((own.name,)):
        return own
    return parent.column(parent.key[0]) if len(parent.key) == 1 else None


def _stem(name: str) -> str:
    spelled = snake(name)
    return next((spelled[: -len(end)] for end in _ENDINGS if spelled.endswith(end)), "")


def _plurals(stem: str) -> frozenset[str]:
    head, _, last = stem.rpartition("_")
    before = f"{head}_" if head else ""
    found = {last, f"{last}s", f"{last}es", _IRREGULAR.get(last, last)}
    if last.endswith("y"):
        found.add(f"{last[:-1]}ies")
    return frozenset(before + word for word in found)
