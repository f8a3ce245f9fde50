"""Running a migration as apply does, and watching the locks and scans that it takes."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from commands.after import commands_of
from commands.checked import AppliedRun, CheckedPart, CheckedScript
from commands.performing import Manner
from commands.rehearse.answer import HeldLock
from commands.running import Runner
from commands.sofar import SoFar
from journal.database import Database
from journal.recording import Recording
from journal.values import Scan


class Observed:
    """Locks by table and mode, as long as they were held, and rows read from end to end."""

    def __init__(self, there: Mapping[str, object]) -> None:
        self._there = there
        self._since: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], float] = {}
        self._scanned: dict[str, int] = {}
        self._reading: dict[str, int] = {}
        self._by_table = True

    def look(self, database: Database, began: float) -> None:
        """Note what the open transaction holds; ``began`` is when its last statement did."""
        self._by_table = database.kind == "postgresql"
        for lock in database.locks():
            self._since.setdefault((lock.object, lock.mode), began)
        self._reading = {scan.object: scan.rows for scan in database.scans()}

    def ended(self) -> None:
        """The transaction ended, and let its locks go."""
        now = time.perf_counter()
        for key, since in self._since.items():
            self._held[key] = max(self._held.get(key, 0.0), now - since)
        for name, rows in self._reading.items():
            self._scanned[name] = self._scanned.get(name, 0) + rows
        self._since, self._reading = {}, {}

    def locks(self) -> tuple[HeldLock, ...]:
        """Return each lock with the longest time that it was held in one transaction."""
        return tuple(
            HeldLock(object=name, mode=mode, seconds=round(seconds, 3), new=self._new(name))
            for (name, mode), seconds in sorted(self._held.items())
        )

    def scans(self) -> tuple[Scan, ...]:
        """Return the tables that were there before and were read from end to end."""
        return tuple(
            Scan(object=name, rows=rows)
            for name, rows in sorted(self._scanned.items())
            if not self._new(name)
        )

    def _new(self, name: str) -> bool:
        return self._by_table and name not in self._there


class ObservedRunner(Runner):
    """A runner that watches, and leaves nothing outside of the database it runs on."""

    observed: Observed

    def execute(
        self, recording: Recording, part: CheckedPart, checked: CheckedScript, so_far: SoFar
    ) -> None:
        """Run one part, and note what it locked and read."""
        began = time.perf_counter()
        super().execute(recording, part, checked, so_far)
        self.observed.look(recording.database, began)

    def recording(self, session: Database, run: str) -> Recording:
        """Begin to record in a transaction; an earlier one has ended then."""
        self.observed.ended()
        return super().recording(session, run)

    def manner(self, checked: CheckedScript) -> Manner:
        """Return how parts run: backups go to a directory that is removed."""
        return msgspec.structs.replace(super().manner(checked), trial=True)

    def run_commands(self, checked: CheckedScript, answer: AppliedRun) -> AppliedRun:
        """Leave out the programs: nobody knows what they write to."""
        named = [one.name for one in commands_of(part.part for part in checked.parts)]
        notes = [f"command {name} was not run: it may write elsewhere" for name in named]
        if checked.script.batched:
            notes.append("locks of batches were not measured: each ends with its batch")
        return msgspec.structs.replace(answer, notes=(*answer.notes, *notes))
