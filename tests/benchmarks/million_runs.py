"""Runs of a made-up journal: migrations, transforms, failures, rollbacks, and what people say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from uuid import UUID

from journal.events import (
    AnyEvent,
    BackupTaken,
    BackupVerified,
    CheckRun,
    ConflictDecided,
    ConflictFound,
    FieldUnmapped,
    MarkSet,
    RecordRejected,
    RowsChanged,
    RowsTransformed,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    SchemaChanged,
    SequenceMoved,
    SignedOff,
    Stamped,
    StatementIntended,
    StatementSettled,
)
from journal.known import reverse
from journal.store import text_digest
from journal.values import SequenceMove, Verb
from tests.benchmarks.million_world import World

BATCH = 100
"""Subjects of one batch of a transform."""

Events = Iterator[AnyEvent]
Told = list[tuple[str, AnyEvent]]
"""Events with the run they belong to, empty for those outside any."""


class Runs:
    """Makes one run after the other; ``head`` tells the position after the last one."""

    def __init__(self, world: World, *, rollbacks: float = 0.02) -> None:
        self.world = world
        self._rollbacks = rollbacks
        self.chance = world.chance
        self.head = 0
        self._number = 0
        self._marks = 0
        self._conflicts = 0
        self._back: list[tuple[int, list[AnyEvent]]] = []
        """What could be taken back: the position before a run, and what the run did."""

    def next(self, size: int) -> Told:
        """Tell of one run of about ``size`` entries."""
        self._number += 1
        draw = self.chance.random()
        if draw < 0.03:
            told = self._tell(self._transform(max(size * 10, 60)), verb="apply")
        elif draw < 0.05:
            told = self._tell(self._failed(), verb="apply")
        elif draw < 0.055:
            told = self._tell(self._interrupted(), verb="apply")
        elif draw < 0.055 + self._rollbacks and self._back:
            told = self._rollback()
        elif draw < 0.08 + self._rollbacks:
            told = self._tell(self._alone(max(size // 2, 2)), verb="apply", batched=True)
        else:
            told = self._tell(self._changes(max(size, 3)), verb="apply")
        told += [("", event) for event in self._beside()]
        self.head += len(told)
        return told

    def last(self) -> Told:
        """Tell of a run that brings the schema back to what it was at the baseline."""
        self._number += 1
        told = self._tell(self.world.tidy(), verb="apply")
        self.head += len(told)
        return told

    def _tell(self, events: Events, *, verb: Verb, batched: bool = False) -> Told:
        run = self._uuid()
        self.world.begin(run)
        name = migration(self._number)
        started = RunStarted(
            verb=verb,
            migration=name,
            file=f"{name}.sql",
            digest=hashlib.sha256(file_of(name).encode()).hexdigest(),
            batched=batched,
            user="app",
            host="host",
            clew="0.1.0",
        )
        done = list(events)
        self._back = [*self._back[-3:], (self.head, done)]
        if done and isinstance(done[-1], RunFailed | RunInterrupted):
            return [(run, event) for event in (started, *done)]
        ended = RunCompleted(statements=len(done), rows=len(done))
        return [(run, event) for event in (started, *done, ended)]

    def _uuid(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    # --- migrations -------------------------------------------------------------------

    def _changes(self, size: int) -> Events:
        world = self.world
        for number in range(1, size + 1):
            draw = self.chance.random()
            if draw < 0.006:
                yield world.rename_table(number, self.chance.choice(world.tables))
            elif draw < 0.012:
                yield world.rename_column(number, self.chance.choice(world.tables))
            elif draw < 0.03:
                yield world.make_or_drop(number)
            elif draw < 0.06:
                yield world.move_sequence(number)
            else:
                yield world.change_rows(number)
        if self.chance.random() < 0.3:
            yield CheckRun(name="rows are whole", passed=True, expected="0", found="0")

    def _alone(self, size: int) -> Events:
        """Statements outside a transaction, each of which changes rows."""
        for number in range(1, size + 1):
            statement = self.world.statement(number, f"reindex {number % 50}")
            yield StatementIntended(statement=statement, kind="reindex")
            yield StatementSettled(statement=statement, outcome="done")

    def _failed(self) -> Events:
        statement = self.world.statement(1, "select broken")
        yield RunFailed(error="a statement failed", sqlstate="42703", statement=statement)

    def _interrupted(self) -> Events:
        yield RunInterrupted(found_by="operator")

    # --- transforms -------------------------------------------------------------------

    def _transform(self, size: int) -> Events:
        """Batches of subjects, with conflicts, homeless fields and a rejected record."""
        step, batch = "merge", 0
        name = migration(self._number)
        while size > 0:
            batch += 1
            conflicts = self.chance.randint(0, 12)
            homeless = self.chance.randint(5, 40)
            for _ in range(conflicts):
                yield from self._conflict(step)
            for n in range(homeless):
                content = self._content({"fax": f"0{n}", "pager": n})
                yield FieldUnmapped(
                    step=step,
                    subject=str(n),
                    record=f"person:{n}",
                    fields=("fax", "pager"),
                    content=content,
                )
            yield self.world.change_rows(batch)
            if self.chance.random() < 0.02:
                yield self._rejected(step, batch)
            yield RowsTransformed(
                migration=name,
                step=step,
                batch=batch,
                subjects=BATCH,
                values=5 * BATCH,
                fates={"mapped": 4 * BATCH, "unmapped": 2 * homeless},
                targets={"customer_00": BATCH},
                conflicts=conflicts,
                unmapped=homeless,
                first=str(batch * BATCH),
                last=str(batch * BATCH + BATCH - 1),
                retried=(str(batch),) if self.chance.random() < 0.02 else (),
            )
            size -= conflicts * 2 + homeless + 2

    def _conflict(self, step: str) -> Events:
        self._conflicts += 1
        identity = f"c{self._conflicts}"
        table = self.chance.choice(self.world.tables)
        found = [
            {"record": "a:1", "field": "name", "value": "Ann"},
            {"record": "b:1", "field": "name", "value": f"Anne {self._conflicts % 500}"},
        ]
        yield ConflictFound(
            conflict=identity,
            step=step,
            subject=str(self._conflicts),
            field=f"{table.path[-1]}.name",
            candidates=self._content(found),
            count=2,
            table=table.id,
            column=table.columns[1].id,
            key=((table.columns[0].id, 1),),
        )
        if self.chance.random() < 0.97:
            yield ConflictDecided(conflict=identity, chosen=1, rule="prefer", reason="by rule")

    def _rejected(self, step: str, batch: int) -> AnyEvent:
        content = self._content({"id": batch, "name": None})
        return RecordRejected(
            step=step,
            subject=str(batch),
            record=f"person:{batch}",
            error="no name",
            content=content,
        )

    def _content(self, value: object) -> str:
        text = json.dumps(value)
        digest = text_digest(text)
        self.world.texts[digest] = text
        return digest

    # --- going back -------------------------------------------------------------------

    def _rollback(self) -> Told:
        """Take one to three runs back, with images that say so."""
        count = self.chance.randint(1, min(3, len(self._back)))
        taken, self._back = self._back[-count:], []
        run = self._uuid()
        self.world.begin(run)
        started = RunStarted(
            verb="rollback", origin=self.head, target=taken[0][0], if_changed="refuse"
        )
        done = [
            event
            for _, did in reversed(taken)
            for number, one in enumerate(reversed(did), start=1)
            for event in self._undone(number, one)
        ]
        ended = RunCompleted(statements=len(done), rows=len(done))
        return [(run, event) for event in (started, *done, ended)]

    def _undone(self, number: int, event: AnyEvent) -> Events:
        world = self.world
        match event:
            case RowsChanged(rows=rows):
                assert rows.images is not None
                removed, added = world.images(rows.run, rows.images.first)
                verb = "update" if removed and added else "delete" if added else "insert"
                yield world.put(number, rows.table, added, removed, verb)
            case SchemaChanged(changes=changes):
                yield world.put_schema(number, reverse(reversed(changes)))
            case SequenceMoved(move=move):
                back = SequenceMove(object=move.object, before=move.after, after=move.before)
                yield world.put_sequence(number, back)
            case _:
                pass

    # --- people -----------------------------------------------------------------------

    def _beside(self) -> Events:
        """What is said outside runs: marks, verdicts, stamps, backups."""
        draw = self.chance.random()
        if draw < 0.02:
            self._marks += 1
            yield MarkSet(name=f"release-{self._marks}", at=max(self.head, 1))
        elif draw < 0.025:
            yield SignedOff(at=max(self.head, 1), verdict="approved", reason="looked at it")
        elif draw < 0.035:
            name = f"stamped_{self._number:05}"
            yield Stamped(migration=name, reason="done by hand", done=True)
        elif draw < 0.04:
            identity = self._uuid()
            manifest = text_digest(identity)  # of a file that stands elsewhere
            yield BackupTaken(
                backup=identity,
                location=f"backups/{self._number}",
                manifest=manifest,
                tables={"customer_00": 40},
            )
            yield BackupVerified(backup=identity, passed=True, found="40 rows")


def migration(number: int) -> str:
    """Name a migration."""
    return f"{number:06}_step"


def file_of(name: str) -> str:
    """Return the text of a migration's file."""
    return f"-- {name}\n"
