"""What a server knows of its objects beside their definitions: use, and what nothing uses."""

from __future__ import annotations

from journal.values import Value


class TableUse(Value, frozen=True, kw_only=True):
    """How often a table was read and written, as the server counted since ``since``.

    ``last_read`` and ``since`` are its texts of times, empty where it does not tell. ``query``
    is what anybody can run to see the same.
    """

    path: tuple[str, ...]
    rows: int
    reads: int
    lookups: int
    writes: int
    last_read: str = ""
    since: str = ""
    query: str


class Idle(Value, frozen=True, kw_only=True):
    """An object that nothing in the database depends on; ``query`` shows that."""

    kind: str
    path: tuple[str, ...]
    query: str


class Silenced(Value, frozen=True, kw_only=True):
    """A foreign key that is not enforced, since its triggers are off; ``query`` shows that."""

    table: tuple[str, ...]
    constraint: str
    query: str


class Signs(Value, frozen=True, kw_only=True):
    """All of that; SQLite counts nothing, and has no objects of these kinds."""

    uses: tuple[TableUse, ...] = ()
    idle: tuple[Idle, ...] = ()
    silenced: tuple[Silenced, ...] = ()
