"""Random histories: what is checked out is what the oracle saw when the position was the head."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from commands.apply import apply
from commands.checkout.checkout import check_out
from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from journal.opening import parse_url
from tests.checkout.places import elsewhere
from tests.histories.growing_each import growing
from tests.rehearsal.theatre import programs
from tests.support.oracle import fingerprint

ASKER = Asker(actor="dana")
NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
MIGRATIONS, TABLES, VISITS = (60, 20, 20) if NIGHTLY else (5, 3, 2)


@pytest.mark.parametrize("seed", [3, *([11, 12, 13] if NIGHTLY else [])])
def test_any_position(url: str, tmp_path: Path, seed: int) -> None:
    """Positions of a random history, before and after rollbacks, are checked out exactly."""
    target, random = Target(url=parse_url(url)), Random(seed)
    init(target, name="grown", asker=ASKER)
    seen = {_head(target): fingerprint(url)}
    directory = tmp_path / "migrations"
    directory.mkdir()
    made = growing(seed, sqlite=url.startswith("sqlite"))
    for number, (name, text) in enumerate(made.migrations(MIGRATIONS, tables=TABLES)):
        (directory / f"{name}.sql").write_text(text, encoding="utf-8")
        apply(target, [directory], to=name, asker=ASKER)
        seen[_head(target)] = fingerprint(url)
        if number == MIGRATIONS // 2:
            there = random.choice(sorted(seen)[1:-1])
            rollback(target, str(there), asker=ASKER)
            seen[_head(target)] = fingerprint(url)
            assert seen[_head(target)] == seen[there]
            apply(target, [directory], asker=ASKER)
            seen[_head(target)] = fingerprint(url)
    now = fingerprint(url)
    for position in [min(seen), *random.sample(sorted(seen)[1:], VISITS - 1)]:
        with elsewhere(url, tmp_path) as then:
            into = parse_url(then)
            answer = check_out(target, str(position), into, asker=ASKER, programs=programs())
            assert (answer.position, answer.written_since) == (position, 0)
            assert fingerprint(then) == seen[position], position
    assert fingerprint(url) == now


def _head(target: Target) -> int:
    with target.journal() as journal:
        return journal.head().position
