"""Programs that a migration asks to be run once it is committed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator

from commands.opening import Asker, Target, environment
from commands.split.statements import Part
from commands.transform.loading import StepPart
from commands.transform.steps import Command
from journal import spans
from journal.errors import CheckFailed
from journal.events import CheckRun
from journal.store import Journal, text_digest

KEPT = 64 * 1024
"""Bytes of a program's output that are kept: the last ones."""


def commands_of(parts: Iterable[Part]) -> Iterator[Command]:
    """Yield the programs that a migration names."""
    for part in parts:
        if isinstance(part, StepPart) and isinstance(part.step, Command):
            yield part.step


def run_command(
    command: Command, journal: Journal, *, target: Target, run: str, asker: Asker
) -> CheckRun:
    """Run a program and note how it ended, with what it said last.

    Raises:
        CheckFailed: it failed, and does not only warn. The migration stands.
    """
    found, output = _run(command, target)
    event = CheckRun(
        name=command.name,
        passed=found == "exit code 0",
        expected="exit code 0",
        found=found,
        output=text_digest(output) if output else "",
    )
    journal.append(event, run=run, actor=asker.actor, texts=[output] if output else ())
    if not event.passed and not command.warns:
        raise CheckFailed(
            f"command {command.name}: expected exit code 0, found {found}",
            hint="The migration stands; what the program said is in clew show.",
        )
    return event


def _run(command: Command, target: Target) -> tuple[str, str]:
    try:
        done = subprocess.run(  # noqa: S603 - the migration names it, and is shown before it runs
            command.argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=command.timeout,
            env={**environment(), **target.environment(), **spans.carried()},
        )
    except subprocess.TimeoutExpired as late:
        return f"no end within {command.timeout:g} seconds", _told(late.stdout, target)
    except OSError as error:
        return f"no program to run ({error.strerror or type(error).__name__})", ""
    return f"exit code {done.returncode}", _told(done.stdout, target)


def _told(output: bytes | None, target: Target) -> str:
    text = (output or b"")[-KEPT:].decode(errors="replace")
    password = target.url.password
    return text.replace(str(password), "***") if password else text
