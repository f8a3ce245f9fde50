"""What a report shows of values: content by digest, where it was asked for, less what is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from commands.hiding import HIDDEN, Hiding
from commands.transform.values import Malformed, read
from journal.erased import Erased
from journal.events import CheckRun
from journal.store import Journal
from projections.audit import Audit
from projections.audited import RunAudit, Said
from projections.decisions import Decision
from projections.named import named_content
from projections.waiting import Waiting, WaitingConflict

if TYPE_CHECKING:
    from commands.report import Report

FULL = 100
"""How many runs are told in full, and with the texts of their statements: the newest,
and before them those that did not complete or cannot be taken back."""


class Contents:
    """Fills a report with content, and takes out of it what is hidden."""

    def __init__(self, journal: Journal, hiding: Hiding) -> None:
        self._journal = journal
        self._hiding = hiding

    def fill(self, report: Report, *, values: bool) -> Report:
        """Return the report with values, where they were asked for, and without hidden ones."""
        content = self._content(report) if values else None
        if not self._hiding.any:
            return msgspec.structs.replace(report, content=content)
        decisions = msgspec.structs.replace(
            report.decisions,
            listed=tuple(self._keyless(one) for one in report.decisions.listed),
        )
        return msgspec.structs.replace(
            report,
            waiting=self._waiting(report.waiting),
            decisions=decisions,
            content=content,
        )

    # --- content ------------------------------------------------------------------------

    def _content(self, report: Report) -> dict[str, Any]:
        """What is hidden in one place is hidden in all that bear the same bytes."""
        content: dict[str, Any] = {}
        for digest, value in self._found(report):
            content[digest] = value if content.get(digest, value) == value else HIDDEN
        return content

    def _found(self, report: Report) -> Iterator[tuple[str, Any]]:
        """Yield what is named, hidden values replaced; what was erased is told as that.

        Texts of statements, queries and plans hold literals, of which nobody can tell the
        column: where anything is hidden there is none of them.
        """
        if not self._hiding.any:
            for digest in dict.fromkeys(_texts(report)):
                text = self._read(digest)
                if isinstance(text, Erased):
                    yield digest, text
                elif text is not None:
                    yield digest, text.decode("utf-8", "surrogatepass")
        waiting = report.waiting
        conflicts: tuple[Decision | WaitingConflict, ...] = report.decisions.listed
        for one in (*conflicts, *waiting.conflicts):
            yield from self._conflict(one)
        for field in waiting.unmapped:
            for digest in field.contents:
                yield from self._record(field.step, digest)
        for record in waiting.records:
            yield from self._record(record.step, record.content)

    def _record(self, step: str, digest: str) -> Iterator[tuple[str, Any]]:
        value = self._value(digest)
        if isinstance(value, Erased):
            yield digest, value
        elif value is not None:
            yield digest, self._hiding.value(step, value)

    def _conflict(self, one: Decision | WaitingConflict) -> Iterator[tuple[str, Any]]:
        found = self._value(one.candidates)
        given = self._value(one.content) if isinstance(one, Decision) and one.content else None
        if isinstance(found, Erased):
            yield one.candidates, found
            found = None
        candidates = found if isinstance(found, list) else []
        fields = [str(each.get("field", "")) for each in candidates]
        if self._hiding.hides(one.step, one.field, *fields, column=one.column):
            candidates = [each | {"value": HIDDEN} for each in candidates]
            given = None if given is None else HIDDEN
        if self._hiding.hides_subject(one.step):
            candidates = [each | {"record": HIDDEN} for each in candidates]
        if found is not None:
            yield one.candidates, candidates
        if given is not None and isinstance(one, Decision):
            yield one.content, given

    def _read(self, digest: str) -> bytes | Erased | None:
        """Return content; none where it is not what the entry named by its digest."""
        found = self._journal.database.content(digest)
        if isinstance(found, bytes) and sha256(found).hexdigest() != digest:
            return None
        return found

    def _value(self, digest: str) -> Any:
        content = self._read(digest)
        if content is None or isinstance(content, Erased):
            return content
        try:
            return read(content)
        except Malformed:
            return HIDDEN if self._hiding.any else content

    # --- what entries say themselves ----------------------------------------------------

    def _waiting(self, waiting: Waiting) -> Waiting:
        return msgspec.structs.replace(
            waiting,
            conflicts=tuple(self._keyless(one) for one in waiting.conflicts),
            records=tuple(
                msgspec.structs.replace(one, subject=HIDDEN, record=HIDDEN)
                if self._hiding.hides_subject(one.step)
                else one
                for one in waiting.records
            ),
        )

    def _keyless(self, one: Any) -> Any:
        if not self._hiding.hides_subject(one.step):
            return one
        return msgspec.structs.replace(one, subject=HIDDEN)


def told_in_full(audit: Audit) -> frozenset[str]:
    """Return the runs that are told in full: all of them, where there are not too many."""
    noteworthy = [run for run in audit.runs if _is_noteworthy(run)]
    chosen = dict.fromkeys(run.run for run in noteworthy[-FULL // 2 :])
    for run in reversed(audit.runs):
        if len(chosen) >= FULL:
            break
        chosen[run.run] = None
    return frozenset(chosen)


def _is_noteworthy(run: RunAudit) -> bool:
    waived = any(type(one.event).__name__ == "IrreversibleAllowed" for one in run.said)
    failed = any(isinstance(one.event, CheckRun) and not one.event.passed
                 for one in run.verification)  # fmt: skip
    return run.state != "completed" or run.verb == "rollback" or waived or failed


def _texts(report: Report) -> Iterator[str]:
    full = told_in_full(report.audit)
    for run in report.audit.runs:
        if run.statement is not None:
            yield run.statement.digest
        if run.run in full:
            yield from (one.digest for one in run.did if one.digest)
        yield from _measured(run.verification)


def _measured(said: Iterable[Said]) -> Iterator[str]:
    for one in said:
        if isinstance(one.event, CheckRun):
            yield from filter(None, named_content(one.event))
