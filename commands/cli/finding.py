"""Verbs about what transforms found: conflicts with their decisions, unmapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.options import at_option, group, lock_timeout, verb, writing
from commands.cli.page import Page
from commands.decide import Decided, Decision, IfRowChanged
from commands.decide import decide as decide_conflict
from commands.findings import ConflictAnswer, UnmappedField, Wanted
from commands.findings import conflicts as find_conflicts
from commands.findings import unmapped as find_unmapped
from commands.visible import shown
from journal.errors import Usage


@at_option()
@click.option("--field", default="", metavar="NAME", help="Only of this target field.")
@click.option("--subject", default="", metavar="KEY", help="Only of this subject.")
@click.option(
    "--status", type=click.Choice(["", "open", "decided"]), default="", help="Only in this state."
)
@click.option("--transform", "step", default="", metavar="NAME", help="Only of this transform.")
@click.option("--since", default="", metavar="POSITION", help="Only those found after it.")
def _list(
    call: Call, at: str, field: str, subject: str, status: str, step: str, since: str
) -> None:
    wanted = Wanted(field=field, subject=subject, status=status, step=step, since=since)
    with call.journal() as journal:
        found = find_conflicts(journal, at, wanted)
        if call.format != "text":
            call.stream(found)
        else:
            _tell_conflicts(call.page(), tuple(found))


conflicts = group(
    "conflicts",
    "List the disagreements that transforms met: candidates, choice, and who decided.\n\n"
    "What a rollback took back is left out.",
    "clew conflicts",
    "clew conflicts --field location --status open",
    "clew conflicts --subject 42 --format json",
    'clew conflicts decide 7f3c9a1e --choose 1 --reason "she moved"',
    alone=_list,
)


@verb(
    "decide",
    'clew conflicts decide 7f3c9a1e --choose 1 --reason "she moved"',
    """clew conflicts decide 7f3c9a1e --value '"Rome"' --reason "asked her" """.rstrip(),
    'clew conflicts decide 7f3c9a1e --choose 0 --if-changed overwrite --reason "as before"',
)
@click.argument("conflict", metavar="ID")
@click.option("--choose", type=int, metavar="N", help="The candidate that is right.")
@click.option("--value", metavar="JSON", help="Another value that is right.")
@click.option(
    "--if-changed",
    type=click.Choice(["refuse", "overwrite"]),
    default="refuse",
    help="What to do where the field was changed since; refuse by default.",
)
@click.option(
    "--migrations",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help='Where the migration stands, to compute derived columns again; "migrations" by default.',
)
@writing
@lock_timeout
def decide(
    call: Call,
    conflict: str,
    choose: int | None,
    value: str | None,
    if_changed: IfRowChanged,
    paths: tuple[Path, ...],
) -> None:
    """Decide a conflict, or decide it otherwise: row and decision in one transaction.

    ID is the beginning of the identity that the list shows.
    """
    decision = Decision(conflict=conflict, choose=choose, value=value, if_changed=if_changed)
    if not call.reason:
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    answer = decide_conflict(call.target(), decision, asker=call.asker(), paths=paths)
    call.answer(answer, _tell_decided)


conflicts.add_command(decide)


def _tell_decided(page: Page, answer: Decided) -> None:
    what = "decided again" if answer.revised else "decided"
    page.line(f"{what}: {answer.field} of {answer.subject}", "green")
    page.line(f"  {shown(answer.before)} became {shown(answer.after)}; position {answer.position}")
    if answer.derived:
        page.line(f"  computed again: {', '.join(answer.derived)}")
    if answer.stale:
        named = ", ".join(answer.stale)
        page.line(f"  not computed again, for want of the migration's file: {named}", "yellow")


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
        page.line(f"{one.id[:8]}  {one.field} of {one.subject}  ({one.status})", "bold")
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
