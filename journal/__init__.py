"""The write side: what happened, kept. Public names are handed out when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "ClewError": "journal.errors",
    "Entry": "journal.envelope",
    "Journal": "journal.store",
    "Recording": "journal.recording",
    "open_journal": "journal.opening",
}

__all__ = ["ClewError", "Entry", "Journal", "Recording", "open_journal"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(home), name)
