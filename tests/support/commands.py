"""The page of all verbs, made from the verbs themselves: ``python -m tests.support.commands``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from commands.cli.main import VERBS, clew

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
_SHARED = {"db", "format", "verbose", "actor", "reason", "ref"}
_HEAD = """# All verbs

`clew [--db URL] [--format text|json|jsonl] VERB`, where every verb takes these options too. The database is
`--db`, else `DATABASE_URL` of the environment or of `.env`. Answers go to stdout; progress, notes and errors to
stderr. Verbs that write to the journal take who asked and why: `--actor` (else `CLEW_ACTOR`, else the user), `--reason`,
`--ref`.

A position is written `42`, `head`, `head~3`, `@mark`, `before:NAME` or `after:NAME` (a migration), or a time such
as `2026-11-21T09:30:00Z`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | looked, and the answer is no |
| 2 | usage |
| 3 | refused by a rule |
| 4 | not found |
| 5 | failed |
| 6 | tampered |
| 130 | interrupted |
"""


def page() -> str:
    """Return the page: each verb with what it does, how it is written, and its options."""
    context = click.Context(clew)
    parts = [_HEAD]
    for name in VERBS:
        command = clew.get_command(context, name)
        assert command is not None
        parts += _verb(command, f"clew {name}", context)
    return "\n".join(parts)


def _verb(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent)
    words = " ".join(command.collect_usage_pieces(context))
    writes = " (writes)" if any(one.name == "actor" for one in command.params) else ""
    yield f"## {name}{writes}\n\n{command.get_short_help_str(300)}\n"
    yield f"```\n{name} {words}\n```\n"
    options = [line for one in command.params if one.name not in _SHARED for line in _option(one)]
    if options:
        yield "\n".join(options) + "\n"
    if command.epilog:
        yield f"```console\n{_examples(command.epilog)}\n```\n"
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None
            yield from _verb(inner, f"{name} {part}", context)


def _option(parameter: click.Parameter) -> Iterator[str]:
    if isinstance(parameter, click.Option) and not parameter.hidden:
        names = ", ".join((*parameter.opts, *parameter.secondary_opts))
        value = "" if parameter.is_flag else f" {parameter.make_metavar(click.Context(clew))}"
        yield f"* `{names}{value}`: {parameter.help or ''}"


def _examples(epilog: str) -> str:
    lines = epilog.partition("Examples:\n")[2].splitlines()
    return "\n".join(f"$ {line.strip()}" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
