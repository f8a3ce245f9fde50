"""What migration files bring about, as far as it can be read without running them.

Only what is certain is read: a name that any of the files may take away again, or that stands
under a condition, is no claim. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable

from commands.doctor.ledger.effect import NOTHING, Effect, ReadFile
from commands.doctor.ledger.read_javascript import read_javascript
from commands.doctor.ledger.read_python import read_python
from commands.doctor.ledger.read_sql import mentioned, read_sql
from commands.doctor.ledger.toolfiles import ToolFile
from journal.values import DatabaseKind


def effects(files: Iterable[ToolFile], kind: DatabaseKind) -> dict[str, tuple[Effect, ...]]:
    """Return what each file makes, by its name, less what any of them may take away."""
    found = {one.name: _read(one, kind) for one in files}
    gone = {name.lower() for one in found.values() for name in one.gone}
    return {
        name: tuple(made for made in one.made if made.stays(gone)) for name, one in found.items()
    }


def _read(file: ToolFile, kind: DatabaseKind) -> ReadFile:
    try:
        text = file.path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return NOTHING
    match file.path.suffix:
        case ".sql":
            return read_sql(text, kind)
        case ".py":
            return read_python(text, kind)
        case ".js" | ".cjs" | ".mjs" | ".ts" | ".cts" | ".mts":
            return read_javascript(text, kind)
        case _:
            return ReadFile((), mentioned(text))
