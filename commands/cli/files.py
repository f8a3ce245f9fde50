"""Answers written to a file: a whole one or none, read by its owner only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from journal.errors import Refused


def write(path: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Write a file under another name first; it takes its own when it is whole.

    Raises:
        Refused: there is a file of that name, and no ``force``.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        if force:
            partial.replace(path)
        else:
            _put(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Raise ``Refused`` where a file of that name is."""
    if path.exists() or path.is_symlink():
        raise Refused(f"{path} is there already", hint="Name another file, or give --force.")


def _put(partial: Path, path: Path) -> None:
    """Give the file its name, unless somebody took it meanwhile."""
    try:
        os.link(partial, path)
    except FileExistsError:
        refuse_existing(path)
        raise
