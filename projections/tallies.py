"""Working state of an audit: counts that grow entry by entry, run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from journal import events as e
from journal.envelope import Entry
from journal.values import Statement, TableRows
from projections.audited import (
    Holds,
    OtherRun,
    RowCounts,
    RunAudit,
    Said,
    SchemaAct,
    StatementAudit,
    StepAudit,
)
from projections.runs import State
from projections.standing import Standing


class StepTally:
    """One transform within one run."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.migration = self.of = self.spec = self.table = ""
        self.source: Mapping[str, Any] = {}
        self.created: tuple[str, ...] = ()
        self.counts: Counter[str] = Counter()
        self.fates: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.provisioned: Counter[int] = Counter()
        self.fields: Counter[str] = Counter()
        self.homes: dict[str, None] = {}

    def take(self, event: e.RowsTransformed) -> None:
        """Add a batch."""
        self.migration, self.of, self.spec = event.migration, event.of, event.spec
        self.table = event.table
        self.source = event.source or self.source
        self.created += event.created
        self.fates.update(event.fates)
        self.rows.update(event.targets)
        self.homes.update(dict.fromkeys(event.homes))
        self.counts.update(
            batches=1,
            subjects=event.subjects,
            retried=len(event.retried),
            values=event.values,
            conflicts=event.conflicts,
            unmapped=event.unmapped,
            rejected=event.rejected,
        )

    def answer(self, names: Mapping[int, str]) -> StepAudit:
        """Return the counts; ``names`` are those of tables."""
        counts, accounted = self.counts, sum(self.fates.values())
        decided = counts["by_rule"] + counts["by_person"]
        return StepAudit(
            migration=self.migration,
            step=self.step,
            table=self.table,
            source=self.source,
            created=self.created,
            of=self.of,
            spec=self.spec,
            batches=counts["batches"],
            subjects=counts["subjects"],
            retried=counts["retried"],
            values=counts["values"],
            fates=dict(self.fates),
            accounted=accounted,
            conserved=accounted == counts["values"],
            rows=dict(self.rows),
            provisioned={named(names, one): n for one, n in self.provisioned.items()},
            conflicts=counts["conflicts"],
            by_rule=counts["by_rule"],
            by_person=counts["by_person"],
            open=max(counts["conflicts"] - decided, 0),
            unmapped=counts["unmapped"],
            fields=dict(self.fields),
            homes=tuple(self.homes),
            rejected=counts["rejected"],
        )


STATEMENTS = 100
"""How many statements of a run are listed; all are counted."""

ACTS = 6
"""How many things that one statement did are told of it."""


