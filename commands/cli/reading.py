"""Verbs that look: status, show, check."""

from __future__ import annotations

from pathlib import Path

import click

from commands.check import check as check_drift
from commands.cli import telling
from commands.cli.call import Call
from commands.cli.log import entry_object
from commands.cli.options import verb
from commands.show import show as show_one
from commands.show import show_run
from commands.status import status as find_status
from journal.errors import AnswerIsNo


@verb(
    "status",
    "clew status",
    "clew status migrations --format json",
    "clew status --exit-code && echo nothing to do",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--exit-code", is_flag=True, help="End with 1 where something is to be done.")
def status(call: Call, paths: tuple[Path, ...], *, exit_code: bool) -> int:
    """Tell where journal, files and database stand, and what to type next.

    PATHS are directories of migrations; "migrations" where none is given.
    """
    answer = find_status(call.target(), paths)
    call.answer(answer, telling.status)
    idle = answer.clean and not answer.pending and not answer.open_conflicts
    return AnswerIsNo.exit_code if exit_code and not idle else 0


@verb("show", "clew show 42", "clew show head", "clew show 7f3c9a", "clew show 42 --run")
@click.argument("what", metavar="POSITION|RUN")
@click.option("--run", "whole", is_flag=True, help="The whole run that the entry belongs to.")
def show(call: Call, what: str, *, whole: bool) -> None:
    """Show one entry or one run in full, statement texts included.

    A run is named by its id or the beginning of it, with a letter or a dash in it.
    """
    with call.journal() as journal:
        answer = show_one(journal, what)
        if whole and answer.run is not None:
            answer = show_run(journal, answer.run.run)
    if call.format == "text":
        telling.shown(call.page(), answer)
        return
    call.answer(
        {
            "run": answer.run,
            "entries": [entry_object(entry) for entry in answer.entries],
            "content": answer.content,
            "more": answer.more,
        },
        lambda *_: None,
    )


@verb("check", "clew check", "clew check --format json", "clew check || clew accept --reason WHY")
def check(call: Call) -> int:
    """Hold the live schema against the journal's; ends with 1 where they differ.

    Rows that applications write are no drift. Nothing is written.
    """
    with call.journal() as journal:
        answer = check_drift(journal)
    call.answer(answer, telling.checked)
    return 0 if answer.ok else AnswerIsNo.exit_code
