"""Planning a copy: both databases looked at as of one moment, and nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import msgspec

from commands.copy.answer import CopyAnswer, Dangling, SourceFacts
from commands.copy.before import Before, before
from commands.copy.examining import TWINS, Examination, Examining, Progress
from commands.copy.found import look
from commands.copy.isolation import Violation, violations
from commands.copy.places import place_of
from commands.copy.plan import CopyPlan
from commands.copy.planning import plan
from commands.copy.spec import Copy
from commands.copy.staging import Staging, staging
from commands.copy.suspecting import Suspected, suspected
from commands.observing import identified
from commands.opening import Target
from journal.database import Database
from journal.errors import ChangedSince, ClewError, Refused, Usage, rows
from journal.known import Known
from journal.store import Clock, Journal, timestamp
from journal.values import SchemaObject, SequenceState
from projections.schema import dotted

NOTHING = Known(objects={}, next_id=1)


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was planned; both moments stand open as long as it is used."""

    facts: SourceFacts
    plan: CopyPlan
    before: Before
    examination: Examination
    counters: dict[int, SequenceState]
    schema: tuple[SchemaObject, ...]
    room: Staging
    violations: tuple[Violation, ...] = ()
    suspected: tuple[Suspected, ...] = ()

    @property
    def answer(self) -> CopyAnswer:
        """What is going to be done."""
        plan = self.plan
        made = [table for table in plan.tables if not table.exists]
        return CopyAnswer(
            done=False,
            source=self.facts,
            tables=tuple(one.answer for one in self.examination.tables),
            again=self.before.fact is not None,
            resumed=self.before.cut,
            creates=tuple(dotted(table.target) for table in made),
            ddl=(*plan.before, *(sql for table in made for sql in table.create)),
            differences=tuple(one.text for one in plan.differences),
            dangling=(*self.examination.dangling, *self._suspected()),
            violations=self.violations,
        )

    def _suspected(self) -> Iterator[Dangling]:
        """References that only names tell of, among the tables that are copied."""
        names = {dotted(table.source.path) for table in self.plan.tables}
        for one in self.suspected:
            if one.table in names:
                yield Dangling(
                    table=one.table,
                    columns=one.columns,
                    references=one.references,
                    rows=one.rows,
                    told_by="name",
                )

    def nothing(self, spec: Copy) -> bool:
        """Tell whether there is nothing to write: all was copied, and is as it was."""
        return (
            self.before.fact is not None
            and self.before.fact.complete
            and all(table.exists for table in self.plan.tables)
            and not any(one.brings(spec.if_changed) for one in self.examination.tables)
        )

    def blocked(self, spec: Copy) -> str:
        """Tell why it would be refused; empty where it would not."""
        try:
            self.hold(spec)
        except Refused as error:
            return error.message
        return ""

    def hold(self, spec: Copy) -> None:
        """Hold what was found against what was asked for.

        Raises:
            Refused: rows refer to none, and that refuses the copy.
            ChangedSince: somebody wrote rows in the target since the last copy.
        """
        twins = {one.name: one.reasons.get(TWINS, 0) for one in self.examination.tables}
        if sum(twins.values()) and spec.orphans == "refuse":
            names = ", ".join(name for name, some in twins.items() if some)
            raise Refused(
                f"{rows(sum(twins.values()))} of {names} have a key that another row has too",
                hint="See them with --dry-run; mend them, or set them aside with"
                " --orphans quarantine.",
            )
        orphans = sum(one.orphans for one in self.examination.tables)
        if orphans and spec.orphans == "refuse":
            names = ", ".join(one.name for one in self.examination.tables if one.orphans)
            raise Refused(
                f"{rows(orphans)} of {names} would refer to none",
                hint="See them with --dry-run; mend them, or set them aside with"
                " --orphans quarantine.",
            )
        written = [one for one in self.examination.tables if one.found.written]
        if written and spec.if_changed == "refuse":
            counted = sum(one.found.written for one in written)
            names = ", ".join(dotted(one.plan.target) for one in written)
            raise ChangedSince(
                f"{rows(counted)} of {names} were written in the target since they were copied",
                hint="See them with --dry-run; then give --if-changed keep or overwrite.",
            )


def refuse_same(source: Target, target: Target) -> None:
    """Raises ``Usage`` where rows would be copied into the database that they are in."""
    if place_of(source.url) == place_of(target.url):
        raise Usage(
            "source and target are the same database",
            hint="Name two databases with --from and --to.",
        )


