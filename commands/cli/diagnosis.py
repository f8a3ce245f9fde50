"""What the doctor found, as a page."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator

from commands.cli.page import Page
from commands.doctor.doctor import Diagnosis
from commands.doctor.finding import Evidence, Finding, Severity
from commands.visible import shown, visible
from commands.words import count

WIDTH = 100
QUERIES = 3
"""Queries of a finding that are shown."""
SHOWN = 2
"""Statements of a repair that are shown; more are for the plan."""
ALIKE = 2
"""Findings of one kind that are told in full; of more, what they are."""
GROUPS: tuple[tuple[Severity, str, str], ...] = (
    ("error", "broken or lost already", "bold red"),
    ("warning", "will fail or mislead", "bold yellow"),
    ("note", "worth a look", "bold"),
)


def tell(page: Page, answer: Diagnosis, *, mapped: bool) -> None:
    """Say what was found, the gravest first; of one kind the first few in full."""
    for severity, means, style in GROUPS:
        found = answer.of(severity)
        if found:
            page.line(f"{count(len(found), severity)}: {means}", style)
        for line in _kinds(found):
            page.line(line)
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


def _kinds(found: Iterable[Finding]) -> Iterator[str]:
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for one in found:
        kinds[one.kind].append(one)
    for kind, alike in kinds.items():
        yield f"  {kind}" + (f" ({len(alike)})" if len(alike) > 1 else "")
        for one in alike[:ALIKE]:
            yield from _lines(one)
            yield ""
        for one in alike[ALIKE:]:
            yield from _wrapped("    ", _said(one))
        if len(alike) > ALIKE:
            yield ""


def _said(one: Finding) -> str:
    return one.what if one.where in one.what else f"{one.where}: {one.what}"


def _lines(one: Finding) -> Iterator[str]:
    """Say a finding in lines of at most ``WIDTH`` cells, but for words that are longer."""
    yield from _wrapped("    ", _said(one))
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
