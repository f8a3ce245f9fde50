"""The repair of a database as an ordinary migration, which a person reads and edits."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from commands.doctor.doctor import Diagnosis
from commands.doctor.finding import Finding
from commands.doctor.repair.mapping import TO_FILL
from commands.naming import understand
from commands.opening import clew_version
from commands.proof.files import refuse_existing, write_new
from commands.visible import visible
from commands.words import count
from journal.errors import NotFound, Refused

STAGES = (
    ("missing-schema", "missing-type", "missing-enum-values", "missing-sequence"),
    ("half-made-table", "missing-table", "missing-columns", "lost-parent", "foreign-key-mismatch"),
    ("invalid-index", "coming-duplicates", "coming-nulls", "coming-orphans", "coming-check"),
    (),
    ("column-type", "foreign-key-types", "coming-foreign-key-types"),
    ("orphans", "missing-foreign-key", "not-valid-constraint", "missing-not-null"),
    ("sequence-behind",),
    ("unused-sequence", "unused-type", "unused-table", "legacy-column"),
)
"""Kinds in the order in which they are mended: what is referred to first, drops last."""
TO_DECIDE = "-- DECIDE:"
_MAKING = frozenset({"missing-table", "missing-columns", "half-made-table"})
_UNMARKING = frozenset({"bookkeeping-effect-missing"})
"""Made here, or made by its own file once that is not marked as done: one of the two."""
SHOWN = 3
"""Queries of a finding that a plan shows."""
_OTHERS = STAGES.index(())
"""Other kinds come after what is referred to, and before foreign keys."""
_WIDTH = 96
_LINES = re.compile(r"\r\n|\r|\n")
_MEANING = re.compile(r"--(?=[ \t]*(?:clew:|migrate:|\+|rambler|!|liquibase|@))")
"""Beginnings of comments that say something to Clew or to other tools, as no name may."""


def write(diagnosis: Diagnosis, path: Path, *, now: datetime) -> None:
    """Write the repair into a file that is not there yet.

    Raises:
        Refused: the file is there, or its name is none of a migration.
        NotFound: its directory is not there.
    """
    may_be_written(path)
    write_new(path, plan(diagnosis, now=now).encode())


def may_be_written(path: Path) -> None:
    """Refuse a file that cannot be the plan, before the work. Raises as ``write`` does."""
    if path.suffix != ".sql":
        raise Refused(
            f"expected a name that ends in .sql, found {path.name}",
            hint="Name it as a migration, NNNN_what_it_does.sql.",
        )
    understand(path.name.removesuffix(".sql"))
    refuse_existing(path)
    if not path.parent.is_dir():
        raise NotFound(f"no directory {path.parent}", hint="Make it first.")


def plan(diagnosis: Diagnosis, *, now: datetime) -> str:
    """Return the text of the migration.

    The repairs of errors and warnings run as they stand. Those of notes, and what waits for a
    person to decide, are comments; so are they where the repair is advice alone.
    """
    ordered = in_order(diagnosis.findings)
    made = any(one.kind in _MAKING and one.repair and one.severity != "note" for one in ordered)
    writing = _Writing(made=made)
    body = [line for number, one in enumerate(ordered, 1) for line in writing.finding(number, one)]
    lines = [*_header(diagnosis, ordered, body, now), *body]
    return "\n".join(lines) + "\n"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by stage, and each behind those that it needs; a circle is cut anywhere."""
    staged = sorted(findings, key=_stage)
    known = {one.id: one for one in staged}
    done: dict[str, Finding] = {}
    ordered: list[Finding] = []

    def place(one: Finding) -> None:
        if one.id in done and done[one.id] is one:
            return
        done.setdefault(one.id, one)
        for needed in one.needs:
            if needed in known and needed not in done:
                place(known[needed])
        ordered.append(one)

    for one in staged:
        if not any(one is other for other in ordered):
            place(one)
    return ordered


def _stage(one: Finding) -> int:
    return next((n for n, kinds in enumerate(STAGES) if one.kind in kinds), _OTHERS)


