"""What is said of a value that does not convert."""

from __future__ import annotations


class Unfit(Exception):
    """A value does not convert; the reason shows nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
