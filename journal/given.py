"""A statement as a program gives it to its own driver; data of the port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

Values = Sequence[Any] | Mapping[str, Any]
"""What is bound to the placeholders of a statement: by place, or by name."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that runs on a cursor of the program's, which keeps its rows and counts.

    ``sql`` bears the driver's placeholders, and ``values`` are those of its first row; without
    any, nothing in the text is a placeholder. ``perform`` runs it, once or for each row, and
    returns how many rows it counted. It runs again where the first run was taken back.
    """

    sql: str
    values: Values | None = None
    perform: Callable[[], int]
