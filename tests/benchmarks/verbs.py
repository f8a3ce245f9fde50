"""``python -m tests.benchmarks.verbs URL [TIMES]``: what verbs cost on a long journal.

The journal at URL (``tests.benchmarks.million`` makes one) loses its saved folds and gets them
anew, so give it one of your own. Each verb is a process of its own, start included; the best of
some times counts, since others may be at work on the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from commands.saving import save_anew
from journal.opening import open_journal

VERBS = (
    "status",
    "check",
    "schema",
    "schema --at {middle}",
    "schema --at 2025-01-01T09:30",
    "diff {middle} head",
    "rollback --plan @before-the-way-back",
    "rollback --plan head~8",
    "apply --dry-run {file}",
    "conflicts --format jsonl",
    "log -n 20",
)
_CLEW = "from commands.cli.main import main; main()"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds on the clock and of CPU, and the peak resident size in MB, of one process."""

    wall: float
    cpu: float
    memory: float


def measure(url: str, times: int) -> Iterator[str]:
    """Yield a row of Markdown for each verb: without saved folds, and with."""
    with tempfile.TemporaryDirectory(prefix="clew-verbs-") as home:
        file = Path(home) / "999999_nothing.sql"
        file.write_text("update scratch set a = a where false;")
        with open_journal(url) as journal:
            middle = journal.head().position // 2
            journal.database.begin()
            journal.database.make_saved()
            journal.database.commit()
        verbs = [verb.format(middle=middle, file=file) for verb in VERBS]
        without = {verb: _best(url, verb, times) for verb in verbs}
        with open_journal(url) as journal:
            save_anew(journal, actor="benchmark")
        for verb in verbs:
            one, other = without[verb], _best(url, verb, times)
            name = verb.replace(str(file), "FILE")
            yield (
                f"| `{name}` | {one.wall:.2f} | {one.cpu:.2f} | {one.memory:.0f}"
                f" | {other.wall:.2f} | {other.cpu:.2f} | {other.memory:.0f} |"
            )


def _best(url: str, verb: str, times: int) -> Taken:
    found = [_one(url, verb) for _ in range(times)]
    return Taken(
        wall=min(one.wall for one in found),
        cpu=min(one.cpu for one in found),
        memory=max(one.memory for one in found),
    )


def _one(url: str, verb: str) -> Taken:
    began = time.perf_counter()
    command = [sys.executable, "-c", _CLEW, "--db", url, *verb.split()]
    with Path(os.devnull).open("wb") as nothing:
        actions = [(os.POSIX_SPAWN_DUP2, nothing.fileno(), out) for out in (1, 2)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
        _, code, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(code) not in (0, 1, 3):
        sys.exit(f"clew {verb} ended with {os.waitstatus_to_exitcode(code)}")
    return Taken(
        wall=time.perf_counter() - began,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss / 1024,
    )


def main(arguments: list[str]) -> None:
    """Print a table of Markdown."""
    url, *times = arguments
    print("| verb | s | CPU s | MB | saved: s | CPU s | MB |")
    print("|---|---|---|---|---|---|---|")
    for row in measure(url, int(times[0]) if times else 3):
        print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