class StatementTally:
    """What one statement of a run did."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.said: dict[str, None] = {}
        self.rows: dict[int, Counter[str]] = {}

    def answer(self, names: Mapping[int, str]) -> StatementAudit:
        """Return it in words; ``names`` are those of tables."""
        did = list(self.said)
        for table, counts in self.rows.items():
            counted = ", ".join(f"{n:,} {how}" for how, n in counts.items() if n)
            did.append(f"{named(names, table)}: {counted or 'no row'}")
        return StatementAudit(
            number=self.statement.number,
            line=self.statement.line,
            digest=self.statement.digest,
            did=tuple(did[:ACTS]),
            more=max(len(did) - ACTS, 0),
        )


class RunTally:
    """One run: its beginning, and what lies within the stretch."""

    def __init__(self, entry: Entry, event: e.RunStarted) -> None:
        self.run = entry.run
        self.started = event
        self.actor = entry.actor
        self.started_at = entry.recorded_at
        self.first = self.last = entry.position
        self.state: State = "started"
        self.ended_at = ""
        self.ended: e.RunCompleted | e.RunFailed | e.RunInterrupted | None = None
        self.gone_at: int | None = None
        self.rows: dict[int, Counter[str]] = {}
        self.names: dict[int, str] = {}
        self.schema: list[SchemaAct] = []
        self.did: dict[int, StatementTally] = {}
        self.did_more = 0
        self._last_did = 0
        self.steps: dict[str, StepTally] = {}
        self.said: list[Said] = []
        self.verification: list[Said] = []
        self.took: tuple[OtherRun, ...] = ()
        self.brought: tuple[OtherRun, ...] = ()

    @property
    def changed(self) -> bool:
        """Tell whether the run left anything that a rollback takes back or brings again."""
        stayed = not isinstance(self.ended, e.RunCompleted | None) and bool(self.ended.stayed)
        return self.started.verb not in {"backup", "rollback", "erase", "archive"} and (
            self.state == "completed" or stayed
        )

    def step(self, name: str) -> StepTally:
        """Return the counts of a transform."""
        return self.steps.setdefault(name, StepTally(name))

    def stated(self, statement: Statement) -> StatementTally | None:
        """Return the counts of a statement; of those past the first many there are none."""
        number = statement.number
        if number in self.did:
            return self.did[number]
        if len(self.did) < STATEMENTS:
            return self.did.setdefault(number, StatementTally(statement))
        self.did_more += number != self._last_did
        self._last_did = number
        return None

    def changed_schema(self, statement: Statement, acts: tuple[SchemaAct, ...]) -> None:
        """Add what one statement did to the schema."""
        self.schema += acts
        told = self.stated(statement)
        if told is not None:
            told.said.update(dict.fromkeys(act.text for act in acts))

    def wrote(self, statement: Statement, rows: TableRows) -> None:
        """Add what one statement did to a table."""
        found = _counted(rows)
        self.rows.setdefault(rows.table, Counter()).update(found)
        told = self.stated(statement)
        if told is not None:
            told.rows.setdefault(rows.table, Counter()).update(found)

    def forget(self) -> None:
        """Keep of the statements only how many there were."""
        self.did_more += len(self.did)
        self.did.clear()

    def end(
        self, entry: Entry, event: e.RunCompleted | e.RunFailed | e.RunInterrupted, state: State
    ) -> None:
        """Close the run."""
        self.ended, self.ended_at, self.state = event, entry.recorded_at, state

    def name(self, names: Mapping[int, str]) -> None:
        """Keep the names that tables bear now."""
        stated = (table for one in self.did.values() for table in one.rows)
        tables = {*self.rows, *stated, *(t for one in self.steps.values() for t in one.provisioned)}
        self.names = {table: named(names, table) for table in tables}

    def holds(self, standing: Standing) -> Holds:
        """Tell whether the run's effects stand."""
        if standing.stands(self.last):
            return "stands"
        inside = self.last > self.first + 1 and standing.stands(self.first + 1)
        return "partly" if inside else "gone"

    def other(self, *, part: bool) -> OtherRun:
        """Return the run as another one names it."""
        return OtherRun(
            run=self.run,
            verb=self.started.verb,
            migration=self.started.migration or self.started.program,
            first=self.first,
            last=self.last,
            part=part,
        )

    def answer(self, standing: Standing) -> RunAudit:
        """Return what is known of the run."""
        started, ended = self.started, self.ended
        failed = ended if isinstance(ended, e.RunFailed) else None
        completed = ended if isinstance(ended, e.RunCompleted) else None
        return RunAudit(
            run=self.run,
            verb=started.verb,
            state=self.state,
            first=self.first,
            last=self.last,
            holds=self.holds(standing) if self.changed else "stands",
            gone_at=self.gone_at,
            migration=started.migration or started.program,
            file=started.file,
            digest=started.digest,
            origin=started.origin,
            target=started.target,
            actor=self.actor,
            started_at=self.started_at,
            ended_at=self.ended_at,
            seconds=_seconds(self.started_at, self.ended_at),
            reason=started.reason,
            ref=started.ref,
            revision=started.revision,
            notes=(*started.notes, *(ended.notes if ended else ())),
            statements=completed.statements if completed else 0,
            did=tuple(one.answer(self.names) for one in self.did.values()),
            did_more=self.did_more,
            kept=completed.kept if completed else 0,
            rows=tuple(
                RowCounts(table=self.names[table], **counts) for table, counts in self.rows.items()
            ),
            schema=tuple(self.schema),
            transforms=tuple(one.answer(self.names) for one in self.steps.values()),
            verification=tuple(self.verification),
            said=tuple(self.said),
            took=self.took,
            brought=self.brought,
            error=failed.error if failed else "",
            sqlstate=failed.sqlstate if failed else "",
            statement=failed.statement if failed else None,
            stayed=ended.stayed if ended and not isinstance(ended, e.RunCompleted) else (),
            found_by=ended.found_by if isinstance(ended, e.RunInterrupted) else "",
        )


def named(names: Mapping[int, str], table: int) -> str:
    """Return a table's name, or its identity where it never had one."""
    return names.get(table, f"table {table}")


def _counted(rows: TableRows) -> dict[str, int]:
    match rows.cause:
        case "destroyed":
            return {"lost": rows.removed}
        case "made":
            return {"made": rows.added}
        case "written":
            return {"inserted": rows.inserted, "updated": rows.updated, "deleted": rows.deleted}


def _seconds(started: str, ended: str) -> float | None:
    if not ended:
        return None
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    return took.total_seconds() if took >= timedelta() else None  # the clock went back
