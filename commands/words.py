"""Numbers, and what the system says of files, in words for answers and messages."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def reason(error: OSError) -> str:
    """Return why the system refused, in lower case."""
    return (error.strerror or type(error).__name__).lower()