@contextmanager
def prepared(
    spec: Copy,
    source: Target,
    *,
    target: Database,
    journal: Journal,
    known: Known,
    apart: bool,
    clock: Clock,
    dry: bool,
    progress: Progress,
) -> Iterator[Prepared]:
    """Open the source, plan the copy, and look at every row.

    ``apart`` tells that ``target`` has no transaction open: then one that only reads is opened
    for as long as it is looked at. Rows of a ``dry`` run are not kept for the writing.

    Raises:
        Unreachable: the source cannot be reached.
        NotFound: a table that is named is not there.
        Refused: the copy cannot be made as declared.
    """
    with source.database() as session, staging() as room, ExitStack() as open_:
        schema = identified(session, NOTHING)
        tables = [one for one in schema if one.kind == "table"]
        with session.examine() as ask:
            found = look(ask, _to_be_made(tables, spec, known), session.kind)
            mixed = violations(spec.isolation, spec.references, schema, session.kind, ask)
            hinted = suspected(spec.references, schema, session.kind, ask)
        planned = plan(
            spec,
            schema,
            known.objects.values(),
            kinds=(session.kind, target.kind),
            found=found,
            ddl=session.ddl,
        )
        _hold(planned)
        chosen = [table.source for table in planned.tables]
        open_.enter_context(_as_of_one_moment(session, chosen))
        if identified(session, NOTHING) != schema:
            raise Refused("the source changed while it was looked at", hint="Try once more.")
        facts = _facts(session, source, clock)
        earlier = before(journal, facts.copied, facts.place, facts.journal)
        with ExitStack() as looking:
            if apart:
                there = {table.target for table in planned.tables if table.exists}
                objects = [one for one in known.objects.values() if one.path in there]
                looking.enter_context(
                    target.snapshot([one for one in objects if one.kind == "table"])
                )
            examination = Examining(
                planned,
                source=session,
                target=target,
                known=known.objects,
                journal=journal,
                before=earlier,
                room=room,
                spooled=not dry,
                progress=progress,
            ).examine()
        yield Prepared(
            facts=_named_as_before(facts, earlier),
            plan=planned,
            before=earlier,
            examination=examination,
            counters=dict(session.read_sequences({one.id: one for one in schema})),
            schema=schema,
            room=room,
            violations=mixed,
            suspected=hinted,
        )


def _to_be_made(tables: Iterable[SchemaObject], spec: Copy, known: Known) -> Iterator[SchemaObject]:
    """Yield the tables whose types have to be chosen: the target says those of all others."""
    there = {one.path[-1].lower() for one in known.objects.values() if one.kind == "table"}
    for table in tables:
        chosen = not spec.tables or {table.path[-1], dotted(table.path)} & set(spec.tables)
        if spec.create and chosen and table.path[-1].lower() not in there:
            yield table


@contextmanager
def _as_of_one_moment(source: Database, tables: Sequence[SchemaObject]) -> Iterator[None]:
    """Read within one transaction; how it ends does not matter once all was read."""
    with ExitStack() as open_:
        open_.enter_context(source.snapshot(tables))
        try:
            yield
        finally:
            with suppress(ClewError):
                open_.close()


def _hold(planned: CopyPlan) -> None:
    if planned.problems:
        first, more = planned.problems[0], len(planned.problems) - 1
        also = f" (and {more} more)" if more else ""
        raise Refused(f"{first.text}{also}", hint=first.hint)
    if not planned.tables:
        raise Refused("the source has no table to copy")


def _facts(session: Database, source: Target, clock: Clock) -> SourceFacts:
    """Describe the source; a journal's identity outlives a move, a place does not."""
    identity = session.identity()
    place = place_of(source.url)
    return SourceFacts(
        copied=identity.id if identity else place,
        database=session.kind,
        server=session.server,
        place=place,
        taken_at=timestamp(clock()),
        journal=identity.id if identity else "",
        name=identity.name if identity else "",
        head=session.head().position if identity else 0,
    )


def _named_as_before(facts: SourceFacts, earlier: Before) -> SourceFacts:
    """A source that had no journal when it was first copied goes on by its first name."""
    copied = earlier.fact.copied if earlier.fact else facts.copied
    return msgspec.structs.replace(facts, copied=copied)