class _Writing:
    """Writes findings one after another, and knows what was written before."""

    def __init__(self, *, made: bool) -> None:
        self._made = made
        self._prepared: set[tuple[str, ...]] = set()
        self._altered: list[str] = []

    def finding(self, number: int, one: Finding) -> Iterator[str]:
        """Return a finding's lines: what it is, what it touches, and the statements."""
        yield ""
        yield from _comment(f"{number}. {one.severity}, {one.kind}: {one.what}.")
        if one.consequence:
            yield from _comment(f"So: {one.consequence}.")
        for evidence in one.evidence[:SHOWN]:
            if evidence.count is not None and not evidence.scratch:
                yield from _comment(f"Found {count(evidence.count, 'row')}:")
                yield from _commented(evidence.query)
        if one.touches:
            yield from _comment(f"Touches {one.touches}.")
        if one.advice:
            yield from _comment(one.advice)
        waits = bool(one.choices)
        instead = self._made and one.kind in _UNMARKING
        for choice in one.choices:
            yield from _comment(f"{TO_DECIDE.removeprefix('-- ')} {choice.what}:")
            for statement in choice.statements:
                yield from _commented(statement)
        if waits and (one.repair or one.preparations):
            yield "-- and then:"
        elif one.severity == "note" and (one.repair or one.preparations):
            yield "-- A note, so this runs only if its dashes are taken away:"
        elif instead and one.repair:
            yield "-- What is missing is made above. If its own file is to make it instead:"
        active = not (waits or instead) and one.severity != "note"
        yield from self._statements(one, active=active)

    def _statements(self, one: Finding, *, active: bool) -> Iterator[str]:
        for group in one.preparations:
            if group.statements in self._prepared:
                continue
            if group.rebuilds and self._touched(group.rebuilds):
                yield from _comment(
                    f"{group.rebuilds} is altered above, and has to be rebuilt from what it is"
                    " then: apply this, and ask the doctor again."
                )
                active = False
                continue
            if active:
                self._prepared.add(group.statements)
            yield from self._each(group.statements, active=active)
        yield from self._each(one.repair, active=active)

    def _each(self, statements: Sequence[str], *, active: bool) -> Iterator[str]:
        for statement in statements:
            if statement.startswith("--"):
                yield from _note(statement)
            elif active:
                self._altered.append(statement)
                yield f"{statement};"
            else:
                yield from _commented(statement)

    def _touched(self, table: str) -> bool:
        words = (f"ALTER TABLE {table} ", f"DROP TABLE {table}")
        return any(one == words[1] or one.startswith(words[0]) for one in self._altered)


def _header(
    diagnosis: Diagnosis, ordered: Sequence[Finding], body: Sequence[str], now: datetime
) -> Iterator[str]:
    yield from _comment(
        f"Repair of {diagnosis.database} ({diagnosis.server}), written by clew {clew_version()} at"
        f" {now.isoformat(timespec='seconds')} from {count(len(ordered), 'finding')}:"
        f" {count(len(diagnosis.of('error')), 'error')},"
        f" {count(len(diagnosis.of('warning')), 'warning')},"
        f" {count(len(diagnosis.of('note')), 'note')}."
    )
    wanting = sum(line.startswith((TO_DECIDE, TO_FILL)) for line in body)
    yield from _comment(
        f"Read it, edit it, and run it with clew apply. {count(wanting, 'line')} marked"
        f" {TO_DECIDE.removeprefix('-- ')} or {TO_FILL.removeprefix('-- ')} for you."
    )
    sqlite = diagnosis.server.startswith("SQLite")
    rebuilt = any(line.lstrip("- ").startswith("DROP TABLE") for line in body)
    if sqlite and (rebuilt or any(one.kind == "foreign-key-mismatch" for one in ordered)):
        yield "-- Foreign keys are checked at the end: tables are rebuilt, or what they refer to."
        yield "PRAGMA foreign_keys = OFF;"


def _comment(text: str) -> list[str]:
    wrapped = textwrap.wrap(
        visible(text),
        _WIDTH,
        initial_indent="-- ",
        subsequent_indent="--   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [_MEANING.sub("--|", line) for line in wrapped]


def _commented(statement: str) -> Iterator[str]:
    """Return a statement that waits: each of its lines behind dashes."""
    for line in _LINES.split(f"{statement};"):
        yield _MEANING.sub("--|", f"--   {line}")


def _note(statement: str) -> Iterator[str]:
    """Return lines for a person; one that goes on in a name stays a comment."""
    first, *rest = _LINES.split(statement)
    yield first
    yield from (_MEANING.sub("--|", f"--   {line}") for line in rest)
