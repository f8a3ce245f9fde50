"""What is being made bears another name until it is whole; what a killed command left is removed.

Whoever makes something keeps a lock on it, so that what nobody has locked is nobody's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

_END = ".partial"
_CHANCE = "[0-9a-f]" * 8
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def partial_file(place: Path, *, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """Make a file beside ``place``, to be named so when it is whole; else it is gone at the end.

    Raises:
        OSError: it cannot be made.
    """
    path, handle = _made(
        place, lambda path: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield path, file
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def partial_directory(place: Path) -> Iterator[Path]:
    """Make a directory beside ``place``; as ``partial_file``."""
    path, handle = _made(place, _directory)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def clear(directory: Path, names: str) -> None:
    """Remove what killed commands left of things of these names, a pattern."""
    for path in directory.glob(f".{names}.{_CHANCE}{_END}"):
        with suppress(OSError):  # in use, another's, or gone meanwhile
            handle = os.open(path, _LOOK)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            finally:
                os.close(handle)


def reach_disk(file: BinaryIO) -> None:
    """See to it that what was written to a file reaches the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync(directory: Path) -> None:
    """See to it that names given in a directory reach the disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directories(path: Path, *, mode: int = 0o777) -> None:
    """Make a directory, and those above it that are lacking, for good."""
    for one in (*reversed(path.parents), path):
        if not one.is_dir():
            one.mkdir(mode=mode if one == path else 0o777, exist_ok=True)
            sync(one.parent)


def literal(name: str) -> str:
    """Return a name as a pattern that means nothing but it."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _made(place: Path, make: Callable[[Path], int]) -> tuple[Path, int]:
    clear(place.parent, literal(place.name))
    while True:
        path = place.with_name(f".{place.name}.{uuid4().hex[:8]}{_END}")
        handle = make(path)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():
            return path, handle
        os.close(handle)  # somebody took it for a leftover before it was locked


def _directory(path: Path) -> int:
    path.mkdir(mode=0o700)
    return os.open(path, os.O_RDONLY)
