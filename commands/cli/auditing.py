"""Verbs for an auditor: report."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import click

from commands.cli.call import Call
from commands.cli.options import verb
from commands.cli.reporting import markdown
from commands.report import START
from commands.report import report as make_report
from commands.visible import encode
from journal.errors import Refused, Usage


@verb(
    "report",
    "clew report",
    "clew report before:0002_profiles after:0002_profiles",
    "clew report @release-11 @release-12 --output release-12.md",
    "clew report start 42 --values --format json",
)
@click.argument("origin", metavar="[FROM]", default=START)
@click.argument("target", metavar="[TO]", default="head")
@click.option("--values", is_flag=True, help="Show candidates, and values that found no home.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to a file that is not there yet.",
)
@click.option("--force", is_flag=True, help="Write over the file.")
def report(
    call: Call, origin: str, target: str, *, values: bool, output: Path | None, force: bool
) -> None:
    """Tell what happened after FROM and up to TO, for somebody who was not there.

    FROM is "start" and TO is head, unless named. The text is Markdown. No value of a row
    stands in it but the keys of subjects, unless --values asks for more.
    """
    if force and output is None:
        raise Usage("--force without --output", hint="Name the file with --output FILE.")
    if output is not None and not force:
        _refuse_existing(output)
    with call.journal() as journal:
        answer = make_report(journal, origin, target, values=values)
    if call.format == "text":
        lines: Iterable[str] = markdown(answer)
    else:
        lines = [encode(answer, indent=call.format == "json").decode()]
    if output is not None:
        _write(output, lines, force=force)
        call.note(f"written to {output}")
    elif call.format == "text":
        page = call.page()
        for line in lines:
            page.line(line)
    else:
        call.write("".join(lines).encode())


def _write(path: Path, lines: Iterable[str], *, force: bool) -> None:
    """Write a whole file or none; only its owner reads it."""
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        if force:
            partial.replace(path)
        else:
            _put(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _put(partial: Path, path: Path) -> None:
    """Give the file its name, unless somebody took it meanwhile."""
    try:
        os.link(partial, path)
    except FileExistsError:
        _refuse_existing(path)
        raise


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise Refused(f"{path} is there already", hint="Name another file, or give --force.")
