"""Examining a database: all sources of findings, and what they found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from commands.doctor.asked import Asked, ledger_findings, wanted_findings
from commands.doctor.catalog.columns import column_findings
from commands.doctor.catalog.constraints import constraint_findings
from commands.doctor.catalog.keys import key_findings
from commands.doctor.catalog.leftovers import leftover_findings
from commands.doctor.catalog.narrow import reference_type_findings
from commands.doctor.catalog.references import named_reference_findings
from commands.doctor.catalog.spelling import spelling_findings
from commands.doctor.catalog.storage import storage_findings
from commands.doctor.catalog.unused import unused_findings
from commands.doctor.finding import Evidence, Finding, Severity
from commands.doctor.map import Edge
from commands.doctor.patient import Patient, Progress
from commands.opening import Target
from journal.errors import StatementFailed

Source = Callable[[Patient], Iterable[Finding]]

SOURCES: tuple[tuple[str, Source], ...] = (
    ("foreign keys", reference_type_findings),
    ("references", named_reference_findings),
    ("constraints", constraint_findings),
    ("keys", key_findings),
    ("names", spelling_findings),
    ("columns", column_findings),
    ("leftovers", leftover_findings),
    ("values", storage_findings),
    ("use", unused_findings),
)
"""Where findings come from; each is asked once, in this order."""
NOTHING = Asked()
TRIES = 20
"""How often the schema is read again because something of it was dropped meanwhile."""
AGAIN = 3
"""How often all is examined anew because a query met something that was just dropped."""
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a database: findings, the gravest first, and what stands on what.

    ``database`` is its URL with the password hidden; ``tables`` counts what was looked at.
    """

    database: str
    server: str
    tables: int
    findings: tuple[Finding, ...]
    map: tuple[Edge, ...]

    @property
    def healthy(self) -> bool:
        """Tell that nothing is wrong; notes are allowed."""
        return all(one.severity == "note" for one in self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(one for one in self.findings if one.severity == severity)


def doctor(
    target: Target,
    *,
    asked: Asked = NOTHING,
    progress: Progress = lambda _what, _done, _total: None,
) -> Diagnosis:
    """Examine a database, which is only read, in one transaction.

    ``asked`` names what it should be; what that wants is tried on scratch databases.

    Raises:
        Unreachable: no such file or server.
        NotFound, Usage, Refused: migration files or models cannot be read.
    """
    sources: tuple[tuple[str, Source], ...] = (
        *SOURCES,
        ("bookkeeping", partial(ledger_findings, asked=asked)),
        ("what is wanted", partial(wanted_findings, asked=asked)),
    )
    for left in reversed(range(AGAIN)):
        try:
            return _diagnosed(target, sources, progress)
        except StatementFailed as error:
            if not left or error.sqlstate != "XX000":
                raise
    raise AssertionError


def _diagnosed(
    target: Target, sources: tuple[tuple[str, Source], ...], progress: Progress
) -> Diagnosis:
    with _patient(target) as patient:
        progress("catalog", 0, len(sources))
        found: list[Finding] = []
        for done, (name, source) in enumerate(sources):
            for finding in source(patient):
                progress(f"{name}: {finding.where}", done, len(sources))
                found.append(finding)
            progress(name, done + 1, len(sources))
        found += _unseen(patient)
        return Diagnosis(
            database=target.shown,
            server=patient.server,
            tables=len(patient.tables),
            findings=tuple(sorted(found, key=lambda one: _ORDER.index(one.severity))),
            map=patient.edges,
        )


@contextmanager
def _patient(target: Target) -> Iterator[Patient]:
    """Look at the whole schema as of one moment; again where part of it was dropped just then."""
    for left in reversed(range(TRIES)):
        with target.database() as database, database.examine() as ask:
            try:
                patient = Patient(database, ask, target=target)
            except StatementFailed as error:
                if not left or not error.vanished:
                    raise
                continue
            yield patient
            return


def _unseen(patient: Patient) -> Iterator[Finding]:
    """Say what could not be looked at, once for each reason."""
    reasons: dict[str, list[Evidence]] = defaultdict(list)
    for one in patient.refused:
        reasons[one.error].append(one)
    for error, refused in reasons.items():
        yield Finding(
            kind="not-examined",
            severity="note",
            where=patient.target.shown,
            what=f"the database refused {len(refused)} of the queries: {error}",
            evidence=tuple(refused[:3]),
            consequence="what they would have found is not known",
            advice="Examine it as a role that may read every table and row.",
        )
