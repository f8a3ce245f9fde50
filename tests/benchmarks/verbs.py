"""``python -m tests.benchmarks.verbs URL [TIMES]``: what verbs cost on a long journal.

The journal at URL (``tests.benchmarks.million`` makes one) loses its saved folds and gets them
anew, so give it one of your own. Each verb is a process of its own, start included; the best of
some times counts, since others may be at work on the machine.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from commands.saving import save_anew
from journal.opening import open_journal
from tests.benchmarks.processes import Taken, clew

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
    found = [clew(url, verb.split()) for _ in range(times)]
    return Taken(
        wall=min(one.wall for one in found),
        cpu=min(one.cpu for one in found),
        memory=max(one.memory for one in found),
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
