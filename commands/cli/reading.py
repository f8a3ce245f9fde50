"""Verbs that look: status, show, check."""

from __future__ import annotations

from pathlib import Path

import click

from commands.check import check as check_drift
from commands.cli import telling
from commands.cli.bounded import within
from commands.cli.call import Call
from commands.cli.log import entry_object
from commands.cli.options import verb
from commands.metrics import metrics as as_metrics
from commands.show import show as show_one
from commands.show import show_run
from commands.status import status as find_status
from journal.errors import AnswerIsNo, Usage
from journal.store import utc_now


@verb(
    "status",
    "clew status",
    "clew status migrations --format json",
    "clew status --exit-code && echo nothing to do",
    "clew status --metrics --quick --timeout 10 > clew.prom",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--exit-code", is_flag=True, help="End with 1 where something is to be done.")
@click.option("--quick", is_flag=True, help="Leave out the live schema: drift is not looked for.")
@click.option("--metrics", is_flag=True, help="Answer as metrics, as Prometheus reads them.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End with 5 where there is no answer in this time, whatever it waits for.",
)
def status(
    call: Call,
    paths: tuple[Path, ...],
    *,
    exit_code: bool,
    quick: bool,
    metrics: bool,
    timeout: float | None,
) -> int:
    """Tell where journal, files and database stand, and what to type next.

    PATHS are directories of migrations; "migrations" where none is given. With --exit-code it
    ends with 0 where all is done; 1 where something is pending or must be decided; 4 without a
    journal; 5 where the database cannot be reached.
    """
    if metrics and call.format != "text":
        raise Usage("expected --metrics or --format, found both", hint="Metrics have one format.")
    with within(timeout, call.say):
        answer = find_status(call.target(), paths, quick=quick)
    if metrics:
        for line in as_metrics(answer, now=utc_now()).splitlines():
            call.page().line(line)
    else:
        call.answer(answer, telling.status)
    return AnswerIsNo.exit_code if exit_code and not answer.idle else 0


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
