"""Which migration files another tool has applied already, by what was imported of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.naming import Order, order_of
from commands.sources import MigrationFile
from projections.imported import Imported

_NUMBER = re.compile(r"[0-9]+")
_BY_NUMBER = ("dbmate", "golang-migrate", "rails")
"""Tools that note the number of a file and not its name."""


class AppliedElsewhere:
    """Tells whether a file was applied by another tool."""

    def __init__(self, imported: Iterable[Imported]) -> None:
        self._names: set[str] = set()
        self._numbers: set[int] = set()
        self._upto = -1
        self._version: Order | None = None
        for one in imported:
            if one.tool in _BY_NUMBER:
                self._numbers |= {int(name) for name in one.migrations if name.isdigit()}
                self._upto = max(self._upto, int(one.upto) if one.upto.isdigit() else -1)
            else:  # a change set of Liquibase is part of a file, and names none
                self._names |= {name.removesuffix(".sql") for name in one.migrations}
            if one.tool == "flyway" and one.upto:
                self._version = order_of(f"V{one.upto}__baseline")

    def has(self, file: MigrationFile) -> bool:
        """Whether the file's migration stands in some tool's bookkeeping as applied."""
        if file.name in self._names:
            return True
        number = _NUMBER.match(file.name)
        if number is not None:
            return int(number.group()) in self._numbers or int(number.group()) <= self._upto
        is_version = file.name.startswith("V") and not file.order[1]
        return self._version is not None and is_version and file.order <= self._version
