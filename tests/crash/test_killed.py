"""Commands that are killed at any moment: nothing lost, nothing doubled, and they finish."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import pytest

from tests.crash.conftest import Field
from tests.crash.judging import chosen, judge, killed
from tests.crash.works import works

KILLS = 300


@pytest.mark.listed(rate=15)
@pytest.mark.parametrize("number", range(KILLS))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed(
    kind: str, number: int, field_of: Callable[[str], Field], chance: random.Random
) -> None:
    """Whatever is killed and whenever: a state that is known, and the next run ends as ever."""
    field = field_of(kind)
    work = works()[number % len(works())]
    reference = field.reference(work)
    kill = chosen(reference, chance)
    print(f"{work.name}, killed {kill.said(reference)}")
    with field.ground.copy(field.begun(work)) as place:
        ended = killed(place, work, kill)
        assert ended.code in (0, -signal.SIGKILL), ended
        judge(field.ground, place, work, reference, ended.pid)
