"""Small files that are written whole or not at all, and never over another."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from commands.partial import clear, literal, partial_file, reach_disk, sync
from commands.words import reason
from journal.errors import ClewError, NotFound, Refused

PRIVATE, PUBLIC = 0o600, 0o644
SMALL, LARGE = 1 << 20, 1 << 27
"""Bytes of the largest checkpoint or key that is read; and of the largest proof."""


def write_new(path: Path, content: bytes, *, mode: int = PUBLIC) -> None:
    """Write a file that is not there yet; it has its name when it is whole, and synced.

    Raises:
        Refused: something of that name is there, or the place cannot be written to.
    """
    refuse_existing(path)
    try:
        with partial_file(path, mode=mode) as (partial, file):
            file.write(content)
            reach_disk(file)
            os.link(partial, path)  # unlike a rename, this never replaces what stands there
        sync(path.parent)
    except FileExistsError:
        refuse_existing(path)
        raise
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {reason(error)}", hint="Name another file."
        ) from None


def refuse_existing(path: Path) -> None:
    """Refuse a name that is taken; what a killed command left beside it goes."""
    if path.exists() or path.is_symlink():
        with suppress(OSError):
            clear(path.parent, literal(path.name))
        raise Refused(f"{path} is there already", hint="Name another file: none is written over.")


def read_small(path: Path) -> bytes:
    """Read the whole file of a checkpoint or a key. Raises as ``read_large`` does."""
    return _read(path, SMALL)


def read_large(path: Path) -> bytes:
    """Read the whole file of a proof, which holds an entry.

    Raises:
        NotFound: it is not there.
        ClewError: it cannot be read, or is far too large.
    """
    return _read(path, LARGE)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise NotFound(f"{path} is not there") from None
    except OSError as error:
        raise ClewError(f"{path} cannot be read: {reason(error)}") from None
    if len(content) > limit:
        raise ClewError(f"{path} is larger than {limit >> 20} MiB, and so not what is expected")
    return content
