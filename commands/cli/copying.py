"""The verb copy: what it would do, a question, then batch by batch."""

from __future__ import annotations

from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.copied import tell_done, tell_plan
from commands.cli.options import lock_timeout, verb, writing
from commands.cli.progress import stepping
from commands.copy.answer import CopyAnswer
from commands.copy.declaring import load, source_of, with_options
from commands.copy.running import copy as bring
from commands.copy.spec import Copy
from commands.words import count
from journal.errors import AnswerIsNo, Refused, Usage


@verb(
    "copy",
    "clew copy --from sqlite:///dev.db --to postgresql://me@host/app --create --dry-run",
    "clew copy --from sqlite:///dev.db --create --orphans quarantine --yes",
    "clew copy --from '$OLD_DATABASE_URL' --tables users,orders --rules rules.py",
    "clew copy --from sqlite:///dev.db --if-changed keep",
)
@click.option(
    "--from",
    "source",
    metavar="URL",
    default="",
    help="The database that rows come from, or $NAME of an environment variable; only read.",
)
@click.option("--to", metavar="URL", default="", help="The database with the journal; as --db.")
@click.option(
    "--tables", multiple=True, metavar="A,B", help="These tables; all without a name. Repeatable."
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A Python file that defines copy = Copy(...): conversions, references, isolation.",
)
@click.option("--create", is_flag=True, help="Make the tables that the target lacks.")
@click.option(
    "--dry-run", "dry", is_flag=True, help="Read everything, show the plan, write nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--orphans",
    type=click.Choice(["refuse", "quarantine"]),
    help="What to do with rows that refer to none; refuse by default.",
)
@click.option(
    "--if-changed",
    type=click.Choice(["refuse", "keep", "overwrite"]),
    help="What to do with rows that others wrote in the target since; refuse by default.",
)
@click.option(
    "--batch", type=click.IntRange(min=1), metavar="ROWS", help="Rows of one transaction."
)
@writing
@lock_timeout
def copy(
    call: Call,
    source: str,
    to: str,
    tables: tuple[str, ...],
    rules: Path | None,
    orphans: str | None,
    if_changed: str | None,
    batch: int | None,
    *,
    create: bool,
    dry: bool,
    yes: bool,
) -> int:
    """Bring tables of another database over, in the order of their foreign keys.

    Says first what it will do, row by row counted, then asks. What does not convert is set
    aside with its reason, never guessed. A copy that was cut goes on when it is typed again; one
    that was done brings what is new, changed or deleted since. Ends with 1 where something
    differs at the end, or a declared rule of isolation does not hold.
    """
    if not (dry or yes or call.format == "text"):
        raise Usage(
            "expected --dry-run or --yes where the answer is not text",
            hint="A question can only be asked at a terminal, in text.",
        )
    if to:
        call.db = to
    target, asker = call.target(), call.asker()
    spec = with_options(
        load(rules) if rules else Copy(),
        source=source,
        tables=tuple(name.strip() for some in tables for name in some.split(",") if name.strip()),
        create=create,
        orphans=orphans,
        if_changed=if_changed,
        batch=batch,
    )
    origin = source_of(spec, lock_timeout=target.lock_timeout)

    def confirm(seen: CopyAnswer) -> None:
        if call.format == "text":
            tell_plan(call.page(), seen)
        if not yes:
            _ask(seen)

    with stepping() as progress:
        answer = bring(
            origin, target, spec, asker=asker, dry=dry, confirm=confirm, progress=progress
        )
    call.answer(answer, tell_done if answer.done else tell_plan)
    if dry:
        return Refused.exit_code if answer.blocked else 0
    return 0 if answer.agrees and answer.isolated else AnswerIsNo.exit_code


def _ask(seen: CopyAnswer) -> None:
    """Ask. Raises ``AnswerIsNo``."""
    rows = sum(one.inserted + one.updated + one.deleted for one in seen.tables)
    if not click.confirm(f"Write {count(rows, 'row')} into the target?", err=True):
        raise AnswerIsNo("not copied")
