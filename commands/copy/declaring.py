"""What a copy is declared with on the command line: a file of rules, and the options."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from commands.copy.spec import Copy
from commands.opening import Target, target
from commands.transform.loading import names_in
from journal.errors import Refused, Unreachable, Usage


def load(path: Path) -> Copy:
    """Run a file of rules and return the copy that it defines.

    Raises:
        Unreachable: the file cannot be read.
        Refused: it ends in an error, or defines no copy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise Unreachable(f"{path}: {reason}", hint="Which file holds the rules?") from None
    except UnicodeDecodeError:
        raise Usage(f"{path} is not UTF-8 text", hint="Save the file as UTF-8.") from None
    try:
        found = names_in(str(path), text).get("copy")
    except Refused as error:
        raise Refused(f"{path}: {error.message}", hint=error.hint) from error.__cause__
    if not isinstance(found, Copy):
        raise Refused(f"{path}: defines no copy", hint="End the file with copy = Copy(...).")
    return found


def source_of(spec: Copy, *, lock_timeout: float) -> Target:
    """Find the database that rows come from: a URL, or ``$NAME`` of an environment variable.

    Raises:
        Usage: none is named, the variable is not set, or the URL cannot be read.
    """
    text = spec.source
    if text.startswith("$"):
        text = os.environ.get(text[1:], "")
        if not text:
            raise Usage(
                f"the environment has no variable {spec.source[1:]}",
                hint="Set it to the URL of the database that is copied from.",
            )
    if not text:
        raise Usage("no database was named to copy from", hint="Give --from URL.")
    return target(text, lock_timeout=lock_timeout)


def with_options(
    spec: Copy,
    *,
    source: str,
    tables: tuple[str, ...],
    create: bool,
    orphans: str | None,
    if_changed: str | None,
    batch: int | None,
) -> Copy:
    """Return a copy with what the command line says; that comes before the file."""
    given = {
        "source": source or None,
        "tables": tables or None,
        "create": create or None,
        "orphans": orphans,
        "if_changed": if_changed,
        "batch": batch,
    }
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(spec, **said)
