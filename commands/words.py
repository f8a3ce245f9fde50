"""Numbers, times, and what the system says of files, in words for answers and messages."""

from __future__ import annotations

_SECONDS = 19
"""Characters of a time up to the second."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def reason(error: OSError) -> str:
    """Return why the system refused, in lower case."""
    return (error.strerror or type(error).__name__).lower()


def moment(recorded_at: str) -> str:
    """Return the time of an entry to the second, in UTC."""
    return recorded_at[:_SECONDS].replace("T", " ")
