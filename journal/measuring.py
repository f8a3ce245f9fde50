"""Measuring a query of the user's: how long it takes, and what the database makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

PATIENCE = 10.0
"""Seconds after which a query is not run once more."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """The seconds of each run, the rows of the last one, and what EXPLAIN said."""

    seconds: tuple[float, ...]
    rows: int
    plan: str


def measure(run: Callable[[], int], *, runs: int, plan: str) -> Measurement:
    """Run something that returns a number of rows several times, fewer where it takes long."""
    seconds: list[float] = []
    rows = 0
    while len(seconds) < runs and sum(seconds) < PATIENCE:
        began = time.perf_counter()
        rows = run()
        seconds.append(round(time.perf_counter() - began, 6))
    return Measurement(seconds=tuple(seconds), rows=rows, plan=plan)
