"""The command ``clew``: which verbs there are, how errors are told, and the exit code."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any

import click

from commands.cli.call import Call, Format
from commands.cli.options import shared
from commands.cli.stopping import INTERRUPTED, Stopper
from commands.foreign import foreign_package
from commands.words import reason
from journal.errors import CheckFailed, ClewError, StillUsed, Unreachable, Usage

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

VERBS = {
    "demo": ("commands.cli.demo", "The whole story on a throw-away SQLite database."),
    "init": ("commands.cli.writing", "Create the journal and record the database as found."),
    "status": ("commands.cli.reading", "Where journal, files and database stand; what is next."),
    "rehearse": ("commands.cli.rehearsing", "Try it on a scratch copy, and back; go or no-go."),
    "apply": ("commands.cli.applying", "Run pending migrations, journaled."),
    "fleet": ("commands.cli.fleet", "apply, status, rollback, verify, export in many databases."),
    "record": ("commands.cli.recording", "Run another program, and journal what it did."),
    "log": ("commands.cli.log", "The entries of the journal."),
    "show": ("commands.cli.reading", "One entry or one run in full."),
    "schema": ("commands.cli.past", "The schema at a position."),
    "diff": ("commands.cli.past", "What differs between two positions."),
    "rows": ("commands.cli.past", "The rows of a table at a position."),
    "history": ("commands.cli.row_history", "What happened to one row, when, by whom and why."),
    "checkout": ("commands.cli.checking_out", "The database at a position, as a new database."),
    "bisect": ("commands.cli.bisecting", "Where the answer of a query changed, and by whom."),
    "conflicts": ("commands.cli.finding", "Disagreements that transforms met, and who decided."),
    "unmapped": ("commands.cli.finding", "Fields that found no home, summed up by name."),
    "subject": ("commands.cli.following", "One subject from source to target, side by side."),
    "report": ("commands.cli.auditing", "What happened between two positions: a page, or text."),
    "backup": (
        "commands.cli.backup",
        "Copy tables out, verify and list such backups, restore them.",
    ),
    "copy": ("commands.cli.copying", "Bring tables of another database over, journaled."),
    "rebuild": ("commands.cli.rebuilding", "Make the views for SQL anew, and prove them."),
    "mark": ("commands.cli.writing", "Give a position a name."),
    "rollback": ("commands.cli.rolling", "Take the database to another position."),
    "erase": (
        "commands.cli.erasing",
        "Make a row, a column or a subject unreadable; the proof holds.",
    ),
    "archive": (
        "commands.cli.archiving",
        "Write old row images and content out, sealed, and take them out of the database.",
    ),
    "verify": ("commands.cli.verifying", "Prove that the record was not touched."),
    "key": ("commands.cli.proving", "Keys that checkpoints are signed with: new, show."),
    "checkpoint": ("commands.cli.proving", "Sign the journal as it is, to be kept elsewhere."),
    "prove": ("commands.cli.proving", "Prove that an entry stands in the journal."),
    "export": ("commands.cli.exporting", "The journal as files that a stranger can check."),
    "check": ("commands.cli.reading", "Hold the live schema against the journal's."),
    "doctor": ("commands.cli.doctoring", "Find what is broken, and propose the repair."),
    "stamp": (
        "commands.cli.stamping",
        "A migration was done, or undone, elsewhere; with a reason.",
    ),
    "accept": ("commands.cli.writing", "Take drift or changed files in, with a reason."),
    "completion": ("commands.cli.completion", "Teach bash, zsh or fish to complete what is typed."),
}
"""Each verb: the module that holds it, and what it does in one line."""


_COMPLETING = "commands.cli.completing"


def _completes() -> bool:
    """Tell whether a shell asks what might come next, and no verb runs."""
    return "_CLEW_COMPLETE" in os.environ


class _Interrupted(Exception):
    """Somebody asked this process to stop."""


class Verbs(click.Group):
    """Loads a verb when it is called, so that help costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the verbs in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        command = getattr(import_module(VERBS[cmd_name][0]), cmd_name)
        if not isinstance(command, click.Command):
            return None
        return import_module(_COMPLETING).teach(command) if _completes() else command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; an interrupt is ours to tell, not click's."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _Interrupted from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Offer the verbs without loading them."""
        if incomplete[:1] == "-":
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only to complete

        fitting = (one for one in VERBS.items() if one[0].startswith(incomplete))
        return [CompletionItem(name, help=does) for name, (_, does) in fitting]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without loading them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, does) for name, (_, does) in VERBS.items()])


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only here

    try:
        found = version("clew")
    except PackageNotFoundError:
        found = "unreleased"
    click.echo(f"clew {found}")
    context.exit()


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  clew demo\n  clew --db sqlite:///app.db init\n  clew apply migrations",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Print the version.",
)
def clew() -> None:
    """Keep a journal beside your data: a change comes back exactly, or is refused."""


