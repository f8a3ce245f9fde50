"""The verb ``verify``, and its answer in text."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from commands.archiving.listing import HeldArchive, hold
from commands.cli.call import Call
from commands.cli.keeping import file_option, verifier_option
from commands.cli.options import verb
from commands.cli.page import Page
from commands.cli.progress import counting
from commands.cli.telling import entries
from commands.export.flaws import VerifiedExport
from commands.export.ranges import RANGES
from commands.export.verify import verify_export
from commands.export.verify_parquet import VerifiedParquet, verify_parquet
from commands.proof.held import Held
from commands.proof.keys import read_verifier
from commands.proof.saved import read_checkpoint
from commands.verify import Verification
from commands.verify import verify as prove
from commands.words import count
from journal.errors import Tampered, Usage


@verb(
    "verify",
    "clew verify",
    "clew verify --checkpoint release-12.checkpoint --verifier audit.vkey",
    "clew verify --archive archives/release-11",
    "clew verify --export audit-2026 --verifier audit.vkey",
    "clew verify --export lake   # Parquet files",
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
@click.option(
    "--archive",
    "archived",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Prove an archive too, and that the journal seals it; can be given again.",
)
@verifier_option
def verify(
    call: Call,
    exported: Path | None,
    kept: tuple[Path, ...],
    archived: tuple[Path, ...],
    verifiers: tuple[str, ...],
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
    if exported is not None and (exported / RANGES).is_file():
        return _parquet(call, exported, alone=not (saved or known))
    if exported is not None:
        with counting("entries") as progress:
            found = verify_export(exported, verifiers=known, checkpoints=saved, progress=progress)
        call.answer(found, _told_export)
        return 0 if found.ok else Tampered.exit_code
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = prove(journal, checkpoints=saved, progress=progress)
        held = tuple(hold(journal, one) for one in archived)
    whole = answer.ok and all(one.ok for one in held)
    answer = msgspec.structs.replace(answer, ok=whole, archives=held)
    call.answer(answer, _told)
    return 0 if answer.ok else Tampered.exit_code


def _parquet(call: Call, directory: Path, *, alone: bool) -> int:
    if not alone:
        raise Usage(
            "Parquet files hold no checkpoint", hint="Hold it against the journal: clew verify."
        )
    with counting("entries") as progress:
        found = verify_parquet(directory, progress=progress)
    call.answer(found, _told_parquet)
    return 0 if found.ok else Tampered.exit_code


def _told_parquet(page: Page, answer: VerifiedParquet) -> None:
    """Tell whether Parquet files prove themselves."""
    for flaw in answer.flaws:
        page.line(f"{flaw.file}: {flaw.text}", "red")
    if answer.ok:
        said = f"{entries(answer.entries)} of {answer.journal}"
        page.line(f"the files prove themselves: {said}", "green")
    else:
        page.line("the files do not prove themselves", "bold red")
    page.line(f"last digest {answer.digest}")


def _told(page: Page, answer: Verification) -> None:
    """Tell whether the record proves itself."""
    for problem in answer.problems:
        page.line(f"position {problem.position}: {problem.kind} {problem.found}".rstrip(), "red")
    for archive in answer.archives:
        _archive(page, archive)
    if answer.ok:
        page.line(f"the record proves itself: {entries(answer.entries)}", "green")
    elif not answer.problems:
        page.line("the record proves itself, an archive of it does not", "bold red")
    else:
        first = answer.problems[0].position
        page.line(f"the record does not prove itself from position {first} on", "bold red")
    for one in answer.checkpoints:
        _checkpoint(page, one)
    for name in answer.unguarded:
        page.line(f"not append-only any more: {name}", "yellow")
    page.line(f"head {answer.head}")


def _archive(page: Page, one: HeldArchive) -> None:
    """Tell whether an archive is the one that the journal seals."""
    for flaw in one.flaws:
        page.line(f"{one.directory}/{flaw.file}: {flaw.text}", "red")
    if one.ok:
        rows, pieces = count(one.rows, "row image"), count(one.contents, "piece")
        held = f"{rows}, {pieces} of content, up to position {one.last}"
        page.line(f"{one.directory} is sealed at position {one.position}: {held}", "green")


def _checkpoint(page: Page, one: Held) -> None:
    """Tell what the journal is to a checkpoint, and what its signature is worth."""
    if one.verdict == "extended":
        page.line(f"extends {one.file}: {entries(one.size)} at {one.root}", "green")
    if one.signed_by:
        page.line(f"{one.file} is signed by {one.signed_by}")
    else:
        page.line(f"the signature of {one.file} was not checked: no --verifier was given", "yellow")


def _told_export(page: Page, answer: VerifiedExport) -> None:
    """Tell whether an export proves itself, and who vouches for it."""
    for flaw in answer.flaws:
        page.line(f"{flaw.file}: {flaw.text}", "red")
    if answer.ok:
        page.line(
            f"the export proves itself: {entries(answer.entries)} of {answer.origin}", "green"
        )
    else:
        page.line("the export does not prove itself", "bold red")
    page.line(f"root {answer.root}")
    for one in answer.checkpoints:
        _checkpoint(page, one)
    if answer.signed_by:
        page.line(f"its checkpoint is signed by {answer.signed_by}")
    elif answer.signed:
        page.line("its signature was not checked: no --verifier was given", "yellow")
    else:
        page.line("nobody signed it: whoever wrote the files may have written any others", "yellow")
