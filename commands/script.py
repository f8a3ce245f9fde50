"""A migration file ready to run: its statements, and what was taken over from it."""

from __future__ import annotations

import re

import msgspec

from commands.control import take_over
from commands.directives import directives
from commands.sections import forward
from commands.sources import MigrationFile
from commands.split.statements import Part, pieces, statements
from commands.split.tokens import Unsplittable
from commands.transform.loading import held_unchanged, load, python_parts
from journal.errors import Refused
from journal.values import DatabaseKind

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_][\w.:-]*\}")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of a migration as they will run, and how.

    ``transaction`` is false where each statement runs alone; a transform then commits after
    so many subjects as ``batched`` says. ``notes`` tell what was taken
    over from the file.
    """

    file: MigrationFile
    parts: tuple[Part, ...]
    transaction: bool = True
    batched: int = 0
    foreign_keys: bool = True
    notes: tuple[str, ...] = ()


def read_script(file: MigrationFile, kind: DatabaseKind) -> Script:
    """Take a migration file apart.

    Raises:
        Refused: it cannot run as it stands; the message names file and line.
    """
    try:
        return _script(file, kind)
    except Unsplittable as error:
        message = f"{file.path} line {error.line}: {error.what}"
        raise Refused(message, hint=error.hint) from None
    except Refused as error:
        raise Refused(f"{file.path} {error.message}", hint=error.hint) from None


def _script(file: MigrationFile, kind: DatabaseKind) -> Script:
    if not file.text.strip():
        raise Refused("is empty", hint="Write the migration, or remove the file.")
    if file.path.endswith(".py"):
        return _python(file, kind)
    _no_placeholders(file)
    section = forward(file.text)
    found = tuple(pieces(section.text, kind))
    asked = directives(section, found)
    transaction = asked.transaction
    parts = statements(section.text, found, first_line=section.first_line)
    taken = take_over(parts, kind, transaction=transaction)
    notes = list(taken.notes)
    if not taken.parts:
        notes.append("no statement in the file")
    if not transaction:
        notes.append("no transaction: each statement stands alone")
    return Script(
        file=file,
        parts=held_unchanged(taken.parts, asked.unchanged),
        transaction=transaction,
        foreign_keys=taken.foreign_keys,
        notes=tuple(notes),
    )


def _python(file: MigrationFile, kind: DatabaseKind) -> Script:
    migration = load(file)
    parts = python_parts(file, migration, kind)
    if migration.batched is None:
        return Script(file=file, parts=parts)
    if migration.batched < 1:
        raise Refused("batched is less than 1", hint="Say how many subjects make a batch.")
    return Script(
        file=file,
        parts=parts,
        transaction=False,
        batched=migration.batched,
        notes=(f"batched: each step stands alone, a transform {migration.batched:,} at a time",),
    )


def _no_placeholders(file: MigrationFile) -> None:
    """Flyway would replace them, so as they stand they say something else."""
    found = _PLACEHOLDER.search(file.text)
    if found and file.path.startswith("V") and "__" in file.path:
        raise Unsplittable(
            f"placeholder {found.group()} is not replaced here",
            line=file.text.count("\n", 0, found.start()) + 1,
            hint="Write its value into the file.",
        )
