"""Numbers in words, for answers and messages."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
