"""Find the position where the answer of a query changed; the database is only read.

A scratch copy is walked back through the statements that touch what the query may read, in a
transaction that is never committed, and the query is asked on the way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from commands.bisect.answer import Bisection, Change, Result
from commands.bisect.asking import Question
from commands.bisect.candidates import Candidates, candidates
from commands.bisect.walking import Turn, Walk
from commands.opening import Target
from commands.places import position_of
from commands.running import Progress
from journal.copying import carry_images, scratch_copy
from journal.envelope import Entry
from journal.erased import Erased
from journal.errors import ClewError, NotExact, Refused, StatementFailed
from journal.events import DriftAccepted, RowsChanged, RunStarted, SchemaChanged, SequenceMoved
from journal.scratch import Wanted
from journal.store import Journal
from journal.url import URL
from journal.values import SchemaObject
from projections.schema import Schema, dotted


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Between which positions a change is looked for, and whether each is wanted.

    Without ``origin`` it is the baseline.
    """

    origin: str = ""
    target: str = "head"
    every: bool = False


def find_change(
    target: Target,
    query: str,
    within: Range = Range(),  # noqa: B008 - frozen
    *,
    expect: str | None = None,
    scratch: URL | None = None,
    programs: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Bisection:
    """Find where the answer of a query changed, or each place where it did.

    With ``expect``, where the answer became that value, or was it no longer. ``scratch`` is an
    empty database of the same kind to walk in, which is emptied again.

    Raises:
        Usage, NotFound: a position names none.
        Refused: it is no query, or would write; a position cannot be gone back to.
        NotKnownExact: something on the way is irreversible.
        StatementFailed: the query can run at neither end.
        Busy, Unreachable, NotExact: the copy could not be made, or not walked back.
    """
    asking = _Asking(target, query, within, expect, progress)
    asking.scratch, asking.programs = scratch, programs
    try:
        return asking.run(skip=True)
    except (Refused, NotExact, StatementFailed) as error:
        if not asking.walking:
            raise
        progress("once more, nothing left out", 0, 0)
        try:
            return asking.run(skip=False)
        except ClewError:
            raise error from None


class _Asking:
    def __init__(
        self,
        target: Target,
        query: str,
        within: Range,
        expect: str | None,
        progress: Progress,
    ) -> None:
        self.target = target
        self.query = query
        self.within = within
        self.expect = expect
        self.scratch: URL | None = None
        self.programs: Path | None = None
        self.progress = progress
        self.walking = False
        self.began = time.perf_counter()

    def run(self, *, skip: bool) -> Bisection:
        with self.target.journal() as journal:
            journal.database.expect_query(self.query)
            head = journal.head().position
            origin = position_of(journal, self.within.origin) if self.within.origin else 0
            target = position_of(journal, self.within.target)
            found = candidates(journal, self.query, origin, target, head=head, skip=skip)
        wanted = Wanted(
            lock_timeout=self.target.lock_timeout,
            into=self.scratch,
            programs=self.programs,
            rows_of=_rows_of(found),
        )
        self.progress("copy", 0, 0)
        with scratch_copy(self.target.url, wanted) as copied:
            timeout = self.target.lock_timeout
            carry_images(self.target.url, copied.url, found.carried, lock_timeout=timeout)
            stage = msgspec.structs.replace(self.target, url=copied.url)
            with stage.journal() as copy:
                if copy.head().position != head:
                    raise NotExact("the journal moved on while it was copied", hint="Try again.")
            question = Question(self.query, self.expect)
            with stage.database() as database:
                database.begin(foreign_keys=False)
                self.walking = True
                walk = Walk(
                    database,
                    found.known,
                    found.steps,
                    found.reach.objects,
                    question,
                    lambda done, total: self.progress("steps", done, total),
                )
                turns, last = self._walk(walk, found)
                database.abort()
        with self.target.journal() as journal:
            changes = tuple(_told(journal, found, turn) for turn in reversed(turns))
        return Bisection(
            query=self.query,
            origin=found.origin,
            target=found.target,
            changes=changes,
            last=last,
            complete=self._is_complete(found),
            candidates=found.high - found.low,
            probes=question.asked,
            tables=tuple(_tables(found)),
            everything=found.reach.everything,
            written_since=walk.written_since,
            seconds=round(time.perf_counter() - self.began, 3),
        )

    def _is_complete(self, found: Candidates) -> bool:
        """Tell whether each candidate was looked at."""
        return self.within.every or found.reach.sequences or found.high - found.low <= 1

    def _walk(self, walk: Walk, found: Candidates) -> tuple[list[Turn], Result]:
        """Return the changes, newest first, and the answer at the end."""
        walk.back(len(found.steps), found.high)
        last = walk.settled()
        if self.within.every or found.reach.sequences:
            turns, here = walk.every(found.high, found.low, last), found.low
        else:
            turn = walk.find(found.high, found.low, last)
            turns, here = ([turn], turn.step) if turn else ([], found.low)
        if walk.definitions() != found.read_at(here):
            raise NotExact("the copy did not become what the journal tells")
        if not (self.within.every or found.reach.sequences):
            turns = [walk.with_others(turn) for turn in turns]
        if last.error and not turns:
            raise StatementFailed(
                last.error, hint="The query fails in the same way at each position."
            )
        return turns, last


def _rows_of(found: Candidates) -> frozenset[tuple[str, ...]]:
    """Name the tables whose rows are needed: those read, and those they refer to."""
    objects = found.known.objects
    schema = Schema(objects=objects)
    wanted = {
        one.id: one
        for one in objects.values()
        if one.kind == "table" and one.id in found.reach.objects
    }
    ahead = list(wanted)
    while ahead:
        table = ahead.pop()
        for key in (one for one in objects.values() if one.parent == table):
            for one in _referred(schema, key):
                if one.id not in wanted:
                    wanted[one.id] = one
                    ahead.append(one.id)
    return frozenset(one.path for one in wanted.values())


def _referred(schema: Schema, key: SchemaObject) -> Iterator[SchemaObject]:
    """Yield the tables that hold what a foreign key refers to."""
    path = key.definition.get("references") if key.kind == "constraint" else None
    table = schema.find("table", tuple(path)) if path else None
    if table is not None:
        yield table
        yield from schema.holding(table)


def _tables(found: Candidates) -> Iterator[str]:
    if not found.reach.everything:
        for one in found.known.objects.values():
            if one.id in found.reach.objects and one.kind in ("table", "virtual"):
                yield dotted(one.path)


def _told(journal: Journal, found: Candidates, turn: Turn) -> Change:
    """Tell who brought a change about."""
    step = found.steps[turn.step - 1]
    (entry,) = journal.read(after=step.last - 1, last=step.last)
    started = _started(journal, entry)
    event = entry.event
    statement = (
        event.statement if isinstance(event, RowsChanged | SchemaChanged | SequenceMoved) else None
    )
    text = journal.database.content(statement.digest) if statement and statement.digest else None
    return Change(
        position=step.last,
        before=turn.before,
        after=turn.after,
        others=turn.others,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        run=entry.run,
        verb=started.verb if started else "",
        migration=started.migration if started else "",
        reason=event.reason if isinstance(event, DriftAccepted) else _reason(started),
        statement=statement.number if statement else None,
        line=statement.line if statement else None,
        text=_text(text),
    )


def _text(content: bytes | Erased | None) -> str:
    if isinstance(content, Erased):
        return str(content)
    return content.decode("utf-8", "backslashreplace") if content else ""


def _reason(started: RunStarted | None) -> str:
    return started.reason if started else ""


def _started(journal: Journal, entry: Entry) -> RunStarted | None:
    if not entry.run:
        return None
    for one in journal.read(run=entry.run, types=("RunStarted",)):
        if isinstance(one.event, RunStarted):
            return one.event
    return None
