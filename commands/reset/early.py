"""What can be said against a reset before anything of its migration runs."""

from __future__ import annotations

from collections.abc import Collection

from commands.backup.reading import problems_in
from commands.checked import CheckedScript
from commands.reset.candidates import asked_for, candidates, opened, unknown
from commands.transform.loading import StepPart
from commands.transform.steps import Reset
from journal.database import Database
from journal.errors import ClewError, Refused

HINT = "Take another one with clew backup take, and name that."


def refuse_broken(script: CheckedScript, stands: Collection[int], database: Database) -> None:
    """Look whether the backups that resets name are whole, before anything is dropped.

    ``stands`` are the numbers of parts that an earlier attempt has done. Whether a backup holds
    the rows that go is seen when they do.

    Raises:
        Refused: one is not known to the journal, or is not whole.
    """
    for part in script.parts:
        match part.part:
            case StepPart(number=number, step=Reset(backup=named)) if (
                named and number not in stands
            ):
                wrong = _wrong(named, database)
                if wrong:
                    raise Refused(f"{script.script.file.path}: {wrong}", hint=HINT)


def _wrong(named: str, database: Database) -> str:
    """Say of the newest backup of the name what is wrong where none of the name is whole."""
    asked = asked_for([*candidates(database)][::-1], named)
    if not asked:
        return unknown(named)
    wrong = ""
    for one in asked[::-1]:
        try:
            stored = opened(one)
        except ClewError as error:
            wrong = error.message
            continue
        problems = problems_in(stored.location, stored.manifest, lambda *_: None)
        wrong = next((problem.text for problem in problems), "")
        if not wrong:
            return ""
    return f"backup {asked[0].backup[:8]}: {wrong}"
