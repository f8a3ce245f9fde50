"""One thing that a migration file makes, and what reading a file gives."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

EffectKind = Literal["table", "column", "index", "type"]

ANY = "*"
"""Stands for every name, where a file takes away what it does not spell out."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a file makes; ``table`` is that of a column or an index.

    ``schema`` is empty where the file does not say it. ``columns`` are words that an index
    hangs on. ``read`` tells how it was read.
    """

    kind: EffectKind
    name: str
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    read: str = ""

    @property
    def shown(self) -> str:
        """The name as one says it."""
        name = f"{self.table}.{self.name}" if self.kind == "column" else self.name
        return f"{self.kind} {self.schema + '.' if self.schema else ''}{name}"

    def stays(self, gone: AbstractSet[str]) -> bool:
        """Whether nothing that is ``gone``, in lower case, may have taken it away."""
        names = {self.name, self.table, *self.columns} - {""}
        return ANY not in gone and gone.isdisjoint(name.lower() for name in names)


class ReadFile(msgspec.Struct, frozen=True):
    """What a file makes for sure, and the names that it may take away."""

    made: tuple[Effect, ...] = ()
    gone: frozenset[str] = frozenset()


NOTHING = ReadFile()
