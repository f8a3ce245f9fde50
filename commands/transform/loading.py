"""A migration file in Python as parts that run in order: statements, and steps of other kinds."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from typing import Any

import msgspec

from commands.control import TakenOver, take_over
from commands.sources import MigrationFile
from commands.split.statements import Part, pieces, statements
from commands.transform.describing import describe
from commands.transform.sense import check_steps, refuse_doubles
from commands.transform.spec import Transform
from commands.transform.steps import Closing, Migration, Opening, Run, Sql, Unchanged
from journal.errors import Refused
from journal.values import DatabaseKind


class StepPart(Part, frozen=True, kw_only=True):
    """A step that is no SQL; ``text`` describes it, so that its digest tells it from others."""

    step: Run


def is_verification(part: Part) -> bool:
    """Tell whether a part only looks, before the first step or after the last one."""
    return isinstance(part, StepPart) and isinstance(part.step, Opening | Closing)


def python_parts(file: MigrationFile, migration: Migration, kind: DatabaseKind) -> tuple[Part, ...]:
    """Take a migration apart.

    Raises:
        Refused: a step does not make sense.
        Unsplittable: a statement in it is never closed.
    """
    parts: list[Part] = []
    refuse_doubles(file)
    check_steps(migration)
    for step in migration.steps:
        match step:
            case Sql():
                found = _statements(step, kind).parts
            case _:
                found = (_part(step),)
        parts += found
    if migration.verify:
        opening, closing = Opening(verify=migration.verify), Closing(verify=migration.verify)
        parts = [_part(opening), *parts, _part(closing)]
    return tuple(
        msgspec.structs.replace(part, number=number) for number, part in enumerate(parts, start=1)
    )


def held_unchanged(parts: tuple[Part, ...], tables: tuple[str, ...]) -> tuple[Part, ...]:
    """Return the statements of a file of SQL, and before and after them a look at tables."""
    if not tables:
        return parts
    verify = (Unchanged(tables=tables),)
    last = parts[-1].number + 1 if parts else 1
    closing = msgspec.structs.replace(_part(Closing(verify=verify)), number=last)
    return (_part(Opening(verify=verify)), *parts, closing)


def load(file: MigrationFile) -> Migration:
    """Run a migration file and return what it defines. Raises ``Refused``."""
    migration = names_in(file.path, file.text).get("migration")
    if not isinstance(migration, Migration):
        raise Refused(
            "defines no migration", hint="End the file with migration = Migration(steps=(...))."
        )
    return migration


def names_in(path: str, text: str) -> dict[str, Any]:
    """Run a file in Python and return what it defines by name. Raises ``Refused``."""
    names: dict[str, Any] = {"__name__": "clew_migration", "__file__": path}
    lines = text.splitlines(keepends=True)
    linecache.cache[path] = (len(text), None, lines, path)  # functions have a text
    try:
        exec(compile(text, path, "exec"), names)  # noqa: S102 - such a file is a program
    except Exception as error:
        raise Refused(
            f"line {_line(error, path)}: {type(error).__name__}: {error}",
            hint="The file is run when it is read; nothing of it has reached the database.",
        ) from error
    return names


def transform_in(file: MigrationFile, name: str) -> Transform | None:
    """Run a migration file and return its transform of a name. Raises ``Refused``."""
    for step in load(file).steps:
        if isinstance(step, Transform) and step.name == name:
            return step
    return None


def _part(step: Run) -> StepPart:
    return StepPart(number=0, line=1, text=describe(step), step=step)


def _statements(step: Sql, kind: DatabaseKind) -> TakenOver:
    found = tuple(pieces(step.sql, kind))
    return take_over(statements(step.sql, found, first_line=1), kind, transaction=True)


def _line(error: Exception, path: str) -> int:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames: Iterator[traceback.FrameSummary] = iter(traceback.extract_tb(error.__traceback__))
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return lines[-1] or 1 if lines else 1
