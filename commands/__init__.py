"""What a person or a program asks for. Public names are handed out when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "check_out": "commands.checkout.checkout",
    "find_change": "commands.bisect.bisect",
    "journaled": "commands.program.alembic",
    "recording": "commands.program.recording",
    "row_history": "commands.one_row.history",
}

__all__ = ["check_out", "find_change", "journaled", "recording", "row_history"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from commands.foreign import foreign_package  # noqa: PLC0415 - only for those who ask

    if found := foreign_package():
        raise ImportError(
            f"the package {found} that Python finds is not Clew's: rename it, or record the"
            " program from outside with: clew record -- COMMAND"
        )
    return getattr(import_module(home), name)
