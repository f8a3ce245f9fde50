"""Verbs that tell what transforms found: conflicts, unmapped."""

from __future__ import annotations

from collections.abc import Sequence

import click

from commands.cli.call import Call
from commands.cli.options import at_option, verb
from commands.cli.page import Page
from commands.cli.visible import shown
from commands.findings import ConflictAnswer, UnmappedField
from commands.findings import conflicts as find_conflicts
from commands.findings import unmapped as find_unmapped


@verb(
    "conflicts",
    "clew conflicts",
    "clew conflicts --field location --status open",
    "clew conflicts --subject 42 --format json",
)
@at_option()
@click.option("--field", default="", metavar="NAME", help="Only of this target field.")
@click.option("--subject", default="", metavar="KEY", help="Only of this subject.")
@click.option(
    "--status", type=click.Choice(["", "open", "decided"]), default="", help="Only in this state."
)
def conflicts(call: Call, at: str, field: str, subject: str, status: str) -> None:
    """List the disagreements that transforms met: candidates, choice, and who decided.

    What a rollback took back is left out.
    """
    with call.journal() as journal:
        found = find_conflicts(journal, at, field=field, subject=subject, status=status)
        if call.format != "text":
            call.stream(found)
        else:
            _tell_conflicts(call.page(), tuple(found))


@verb("unmapped", "clew unmapped", "clew unmapped --at after:0002_profiles --format json")
@at_option()
def unmapped(call: Call, at: str) -> None:
    """Sum up the fields that found no home, by name: how many, of which kinds, and samples."""
    with call.journal() as journal:
        found = find_unmapped(journal, at)
    if call.format != "text":
        call.stream(found)
    else:
        _tell_unmapped(call.page(), found)


def _tell_conflicts(page: Page, found: Sequence[ConflictAnswer]) -> None:
    if not found:
        page.line("no conflict")
    for answer in found:
        one = answer.conflict
        page.line(f"{one.field} of {one.subject}  ({one.status})", "bold")
        for number, candidate in enumerate(answer.candidates):
            mark = "*" if number == one.chosen else " "
            value = shown(candidate["value"])
            page.line(
                f"  {mark} {number}: {value}  ({candidate['field']} of {candidate['record']})"
            )
        if one.status == "decided":
            page.line(f"    by {one.by}{f': {one.reason}' if one.reason else ''}")


def _tell_unmapped(page: Page, found: Sequence[UnmappedField]) -> None:
    if not found:
        page.line("every field has a home")
        return
    page.table(
        ("field", "records", "kinds", "samples"),
        (
            (
                one.field,
                f"{one.count:,}",
                ", ".join(f"{kind} {number:,}" for kind, number in one.kinds.items()),
                ", ".join(map(shown, one.samples)),
            )
            for one in found
        ),
    )
