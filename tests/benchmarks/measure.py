"""CPU and wall time of a piece of work, in this process and in a PostgreSQL backend."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(msgspec.Struct, kw_only=True):
    """Seconds of CPU (this process and the backend together) and of wall clock."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def measured(backends: Callable[[], list[int]] = list) -> Iterator[Cost]:
    """Measure a block; ``backends`` names the server's processes that work for it.

    Backends that end within the block are not counted, so keep them open until its end.
    """
    cost = Cost()
    before = {pid: _backend(pid) for pid in backends()}
    own, wall = time.process_time(), time.perf_counter()
    yield cost
    cost.wall = time.perf_counter() - wall
    cost.cpu = time.process_time() - own
    cost.cpu += sum(_backend(pid) - before.get(pid, 0.0) for pid in backends())


def peak_memory() -> float:
    """Return the peak resident size of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _backend(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
