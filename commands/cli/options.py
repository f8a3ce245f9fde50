"""Options that many verbs share, and the making of a verb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from click.core import ParameterSource

from commands.cli.call import Call

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]

FORMATS = ("text", "json", "jsonl")
POSITION = "42, head, head~3, @MARK, before:NAME, after:NAME or an ISO time (UTC)."


class Verb(click.Command):
    """Refuses an empty value, as of a variable of the shell that is not set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and look that no option was given empty: that is not its default."""
        rest = super().parse_args(ctx, args)
        for one in self.params:
            value = ctx.params.get(one.name or "")
            values = value if isinstance(value, tuple) else (value,)
            if (
                "" in values
                and ctx.get_parameter_source(one.name or "") is ParameterSource.COMMANDLINE
            ):
                _refuse_empty(one)
        return rest


def verb(name: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a verb of a function that takes the call first; examples end its help."""

    def make(function: Callable[..., Any]) -> click.Command:
        epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        command = click.command(name, cls=Verb, epilog=epilog, context_settings=settings)
        return shared(command(click.pass_obj(function)))

    return make


def group(
    name: str, does: str, *examples: str, alone: Callable[..., Any] | None = None
) -> click.Group:
    """Make a verb that has verbs of its own; ``alone`` is what it does without one."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    made = click.Group(
        name,
        help=does,
        epilog=epilog,
        context_settings=settings,
        no_args_is_help=False,
        invoke_without_command=alone is not None,
        callback=click.pass_context(_unless_within(alone)) if alone else None,
        params=getattr(alone, "__click_params__", [])[::-1],
    )
    return shared(made)


def _unless_within(alone: Callable[..., Any]) -> Callable[..., Any]:
    """Make the callback of a group, which a verb of its own keeps from running."""

    def run(context: click.Context, /, **options: Any) -> Any:
        if context.invoked_subcommand is None:
            return alone(context.ensure_object(Call), **options)
        return None

    return run


def shared(command: F) -> F:
    """Add the options that stand before a verb as well as after it."""
    for option in (
        _kept("--verbose", "-v", count=True, help="Log what happens to stderr; -vv logs more."),
        _kept("--format", type=click.Choice(FORMATS), help="How to answer; text by default."),
        _kept(
            "--db",
            metavar="URL",
            help="sqlite:///FILE or postgresql://USER@HOST/NAME; else DATABASE_URL, from the "
            "environment or .env.",
        ),
    ):
        command = option(command)
    return command


def writing(command: F) -> F:
    """Add the options of every verb that writes: who asks and why."""
    for option in (
        _kept("--ref", metavar="TEXT", help="An issue or pull request, for the record."),
        _kept("--reason", metavar="TEXT", help="Why, for the record."),
        _kept("--actor", metavar="NAME", help="Who asks; CLEW_ACTOR or your user name otherwise."),
    ):
        command = option(command)
    return command


def lock_timeout(command: F) -> F:
    """Add the bound on waiting for locks."""
    option = _kept(
        "--lock-timeout",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Give up when a lock is not free for so long; 5 by default.",
    )
    return option(command)  # type: ignore[no-any-return]


def at_option(default: str | None = "head") -> Decorator:
    """Add ``--at POSITION``."""
    return click.option("--at", default=default, metavar="POSITION", help=f"As of {POSITION}")


def pending(command: F) -> F:
    """Add which migrations are meant, and what of them is waived."""
    for option in (
        allow_irreversible,
        click.option(
            "--allow-late", is_flag=True, help="Run files that sort before applied ones too."
        ),
        click.option("--to", default="", metavar="NAME", help="Up to and with this migration."),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def scratch(command: F) -> F:
    """Add where copies are made."""
    option = click.option(
        "--scratch",
        metavar="URL",
        help="Copy into this empty database, which is emptied again; SQLite: a file not yet there.",
    )
    return option(command)


def way_of_copying(command: F) -> F:
    """Add how PostgreSQL makes a copy."""
    option = click.option(
        "--by",
        "way",
        type=click.Choice(["dump", "template"]),
        default="dump",
        show_default=True,
        help="How PostgreSQL copies: pg_dump only reads; a template needs that nobody is connected.",
    )
    return option(command)


def pg_bin(command: F) -> F:
    """Add where the client programs are."""
    option = click.option(
        "--pg-bin",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Where pg_dump and pg_restore are; else on the PATH and in the usual places.",
    )
    return option(command)


def allow_irreversible(command: F) -> F:
    """Add the waiver of the gate."""
    option = click.option(
        "--allow-irreversible",
        "allowed",
        multiple=True,
        metavar="NAME",
        help="Run what is refused under NAME although it cannot be taken back; recorded.",
    )
    return option(command)


def _refuse_empty(parameter: click.Parameter) -> NoReturn:
    raise click.UsageError(f"expected a value for {parameter.opts[0]}, found an empty one")


def _kept(*names: str, **settings: Any) -> Decorator:
    """Make an option whose value is kept in the call and not passed on."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        call = context.ensure_object(Call)
        if value == "" and parameter.name == "db":
            _refuse_empty(parameter)
        if value not in (None, 0) and parameter.name is not None:
            setattr(call, parameter.name, value)

    return click.option(*names, expose_value=False, callback=keep, **settings)
