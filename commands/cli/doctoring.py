"""The verb doctor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.options import lock_timeout, pg_bin, scratch, verb
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.visible import shown, visible
from commands.doctor.asked import Asked
from commands.doctor.doctor import Diagnosis
from commands.doctor.doctor import doctor as examine
from commands.doctor.finding import Evidence, Finding, Severity
from commands.doctor.plan import may_be_written, write
from commands.words import count
from journal.errors import AnswerIsNo
from journal.opening import parse_url
from journal.scratch import Wanted

WIDTH = 100
QUERIES = 3
"""Queries of a finding that are shown."""
SHOWN = 2
"""Statements of a repair that are shown; more are for the plan."""
GROUPS: tuple[tuple[Severity, str, str], ...] = (
    ("error", "broken or lost already", "bold red"),
    ("warning", "will fail or mislead", "bold yellow"),
    ("note", "worth a look", "bold"),
)


@verb(
    "doctor",
    "clew doctor",
    "clew doctor migrations",
    "clew doctor migrations/0042_orders.sql --scratch postgresql://me@other-host/empty_database",
    "clew doctor --models app.models:metadata",
    "clew doctor --map",
    "clew doctor --plan migrations/0042_repair.sql",
    "clew doctor --format json > diagnosis.json",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--map", "mapped", is_flag=True, help="List what stands on which table, too.")
@click.option(
    "--plan",
    "plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the repair as a migration, to be read and edited; FILE is not there yet.",
)
@click.option(
    "--models",
    default="",
    metavar="MODULE:NAME",
    help="SQLAlchemy metadata that says what the database should be.",
)
@scratch
@pg_bin
@lock_timeout
def doctor(
    call: Call,
    paths: tuple[Path, ...],
    plan: Path | None,
    models: str,
    scratch: str | None,
    pg_bin: Path | None,
    *,
    mapped: bool,
) -> int:
    """Find what is broken in a database, with evidence, and propose the repair.

    The database is only read, in one transaction, with a journal or without one. PATHS are
    directories of migrations, Clew's own or another tool's, that say what it should be, and
    single files that are to run next; they are tried on scratch databases. Each finding shows
    the query that found it. Exit code 1 where something is wrong; notes alone are no such thing.
    """
    target = call.target()
    asked = Asked(
        paths=paths,
        models=models,
        scratch=Wanted(
            into=parse_url(scratch) if scratch else None,
            programs=pg_bin,
            lock_timeout=target.lock_timeout,
            journal=False,
        ),
    )
    if plan is not None:
        may_be_written(plan)
    with stepping() as progress:
        answer = examine(target, asked=asked, progress=progress)
    if plan is not None:
        write(answer, plan, now=target.clock())
        call.note(f"the repair is in {plan}: read it, edit it, and run it with clew apply {plan}")
    call.answer(answer, lambda page, found: _tell(page, found, mapped=mapped))
    return 0 if answer.healthy else AnswerIsNo.exit_code


def _tell(page: Page, answer: Diagnosis, *, mapped: bool) -> None:
    for severity, means, style in GROUPS:
        found = answer.of(severity)
        if found:
            page.line(f"{count(len(found), severity)}: {means}", style)
        for one in found:
            for line in _lines(one):
                page.line(line)
            page.line()
    if mapped:
        for edge in answer.map:
            source, table = ".".join(edge.source), ".".join(edge.table)
            page.line(f"{table} <- {edge.kind} {source}")
    total = f"{count(answer.tables, 'table')} looked at"
    said = [count(len(answer.of(one)), one) for one, _, _ in GROUPS if answer.of(one)]
    summary = ", ".join(said) or "nothing is wrong"
    page.line(f"{summary}; {total}", "green" if answer.healthy else "red")
    if not answer.healthy:
        page.line("the repair as a migration, to read and edit: clew doctor --plan FILE")


def _lines(one: Finding) -> Iterator[str]:
    """Say a finding in lines of at most ``WIDTH`` cells, but for words that are longer."""
    yield f"  {one.kind}"
    yield from _wrapped("    ", one.what)
    for evidence in one.evidence[:QUERIES]:
        yield from _evidence(evidence)
    if len(one.evidence) > QUERIES:
        yield f"    and {len(one.evidence) - QUERIES} more; --format json tells them all"
    if one.consequence:
        yield from _wrapped("    so: ", one.consequence)
    if one.advice:
        yield from _wrapped("    advice: ", one.advice)
    for choice in one.choices:
        yield from _wrapped("    decide: ", choice.what)
    yield from _repair(one)


def _repair(one: Finding) -> Iterator[str]:
    """Say what would mend it; what is longer, or waits for a choice, stands in the plan."""
    every = [*(line for group in one.preparations for line in group.statements), *one.repair]
    statements = [line for line in every if not line.startswith("--")]
    if one.choices or len(statements) > SHOWN:
        yield f"    repair: {count(len(statements), 'statement')}; --plan FILE writes what to do"
        return
    for statement in statements:
        yield from _wrapped("    repair: ", statement)


def _evidence(one: Evidence) -> Iterator[str]:
    yield from _wrapped("    tried on a copy: " if one.scratch else "    query: ", one.query)
    if one.error:
        yield from _wrapped("      error: ", one.error)
    if one.count is not None:
        yield f"      {count(one.count, 'row')}"
    for row in one.sample:
        yield from _wrapped("      for example: ", ", ".join(map(shown, row)))


def _wrapped(before: str, text: str) -> list[str]:
    """Break at blanks; a value may be long, and is then cut by the terminal alone."""
    return textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=before,
        subsequent_indent=" " * (len(before) - len(before.lstrip()) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
