"""Kill commands, and count what came of it: ``python -m tests.crash DATABASE [KILLS [SEED [WORK]]]``.

DATABASE is ``sqlite`` or the URL of a PostgreSQL server where databases may be made. WORK names
commands as the table does, with semicolons between them. Ctrl-C ends it with what was counted.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.crash.conftest import Field
from tests.crash.judging import chosen, judge, killed
from tests.crash.places import Ground
from tests.crash.works import works


def main(database: str, kills: int = 300, seed: int = 1, only: str = "") -> int:
    """Kill so often, work after work in turn; return how many were judged wrong."""
    home = Path(tempfile.mkdtemp(prefix="clew-crash-"))
    field = Field(Ground(home, "" if database == "sqlite" else database))
    ground = field.ground
    chance = random.Random(seed)
    told: Counter[tuple[str, str]] = Counter()
    every = [one for one in works() if not only or one.name in only.split(";")]
    references = {}
    began = time.monotonic()
    for number in range(kills):
        work = every[number % len(every)]
        base, reference = field.begun(work), field.reference(work)
        references[work.name] = reference
        kill = chosen(reference, chance)
        try:
            with ground.copy(base) as place:
                ended = killed(place, work, kill)
                stood = judge(ground, place, work, reference, ended.pid)
            outcome = stood if ended.code == -9 else "ended before"
        except KeyboardInterrupt:
            kills = number
            break
        except Exception:  # noqa: BLE001 - the next one is to be killed as well
            outcome = "WRONG"
            print(f"{number} {work.name} killed {kill.said(reference)}:", place.home)
            print(traceback.format_exc(limit=-2), flush=True)
        told[work.name, outcome] += 1
    outcomes = sorted({outcome for _, outcome in told})
    print("|", " | ".join(("command", "calls", "s", *outcomes)), "|")
    for one in every:
        if one.name in references:
            reference = references[one.name]
            facts = (one.name, len(reference.moments), f"{reference.seconds:.1f}")
            print("|", " | ".join(map(str, (*facts, *(told[one.name, o] for o in outcomes)))), "|")
    wrong = sum(count for (_, outcome), count in told.items() if outcome == "WRONG")
    print(f"{kills} kills, seed {seed}, {wrong} wrong, {time.monotonic() - began:.0f} s")
    if not wrong:
        field.clear()
    return wrong


if __name__ == "__main__":
    database, *more = sys.argv[1:]
    sys.exit(bool(main(database, *map(int, more[:2]), *more[2:])))
