"""Rules of the gate that are waived for a statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from journal.errors import NotKnownExact


class Waivers(frozenset[str]):
    """Names of waived rules, which remembers those that were asked for.

    A statement that the gate does not know, and that is waived, is waived whole.
    """

    used: list[str]
    whole: bool

    def __new__(cls, names: Iterable[str]) -> Self:
        """Make it from names."""
        made = super().__new__(cls, names)
        made.used = []
        made.whole = False
        return made

    def __contains__(self, name: object) -> bool:
        """Tell whether a rule is waived, and remember that it was."""
        found = super().__contains__(name)
        if found and isinstance(name, str) and name not in self.used:
            self.used.append(name)
        return found or self.whole

    def need(self, error: NotKnownExact) -> None:
        """Go on where the rule is waived. Raises ``error`` where it is not."""
        if error.name not in self:
            raise error
