"""Answers written to a file: a whole one or none, read by its owner only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from commands.partial import partial_file, reach_disk, sync
from journal.errors import Refused


def write(path: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Write a file under another name first; it takes its own when it is whole.

    Raises:
        Refused: there is a file of that name, and no ``force``.
    """
    with partial_file(path, mode=0o600) as (partial, file):
        file.writelines(piece.encode() for piece in pieces)
        reach_disk(file)
        if force:
            partial.replace(path)
        else:
            _put(partial, path)
    sync(path.parent)


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
