"""The verb export."""

from __future__ import annotations

from pathlib import Path

import click

from commands.cli import telling
from commands.cli.call import Call
from commands.cli.keeping import key_option, opened
from commands.cli.options import at_option, verb
from commands.cli.page import Page
from commands.cli.progress import counting
from commands.export.delta import InDelta, export_delta
from commands.export.export import Exported
from commands.export.export import export as write_export
from commands.export.parquet import InParquet, export_parquet
from commands.words import count
from journal.errors import Usage


@verb(
    "export",
    "clew export audit-2026 --key audit.key",
    "clew export audit-2026 --key audit.key --at @release-12 --content",
    "clew export files --format json",
    "clew export lake --parquet",
    "clew export tables --delta",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@key_option("Sign a checkpoint with this private key")
@click.option(
    "--content",
    is_flag=True,
    help="Statement texts, output, candidates and homeless values too: they hold what rows hold.",
)
@click.option(
    "--parquet",
    is_flag=True,
    help="Parquet files instead, which a later export adds to; needs the extra clew[parquet].",
)
@click.option(
    "--delta",
    is_flag=True,
    help="Rows added to Delta tables instead, each exactly once; needs the extra clew[delta].",
)
@at_option()
def export(
    call: Call,
    directory: Path,
    key: Path | None,
    at: str,
    *,
    content: bool,
    parquet: bool,
    delta: bool,
) -> None:
    """Write the journal into a new directory, for whoever checks it without us.

    Entries as JSON lines, the Merkle tree as tiles (c2sp.org/tlog-tiles), a signed checkpoint,
    the public key and a manifest. Values of rows are in none of it, unless --content asks for
    what is kept beside the entries. Check it with: clew verify --export DIR.
    """
    if parquet or delta:
        _refuse_beside(key, content=content, parquet=parquet, delta=delta)
    if delta:
        _in_delta(call, directory, at)
        return
    if parquet:
        _in_parquet(call, directory, at, content=content)
        return
    signer = opened(key) if key else None
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = write_export(
            journal, directory, at=at, key=signer, content=content, progress=progress
        )
    call.answer(answer, _tell)


def _refuse_beside(key: Path | None, *, content: bool, parquet: bool, delta: bool) -> None:
    if parquet and delta:
        raise Usage("expected --parquet or --delta, found both")
    if key is not None:
        raise Usage(
            f"--{'delta' if delta else 'parquet'} takes no --key",
            hint="Sign the journal itself: clew checkpoint.",
        )
    if delta and content:
        raise Usage("--delta takes no --content", hint="Content can be erased; a lake cannot.")


def _in_delta(call: Call, directory: Path, at: str) -> None:
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = export_delta(journal, directory, at=at, progress=progress)
    call.answer(answer, tell_delta)


def tell_delta(page: Page, answer: InDelta) -> None:
    """Tell what was added to Delta tables."""
    page.line(f"{answer.directory}: {answer.journal}, up to position {answer.last}", "green")
    for name, rows in answer.added.items():
        page.line(f"  added to {name}: {count(rows, 'row')}")
    if not answer.added:
        page.line("  nothing to add")


def _in_parquet(call: Call, directory: Path, at: str, *, content: bool) -> None:
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = export_parquet(journal, directory, at=at, content=content, progress=progress)
    call.answer(answer, _tell_parquet)


def _tell_parquet(page: Page, answer: InParquet) -> None:
    held = f"{count(answer.ranges, 'range')}, up to position {answer.last}"
    page.line(f"{answer.directory}: {held}", "green")
    for one in answer.added:
        for file in one.files:
            size = f"{count(file.rows, 'row')}, {count(file.bytes, 'byte')}"
            page.line(f"  added {file.path}: {size}")
    if not answer.added:
        page.line("  nothing to add")
    page.line(f"not in it: {'; '.join(answer.left_out)}")


def _tell(page: Page, answer: Exported) -> None:
    manifest = answer.manifest
    size = f"{telling.entries(manifest.last)}, {count(manifest.tiles, 'tile')}"
    page.line(f"{size}: {answer.directory}", "green")
    for file in manifest.files:
        page.line(f"  {file.path}: {count(file.bytes, 'byte')}")
    page.line(f"not in it: {'; '.join(manifest.left_out)}")
    page.line(f"root {manifest.root}")
    if not manifest.signed_by:
        page.line("no checkpoint: without --key nobody signs it", "yellow")
