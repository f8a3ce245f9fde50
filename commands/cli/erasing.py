"""The verb erase: every place where something stands, a question, then it is unreadable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from commands.cli.call import Call
from commands.cli.options import group, lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import counting
from commands.erasing.answer import Column, ErasureAnswer, Row, Stays, Subject, What
from commands.erasing.erase import erase as make_unreadable
from commands.erasing.erase import look
from commands.words import count
from journal.errors import AnswerIsNo, Usage

LISTED = 20
"""How many places of a kind are shown in text; JSON has them all."""

_WHY = {
    "entry": "in the entry itself, which the chain holds",
    "other row": "in images of other rows: erase those too, if it is meant",
    "row": "a row that bears it: clew erase row",
    "kept": "kept, as asked for",
    "live row": "the live row: deleting it is for the application, or a migration",
    "live column": "the live column: dropping it is for a migration",
    "backup": "in a backup, which is not rewritten",
    "archive": "in an archive, as far as it held it: bring it back, erase, and archive again",
    "copy": "came from another database, which may hold it",
    "not searched": "not searched",
}

erase = group(
    "erase",
    "Make what the journal keeps of a row, a column or a subject unreadable.\n\n"
    "The entries stay as they are, and prove themselves: each erasure is an entry of its own. "
    "A rollback that needs what was erased is refused.",
    "clew erase row person 42 --dry-run",
    "clew erase row person 42 --reason 'asked for on 3 May'",
    "clew erase column person phone --reason 'no longer ours to keep'",
    "clew erase subject ada --reason 'asked for on 3 May' --yes",
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Only list every place where it stands."),
        click.option(
            "--keep",
            multiple=True,
            metavar="DIGEST",
            help="Leave this content alone; the beginning of its digest is enough.",
        ),
    ):
        command = option(command)
    return command


def _at(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--at",
        default="head",
        metavar="POSITION",
        help="Where the table bore that name: 42, @MARK, before:NAME ...; the head by default.",
    )(command)


@verb(
    "row",
    "clew erase row person 42 --dry-run",
    "clew erase row orders 42 7 --reason 'asked for on 3 May'   # a key of two columns",
    "clew erase row person ada@example.org --with-key --reason 'asked for on 3 May'",
    "clew erase row old_person 42 --at before:0002_profiles --reason 'asked for on 3 May'",
)
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@click.option("--with-key", is_flag=True, help="The values of the key too; the row must be gone.")
@_at
@_options
@writing
@lock_timeout
def erase_row(
    call: Call, table: str, key: tuple[str, ...], at: str, *, with_key: bool, **asked: Any
) -> None:
    """Erase what the journal keeps of the row of TABLE with this KEY.

    A key of several columns is given value by value, or as COLUMN=VALUE. The live row is not
    touched.
    """
    _run(call, Row(table=table, key=key, at=at, with_key=with_key), **asked)


@verb(
    "column",
    "clew erase column person phone --dry-run",
    "clew erase column person phone --reason 'no longer ours to keep'",
    "clew erase column person phone --at before:0007_drop_phone --reason 'never again'",
)
@click.argument("table")
@click.argument("column")
@_at
@_options
@writing
@lock_timeout
def erase_column(call: Call, table: str, column: str, at: str, **asked: Any) -> None:
    """Erase all values that the journal keeps of COLUMN of TABLE, of all rows.

    The live column is not touched.
    """
    _run(call, Column(table=table, column=column, at=at), **asked)


@verb(
    "subject",
    "clew erase subject 42 --dry-run",
    "clew erase subject ada --reason 'asked for on 3 May'",
    "clew erase subject '\"42\"' --reason 'asked for on 3 May' --yes",
)
@click.argument("key")
@_options
@writing
@lock_timeout
def erase_subject(call: Call, key: str, **asked: Any) -> None:
    """Erase what transforms found of the subject with this KEY, which is JSON or plain text.

    Candidates, decided and unmapped values, rejected records. Its rows are erased one by one.
    """
    _run(call, Subject(key=key), **asked)


for _command in (erase_row, erase_column, erase_subject):
    erase.add_command(_command)


def _run(call: Call, what: What, *, dry_run: bool, yes: bool, keep: tuple[str, ...]) -> None:
    if not dry_run and not call.reason.strip():
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    if not (dry_run or yes or call.format == "text"):
        raise Usage(
            "expected --dry-run or --yes where the answer is not text",
            hint="A question can only be asked at a terminal, in text.",
        )
    target = call.target()
    if dry_run or not yes:
        with counting("looked through") as progress:
            seen = look(target, what, keep=keep, progress=lambda _, done: progress(done))
        call.answer(seen, _tell) if dry_run else _tell(call.page(), seen)
        if dry_run or not (seen.images or seen.contents):
            return
        if not click.confirm(f"Make {seen.what} unreadable, for good?", err=True):
            raise AnswerIsNo("not erased")
    with counting("erased") as progress:
        done = make_unreadable(
            target,
            what,
            asker=call.asker(),
            keep=keep,
            progress=lambda _, done: progress(done),
        )
    call.answer(done, _tell if yes else _tell_done)


def _tell(page: Page, answer: ErasureAnswer) -> None:
    page.line(answer.what, "bold")
    rows = sum(one.rows for one in answer.images)
    page.line(f"  images of rows: {rows:,} in {count(len(answer.images), 'place')}")
    _each(
        page,
        (
            f"position {one.position}: {count(one.rows, 'image')} of {one.table}"
            for one in answer.images
        ),
    )
    page.line(f"  content: {count(len(answer.contents), 'piece')}")
    _each(
        page,
        (
            f"position {one.position}: {one.what}, {count(one.size, 'byte')}"
            f" ({one.digest[:12]}{_shared(one.entries)}{', short' if one.short else ''})"
            for one in answer.contents
        ),
    )
    _tell_stays(page, answer.stays)
    for what in answer.unsearched:
        page.line(f"  not looked for in texts: {what}", "yellow")
    if any(one.short for one in answer.contents):
        page.line(
            "  short: whoever has the journal can try what it may have been until the digest fits",
            "yellow",
        )
    if not (answer.images or answer.contents):
        page.line("  nothing to erase", "green")
    _tell_done(page, answer)


def _shared(entries: int) -> str:
    return f", named by {entries:,} entries" if entries > 1 else ""


def _tell_stays(page: Page, stays: Iterable[Stays]) -> None:
    kinds: dict[str, list[Stays]] = {}
    for one in stays:
        kinds.setdefault(one.kind, []).append(one)
    for kind, found in kinds.items():
        page.line(f"  stays, {_WHY.get(kind, kind)}:", "yellow")
        _each(page, map(_where, found))


def _where(one: Stays) -> str:
    place = f"position {one.position}: " if one.position else ""
    times = f", {one.count:,} times" if one.count > 1 else ""
    return f"{place}{one.where}{times}"


def _each(page: Page, lines: Iterable[str]) -> None:
    left = 0
    for number, line in enumerate(lines):
        if number < LISTED:
            page.line(f"    {line}")
        else:
            left += 1
    if left:
        page.line(f"    ... and {left:,} more")


def _tell_done(page: Page, answer: ErasureAnswer) -> None:
    if not answer.done or not answer.run:
        return
    page.line(f"erased: positions {answer.first} to {answer.last}, run {answer.run}", "green")
    page.line(
        f"next: {answer.next};   -- what was rewritten is still in the pages until then", "bold"
    )
