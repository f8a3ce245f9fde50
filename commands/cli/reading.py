"""Verbs that look: status, show, verify, check."""

from __future__ import annotations

from pathlib import Path

import click

from commands.check import check as check_drift
from commands.cli import telling
from commands.cli.call import Call
from commands.cli.keeping import file_option, verifier_option
from commands.cli.log import entry_object
from commands.cli.options import verb
from commands.cli.progress import counting
from commands.export.verify import verify_export
from commands.proof.keys import read_verifier
from commands.proof.saved import read_checkpoint
from commands.show import show as show_one
from commands.show import show_run
from commands.status import status as find_status
from commands.verify import verify as prove
from journal.errors import AnswerIsNo, Tampered, Usage


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


@verb(
    "verify",
    "clew verify",
    "clew verify --checkpoint release-12.checkpoint --verifier audit.vkey",
    "clew verify --export audit-2026 --verifier audit.vkey",
    "clew verify --format json",
)
@click.option(
    "--export",
    "exported",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Check what clew export wrote, from its files alone; no database is opened.",
)
@file_option(
    "--checkpoint", "kept", multiple=True, help="A checkpoint kept elsewhere; can be given again."
)
@verifier_option
def verify(
    call: Call, exported: Path | None, kept: tuple[Path, ...], verifiers: tuple[str, ...]
) -> int:
    """Hash the whole record again: chain, content and row images.

    With --checkpoint, prove as well that the journal extends what was signed: entries cut off, a
    journal rewritten with its chain, or another journal in its place are each told apart. Ends
    with 6 where the record does not prove itself, and names the first bad position. Nothing is
    written.
    """
    known = [read_verifier(one) for one in verifiers]
    if known and not kept and not exported:
        raise Usage("--verifier without --checkpoint", hint="Name the checkpoint that it signed.")
    saved = [read_checkpoint(one, known) for one in kept]
    if exported is not None:
        with counting("entries") as progress:
            found = verify_export(exported, verifiers=known, checkpoints=saved, progress=progress)
        call.answer(found, telling.exported)
        return 0 if found.ok else Tampered.exit_code
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = prove(journal, checkpoints=saved, progress=progress)
    call.answer(answer, telling.verification)
    return 0 if answer.ok else Tampered.exit_code


@verb("check", "clew check", "clew check --format json", "clew check || clew accept --reason WHY")
def check(call: Call) -> int:
    """Hold the live schema against the journal's; ends with 1 where they differ.

    Rows that applications write are no drift. Nothing is written.
    """
    with call.journal() as journal:
        answer = check_drift(journal)
    call.answer(answer, telling.checked)
    return 0 if answer.ok else AnswerIsNo.exit_code
