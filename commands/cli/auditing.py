"""Verbs for an auditor: report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.files import refuse_existing, write
from commands.cli.options import verb
from commands.cli.reporting import markdown
from commands.hiding import declared
from commands.report import START, Report
from commands.report import report as make_report
from commands.visible import encode
from journal.errors import Usage

STDOUT = Path("-")

HEAD_BYTES = 512
"""So far into a file its kind is looked for."""

_FILE = click.Path(path_type=Path, dir_okay=False)


@verb(
    "report",
    "clew report",
    "clew report before:0002_profiles after:0002_profiles",
    "clew report --from @release-11 --to @release-12 --html release-12.html",
    "clew report --values --hide users.email --html report.html",
    "clew report start 42 --values --format json",
)
@click.argument("origin", metavar="[FROM]", required=False)
@click.argument("target", metavar="[TO]", required=False)
@click.option("--from", "since", metavar="POSITION", help="FROM by its name.")
@click.option("--to", "until", metavar="POSITION", help="TO by its name.")
@click.option(
    "--values", is_flag=True, help="Show statements, candidates, and values without a home."
)
@click.option(
    "--hide",
    multiple=True,
    metavar="TABLE.COLUMN",
    help="Never show values of this column; clew-hidden.txt names those of a project.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write one self-contained page, over an earlier one; - is the output.",
)
@click.option("--checkpoint", type=_FILE, metavar="FILE", help="Show it on the page.")
@click.option("--output", type=_FILE, metavar="FILE", help="Write to a file that is not there yet.")
@click.option("--force", is_flag=True, help="Write over the file, whatever it is.")
def report(
    call: Call,
    origin: str | None,
    target: str | None,
    *,
    since: str | None,
    until: str | None,
    values: bool,
    hide: tuple[str, ...],
    html: Path | None,
    checkpoint: Path | None,
    output: Path | None,
    force: bool,
) -> None:
    """Tell what happened after FROM and up to TO, for somebody who was not there.

    FROM is "start" and TO is head, unless named. The text is Markdown; --html writes a page
    that needs no network and no script. No value of a row stands in it but the keys of subjects,
    unless --values asks for more.
    """
    _sensible(call, html, checkpoint, output, force=force)
    file = html if html not in (None, STDOUT) else output
    replaces = force or (file is not None and file == html and _is_report(file))
    if file is not None and not replaces:
        refuse_existing(file)
    signed = _checkpoint(checkpoint) if checkpoint is not None else ""
    hidden = declared(hide)
    with call.journal() as journal:
        answer = make_report(
            journal,
            _one("FROM", origin, since) or START,
            _one("TO", target, until) or "head",
            values=values,
            hide=hidden,
        )
    if answer.hidden.unknown:
        call.note(f"to be hidden, and not in this journal: {', '.join(answer.hidden.unknown)}")
    pieces = _page(answer, signed) if html is not None else _lines(call, answer)
    if file is not None:
        write(file, pieces, force=replaces)
        call.note(f"written to {file}")
    elif html is None and call.format == "text":
        page = call.page()
        for line in markdown(answer):
            page.line(line)
    else:
        for piece in pieces:
            call.write(piece.encode(), end="")


def _sensible(
    call: Call, html: Path | None, checkpoint: Path | None, output: Path | None, *, force: bool
) -> None:
    """Raise ``Usage`` for options that do not go together."""
    if html is not None and (output is not None or call.format != "text"):
        raise Usage(
            "--html with --output or --format", hint="--html FILE names the format and the file."
        )
    if checkpoint is not None and html is None:
        raise Usage("--checkpoint without --html", hint="Write the page with --html FILE.")
    if force and html in (None, STDOUT) and output is None:
        raise Usage("--force without --output", hint="Name the file with --output FILE.")


def _one(name: str, argument: str | None, option: str | None) -> str | None:
    if argument is not None and option is not None:
        raise Usage(f"{name} is given twice", hint=f"Leave --{name.lower()} or the argument out.")
    return argument if option is None else option


def _page(answer: Report, checkpoint: str) -> Iterable[str]:
    from commands.html import pieces  # noqa: PLC0415 - templates are for pages only

    found: Iterable[str] = pieces(answer, checkpoint=checkpoint)
    return found


def _lines(call: Call, answer: Report) -> Iterable[str]:
    if call.format == "text":
        return (f"{line}\n" for line in markdown(answer))
    return (encode(answer, indent=call.format == "json").decode(), "\n")


def _checkpoint(path: Path) -> str:
    from commands.proof.saved import read_checkpoint  # noqa: PLC0415 - for who has one

    return read_checkpoint(path).content.decode()


def _is_report(path: Path) -> bool:
    """Tell whether a file is a page that an earlier call wrote."""
    from commands.html.page import GENERATOR  # noqa: PLC0415 - templates are for pages only

    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return f'name="generator" content="{GENERATOR}"'.encode() in file.read(HEAD_BYTES)
