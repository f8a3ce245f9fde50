"""The scripts of a backup: what makes its tables elsewhere, without anything but a shell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.backup.manifest import AFTER, BEFORE
from journal.script import Script

_FIRST = "-- What the rows of this backup need. Run it first, in an empty database."
_THEN = "-- For when the rows are there: constraints, indexes, triggers, places of sequences."


def scripts_of(script: Script) -> Iterator[tuple[str, bytes]]:
    """Yield the files: their names, and what stands in them."""
    yield BEFORE, _file(_FIRST, script.before)
    yield AFTER, _file(_THEN, script.after)


def _file(head: str, statements: Sequence[str]) -> bytes:
    return "\n\n".join([head, *(f"{one};" for one in statements)]).encode() + b"\n"
