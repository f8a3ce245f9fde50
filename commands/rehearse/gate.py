"""All that the gate would refuse, not only the first: what has to be waived, or left out."""

from __future__ import annotations

from collections.abc import Iterator

from commands.checked import check_scripts
from commands.script import read_script
from commands.sources import MigrationFile
from journal.database import Database
from journal.errors import NotKnownExact, Refused

_ELSEWHERE = frozenset(
    "copy database dblink foreign parameter program role server subscription system tablespace".split()
)
"""Words in the names of rules about what a copy shares with others."""


def stays_within(name: str) -> bool:
    """Tell whether what a rule of the gate is about stays within one database."""
    return name == "set-role" or _ELSEWHERE.isdisjoint(name.split("-"))


def refusals(
    file: MigrationFile, database: Database, allowed: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield for each rule that refuses a file its name and message.

    Only the rules of the gate have a name, and can be waived.
    """
    try:
        script = read_script(file, database.kind)
    except Refused as error:
        yield "", error.message
        return
    while True:
        try:
            check_scripts([script], database, allowed=allowed)
        except NotKnownExact as error:
            yield error.name, error.message
            allowed |= {error.name}
        except Refused as error:
            yield "", error.message
            return
        else:
            return
