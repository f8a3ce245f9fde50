"""A report as one page of HTML that needs nothing else. Its names are handed out when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {"html": "commands.html.page", "pieces": "commands.html.page"}

__all__ = ["html", "pieces"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(home), name)
