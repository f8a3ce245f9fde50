"""Migration files run on a scratch database, statement by statement, past every failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from commands.rehearse.gate import stays_within
from commands.script import Script, read_script
from commands.sources import MigrationFile
from commands.split.statements import Part, leading_words, on_one_line
from commands.transform.loading import StepPart
from journal.errors import NotKnownExact, Refused
from journal.trying import Refusal, Trial
from journal.values import ObjectChange, SchemaObject

Thing = tuple[str, tuple[str, ...]]
"""Kind and path of an object; a column is of the kind ``column``."""

_QUIET = frozenset(
    "insert update delete select values set reset comment grant revoke analyze".split()
)
"""First words of statements that make no object."""

_ALREADY = {"42P06": ("create", "schema"), "42710": ("create", "extension")}
"""What a fresh database had made for it, and a file makes too."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a statement stands."""

    file: str
    line: int
    number: int

    @property
    def told(self) -> str:
        """File and line, for a person."""
        return f"{self.file} line {self.line}"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as tried: what it made, or what was said against it.

    ``shown`` is it on one line. ``after`` is the later statement that it works after, where it works at all. ``changes``
    are objects of one kind and path as they were and became; identities mean nothing here.
    """

    migration: str
    place: Place
    sql: str
    shown: str = ""
    refusal: Refusal | None = None
    after: Place | None = None
    changes: tuple[ObjectChange, ...] = ()

    @property
    def made(self) -> frozenset[Thing]:
        """What was not there before it."""
        before = {thing for change in self.changes for thing in things(_all(change.before))}
        after = {thing for change in self.changes for thing in things(_all(change.after))}
        return frozenset(after - before)


class Attempts(msgspec.Struct, frozen=True, kw_only=True):
    """All statements of some files in the order in which they worked, or failed for good.

    ``unread`` are files that could not be taken apart, with the reason; ``left_out`` are
    statements that reach beyond one database, and were not run.
    """

    all: tuple[Attempt, ...]
    schema: tuple[SchemaObject, ...]
    unread: tuple[tuple[str, str], ...] = ()
    left_out: tuple[Place, ...] = ()


def attempt_all(
    trial: Trial, files: Iterable[MigrationFile], *, again: bool = False, look: bool = True
) -> Attempts:
    """Run files on a scratch database, each in a transaction of its own.

    With ``again`` a statement that names what is not there is tried again after each later
    one, so that what it needs is found, and what it makes is made. Without ``look`` nothing
    tells what each statement changes, which costs most of the time.
    """
    running = _Running(trial, again=again, look=look)
    for file in files:
        running.file(file)
    return Attempts(
        all=(*running.done, *(one for _, one, _ in running.waiting)),
        schema=trial.schema(),
        unread=tuple(running.unread),
        left_out=tuple(running.left_out),
    )


def things(objects: Iterable[SchemaObject]) -> Iterator[Thing]:
    """Name all that stands in a schema, columns apart."""
    for one in objects:
        yield one.kind, one.path
        for column in one.columns:
            yield "column", (*one.path, column.name)


def changes(
    before: Iterable[SchemaObject], after: Iterable[SchemaObject]
) -> tuple[ObjectChange, ...]:
    """Return what differs between two readings of one schema, by kind and path."""
    old = {(one.kind, one.path): one for one in before}
    new = {(one.kind, one.path): one for one in after}
    return tuple(
        ObjectChange(before=old.get(key), after=new.get(key))
        for key in {**old, **new}
        if old.get(key) is not new.get(key) and old.get(key) != new.get(key)
    )


def _all(one: SchemaObject | None) -> tuple[SchemaObject, ...]:
    return () if one is None else (one,)


class _Running:
    def __init__(self, trial: Trial, *, again: bool, look: bool) -> None:
        self.trial = trial
        self.again = again
        self.look = look
        self.schema = trial.schema() if look else ()
        self.done: list[Attempt] = []
        self.waiting: list[tuple[Part, Attempt, bool]] = []
        self.unread: list[tuple[str, str]] = []
        self.left_out: list[Place] = []

    def file(self, file: MigrationFile) -> None:
        """Run one file."""
        try:
            script = read_script(file, self.trial.kind)
        except Refused as error:
            self.unread.append((file.path, error.message))
            return
        if script.transaction:
            self.trial.begin(foreign_keys=script.foreign_keys)
        for part in script.parts:
            self._part(script, part)
        if script.transaction:
            self._end(script)

    def _part(self, script: Script, part: Part) -> None:
        place = Place(file=script.file.path, line=part.line, number=part.number)
        if isinstance(part, StepPart):
            return
        shown = on_one_line(part.text, self.trial.kind)
        one = Attempt(migration=script.file.name, place=place, sql=part.text, shown=shown)
        if not self._may_run(part):
            self.left_out.append(place)
            return
        refusal = self._run(part, within=script.transaction)
        if refusal is None:
            self._worked(one, part)
            self._try_again(place, within=script.transaction)
        elif self.again and refusal.undefined:
            failed = msgspec.structs.replace(one, refusal=refusal)
            self.waiting.append((part, failed, script.transaction))
        elif _ALREADY.get(refusal.state) != leading_words(part.text, self.trial.kind, 2):
            self.done.append(msgspec.structs.replace(one, refusal=refusal))

    def _run(self, part: Part, *, within: bool) -> Refusal | None:
        return self.trial.attempt(part.text, part.data) if within else self.trial.alone(part.text)

    def _may_run(self, part: Part) -> bool:
        """Keep from the server what a scratch database shares with others."""
        try:
            self.trial.classify(part.text)
        except NotKnownExact as error:
            return stays_within(error.name)
        except Refused:
            return False
        return True

    def _worked(self, one: Attempt, part: Part) -> None:
        before = self.schema
        words = leading_words(part.text, self.trial.kind, 1)
        if self.look and not (words and words[0] in _QUIET):
            self.schema = self.trial.schema()
        self.done.append(msgspec.structs.replace(one, changes=changes(before, self.schema)))

    def _try_again(self, place: Place, *, within: bool) -> None:
        """Try what waits, in its order, until nothing more of it works."""
        moved = True
        while moved:
            moved = False
            for entry in tuple(self.waiting):
                part, one, transaction = entry
                if transaction == within and self._run(part, within=within) is None:
                    self.waiting.remove(entry)
                    self._worked(msgspec.structs.replace(one, after=place), part)
                    moved = True

    def _end(self, script: Script) -> None:
        refusal = self.trial.end()
        if refusal is None:
            return
        self.schema = self.trial.schema() if self.look else ()
        last = script.parts[-1] if script.parts else Part(number=1, line=1, text="")
        place = Place(file=script.file.path, line=last.line, number=last.number)
        self.done.append(
            Attempt(
                migration=script.file.name,
                place=place,
                sql="COMMIT",
                shown="COMMIT",
                refusal=refusal,
            )
        )