shared(clew)


def run(arguments: list[str]) -> int:
    """Run one call and return its exit code."""
    call = Call()
    call.format = _wanted_format(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if _completes():
        import_module(_COMPLETING).install()
    with call.ending:
        code = _answered(call, arguments)
        call.ended(code)
    return code


def _answered(call: Call, arguments: list[str]) -> int:
    try:
        code = clew.main(args=arguments, prog_name="clew", standalone_mode=False, obj=call)
        sys.stdout.flush()
    except (CheckFailed, StillUsed) as error:
        return _report_checks(call, error)
    except ClewError as error:
        return call.say(error)
    except click.Abort as error:
        if isinstance(error.__context__, EOFError):
            usage = Usage("expected an answer, found the end of input", hint="Give --yes.")
            return call.say(usage)
        return _interrupted(call)
    except (_Interrupted, KeyboardInterrupt):
        return _interrupted(call)
    except click.ClickException as error:
        return _misused(call, error)
    except BrokenPipeError:
        return 141
    except OSError as error:
        what = reason(error)
        where = f"{error.filename}: " if error.filename else ""
        hint = "Make room there, then run it again." if error.errno in _NO_ROOM else ""
        return call.report(f"{where}{what}", hint, "Unreachable", Unreachable.exit_code)
    except Exception as error:  # noqa: BLE001 - the last resort: one line, not a page of code
        return _unexpected(call, error)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line and end the process."""
    _have_streams()
    foreign = foreign_package()
    if foreign:
        sys.stderr.write(
            f"error: the package {foreign} that Python finds is not Clew's\n"
            "hint: Run clew outside of that project, or from an environment of its own.\n"
        )
        raise SystemExit(Usage.exit_code)
    stopper = Stopper()
    try:
        stopper.listen()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    stopper.deafen()
    raise SystemExit(stopper.exit_code if code == INTERRUPTED else code)


def _have_streams() -> None:
    """Put nothing in the place of closed streams, so that no file of the database is one."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def _wanted_format(arguments: list[str]) -> Format:
    """Tell how errors are to be told, before the arguments are known to make sense."""
    for place, word in enumerate(arguments):
        name, _, value = word.partition("=")
        if name == "--format":
            value = value or (arguments[place + 1] if place + 1 < len(arguments) else "")
            return "json" if value == "json" else "jsonl" if value == "jsonl" else "text"
    return "text"


def _interrupted(call: Call) -> int:
    if sys.stderr.isatty():
        sys.stderr.write("\n")  # the terminal shows what was typed there
    return call.report("interrupted", "", "Interrupted", INTERRUPTED)


def _misused(call: Call, error: click.ClickException) -> int:
    message = error.format_message().rstrip(".")
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"See: {error.ctx.command_path} --help."
    lowered = message[:1].lower() + message[1:]
    return call.report(lowered, hint, "Usage", Usage.exit_code)


def _unexpected(call: Call, error: Exception) -> int:
    if call.verbose:
        import traceback  # noqa: PLC0415 - rare

        traceback.print_exception(error)
    first = (str(error).splitlines() or [""])[0]
    message = f"unexpected {type(error).__name__}: {first}"
    hint = "This is a fault of Clew; --verbose shows where." if not call.verbose else ""
    return call.report(message, hint, type(error).__name__, ClewError.exit_code)


def _report_checks(call: Call, error: CheckFailed | StillUsed) -> int:
    """Say an error, and what the checks found that it rests on."""
    kind = type(error).__name__
    if call.format == "text" and any(check.details for check in error.checks):
        from commands.cli.page import Page  # noqa: PLC0415 - rare
        from commands.cli.verified import tell_verification  # noqa: PLC0415 - rare

        sys.stdout.flush()
        tell_verification(Page(sys.stderr), error.checks)
    found = {"checks": error.checks} if error.checks else {}
    return call.report(error.message, error.hint, kind, error.exit_code, **found)
