"""A migration file in Python as parts that run in order: statements, and steps of other kinds."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from commands.control import TakenOver, take_over
from commands.sources import MigrationFile
from commands.split.statements import Part, pieces, statements
from commands.transform.spec import Backup, Check, Migration, Spec, Sql, Transform
from commands.transform.values import canonical
from journal.errors import Refused
from journal.values import DatabaseKind


class StepPart(Part, frozen=True, kw_only=True):
    """A step that is no SQL; ``text`` describes it, so that its digest tells it from others."""

    step: Transform | Check | Backup


def python_parts(file: MigrationFile, kind: DatabaseKind) -> tuple[Part, ...]:
    """Load a migration and take it apart.

    Raises:
        Refused: the file raises, or defines no migration.
        Unsplittable: a statement in it is never closed.
    """
    parts: list[Part] = []
    for step in load(file).steps:
        match step:
            case Sql():
                found = _statements(step, kind).parts
            case Transform() | Check() | Backup():
                found = (StepPart(number=0, line=1, text=describe(step), step=step),)
        parts += found
    return tuple(
        msgspec.structs.replace(part, number=number) for number, part in enumerate(parts, start=1)
    )


def load(file: MigrationFile) -> Migration:
    """Run a migration file and return what it defines. Raises ``Refused``."""
    names: dict[str, Any] = {"__name__": "clew_migration", "__file__": file.path}
    try:
        exec(compile(file.text, file.path, "exec"), names)  # noqa: S102 - a migration is a program
    except Exception as error:
        raise Refused(
            f"line {_line(error, file)}: {type(error).__name__}: {error}",
            hint="The file is run when it is read; nothing of it has reached the database.",
        ) from error
    migration = names.get("migration")
    if not isinstance(migration, Migration):
        raise Refused(
            "defines no migration", hint="End the file with migration = Migration(steps=(...))."
        )
    return migration


def describe(step: Spec) -> str:
    """Return a step as text: the same for the same step, functions by module and name."""
    return canonical(_plain(step))


def _statements(step: Sql, kind: DatabaseKind) -> TakenOver:
    found = tuple(pieces(step.sql, kind))
    return take_over(statements(step.sql, found, first_line=1), kind, transaction=True)


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            said = {name: _plain(one) for name, one in fields.items() if one is not msgspec.UNSET}
            return {"is": type(value).__name__, **said}
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
        case _ if callable(value):
            return {"function": _named(value)}
        case _:
            return repr(value)


def _named(function: Callable[..., Any]) -> str:
    """A function by its name and, where it has one, its code: another body is another function."""
    code = getattr(function, "__code__", None)
    body = code.co_code.hex() + repr(code.co_consts) if code else ""
    return f"{getattr(function, '__qualname__', repr(function))} {body}".strip()


def _line(error: Exception, file: MigrationFile) -> int:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames: Iterator[traceback.FrameSummary] = iter(traceback.extract_tb(error.__traceback__))
    lines = [frame.lineno for frame in frames if frame.filename == file.path]
    return lines[-1] or 1 if lines else 1
