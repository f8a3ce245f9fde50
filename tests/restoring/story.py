"""A backup, what happens after it, and the way back and forth: judged by the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backups.files import take
from tests.drills.operator import Operator


def restore(operator: Operator, place: Path, *words: str, code: int = 0) -> str:
    """Restore without a question."""
    return operator.type("backup", "restore", str(place), "--yes", *words, code=code)


def foresee(operator: Operator, place: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """Say what a restore would do; nothing of it is kept."""
    before, head = operator.fingerprint(), len(operator.lines("log"))
    answer: dict[str, Any] = operator.json(
        "backup", "restore", str(place), "--dry-run", *words, code=code
    )
    assert operator.fingerprint() == before
    assert len(operator.lines("log")) == head
    return answer


def there_and_back(operator: Operator, *changes: str, words: tuple[str, ...] = ()) -> Path:
    """Back up, change, restore, roll back, and go forward; each time all is as it was then."""
    before = operator.fingerprint()
    place = take(operator)
    operator.application(*changes)
    changed = operator.fingerprint()
    head = operator.lines("log")[-1]["position"]
    foreseen = foresee(operator, place, *words)
    answer = operator.json("backup", "restore", str(place), "--yes", *words)
    assert answer["tables"] == foreseen["tables"]
    assert answer["rows"] == foreseen["rows"]
    assert operator.fingerprint() == before
    restored = operator.lines("log")[-1]["position"]
    operator.back(str(head))
    assert operator.fingerprint() == changed
    operator.back(str(restored))
    assert operator.fingerprint() == before
    return place


def refused(operator: Operator, place: Path, *words: str, code: int = 3) -> str:
    """Expect a restore to be refused, and the dry run to have foreseen that; return why."""
    foreseen = foresee(operator, place, *words, code=code)
    before = operator.fingerprint()
    restore(operator, place, *words, code=code)
    said = operator.err
    assert foreseen["blocked"] in said
    assert operator.fingerprint() == before
    assert operator.lines("log")[-1]["type"] == "RunFailed"
    return said
