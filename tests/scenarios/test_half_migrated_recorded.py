"""The half-migrated platform: its drop-and-recreate "fix" run by hand, recorded, and brought back."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Sequence

import pytest

from journal.opening import parse_url
from tests.record.conftest import recorder as recorder  # noqa: PLC0414 - found by its name
from tests.record.recorder import Recorder
from tests.scenarios.half_migrated import ROWS, VARIANTS, Variant, seed, write_recreate

AGAIN = {"shopping_carts": 3, "cart_items": 2, "orders": 1, "order_items": 2}
"""Rows that the fix puts into the tables it makes anew."""


def begin(recorder: Recorder, variant: Variant) -> dict[str, str]:
    """Make the platform as it was found, with a journal beside it."""
    recorder.begin()
    recorder_kind = "sqlite" if recorder.kind == "sqlite" else "postgresql"
    seed(recorder.url, variant)
    recorder.clew("accept", "--reason", "as found")
    write_recreate(recorder.home / "fix", recorder_kind)
    return recorder.fingerprint()


def by_python(recorder: Recorder) -> Sequence[str]:
    """The fix as a Python program, which finds the database in its environment."""
    return (sys.executable, str(recorder.home / "fix" / "recreate.py"))


def by_shell(recorder: Recorder) -> Sequence[str]:
    """The fix as a script for the database's own shell."""
    script = str(recorder.home / "fix" / "recreate.sql")
    if recorder.kind == "sqlite":
        program, words = "sqlite3", [str(parse_url(recorder.url).database), f".read {script}"]
    else:
        program, words = "psql", ["-v", "ON_ERROR_STOP=1", "-q", "-f", script, recorder.url]
    if shutil.which(program) is None:
        pytest.skip(f"no {program} on this machine")
    return (program, *words)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("way", [by_python, by_shell])
def test_every_row_comes_back(recorder: Recorder, variant: Variant, way: object) -> None:
    """Every row, id and sequence value of what was dropped by hand comes back, and goes again."""
    assert callable(way)
    before = begin(recorder, variant)
    answer = recorder.record(*way(recorder))
    assert (answer.exit_code, answer.lost, answer.others) == (0, (), ()), recorder.err
    came, went = Counter[str](), Counter[str]()
    for one in answer.tables:  # PostgreSQL tells the table that went from the one that came
        name = one.table.rpartition(".")[2]
        came[name] += one.added + one.changed
        went[name] += one.removed + one.changed
    missing = {"orders"} if variant == "orders_missing" else set()
    assert came == AGAIN
    assert +went == {name: ROWS[name] for name in AGAIN if name not in missing}
    after = recorder.fingerprint()
    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after
    assert recorder.go(answer.first) == before


def test_the_attempt_is_kept(recorder: Recorder) -> None:
    """A fix that fails half-way is on record with what it said, and what it left goes back."""
    before = begin(recorder, "uuid")
    script = recorder.home / "fix" / "recreate.py"
    text = script.read_text()
    script.write_text(text.replace("(3, 'second')", "(99, 'second')") + 'raise SystemExit("no")\n')
    answer = recorder.record(*by_python(recorder))
    assert answer.exit_code == 1
    (failed,) = recorder.entries("RunFailed")
    said = recorder.content(failed.event.output)  # type: ignore[union-attr]
    assert (b"no" if recorder.kind == "sqlite" else b"ForeignKeyViolation") in said
    assert recorder.go(answer.first) == before
