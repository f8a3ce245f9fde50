"""The directory of an export: written aside, synced, and only then given its name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from commands.export.manifest import MANIFEST, ExportedFile
from commands.partial import partial_directory, sync
from commands.words import reason
from journal.errors import ClewError, Refused, Tampered

_BLOCK = 1 << 20


@contextmanager
def aside(directory: Path) -> Iterator[Path]:
    """Make a directory to write in, which gets the name ``directory`` at the end, or is gone.

    Raises:
        Refused: there is something in ``directory``, or it cannot be made.
        ClewError: the disk is full, or fails.
    """
    refuse_filled(directory)
    place = directory.resolve()
    with ExitStack() as within:
        try:
            partial = within.enter_context(partial_directory(place))
        except OSError as error:
            what = f"{directory} cannot be made: {reason(error)}"
            raise Refused(what, hint="Name another directory.") from None
        try:
            yield partial
            _sync_all(partial)
            partial.rename(place)  # fails where somebody filled it meanwhile
            sync(place.parent)
        except OSError as error:
            what = f"cannot write to {directory}: {reason(error)}"
            raise ClewError(what, hint="Nothing of it was kept.") from error


def refuse_filled(directory: Path) -> None:
    """Refuse what is no directory, or one that holds something."""
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise Refused(f"{directory} is no directory", hint="Name another one.")
    if directory.exists() and any(directory.iterdir()):
        raise Refused(f"{directory} is not empty", hint="Name another directory.")


def write(directory: Path, path: str, content: bytes) -> None:
    """Write a file below the directory."""
    file = directory / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def files_in(directory: Path) -> Iterator[ExportedFile]:
    """Yield all files but the tiles and the manifest, by path, as they are read back."""
    for file in sorted(directory.rglob("*")):
        path = file.relative_to(directory).as_posix()
        if file.is_file() and not path.startswith("tile/") and path != MANIFEST:
            yield read_back(file, path)


def refuse_strange(directory: Path) -> None:
    """Refuse what is no plain file and no directory: it leads elsewhere, or has no end."""
    for file in sorted(directory.rglob("*")):
        mode = file.lstat().st_mode
        if not (S_ISREG(mode) or S_ISDIR(mode)):
            raise Tampered(
                f"{file} is no plain file",
                hint="Copy what it leads to in its place, if it was you.",
            )


def empty_in(directory: Path) -> Iterator[str]:
    """Yield directories that hold nothing."""
    for path in sorted(directory.rglob("*")):
        if path.is_dir() and not any(path.iterdir()):
            yield path.relative_to(directory).as_posix() + "/"


def read_back(file: Path, path: str) -> ExportedFile:
    """Return size and digest of a file."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return ExportedFile(path=path, bytes=size, sha256=digest.hexdigest())


def _sync_all(directory: Path) -> None:
    for home, _, names in os.walk(directory):
        for name in names:
            with Path(home, name).open("rb") as file:
                os.fsync(file.fileno())
        sync(Path(home))
