"""Source files searched for the names of tables, as whole words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from journal.errors import NotFound

LARGEST = 2 << 20
"""Bytes of a file beyond which it is not read."""
MOST = 20_000
"""Files of one directory that are read."""
NAMED = 3
"""Places that are named of each table."""
_HEAD = 8192
_OTHERS = frozenset(("node_modules", "__pycache__", "site-packages", "venv"))


class Mentions(msgspec.Struct, kw_only=True):
    """Lines that name a table: how many, and the first."""

    count: int = 0
    places: list[str] = msgspec.field(default_factory=list)


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """A directory: the files that were read, those that were not, and mentions by name."""

    directory: str
    files: int
    unread: int
    mentions: dict[str, Mentions]


def search(directory: str, names: Sequence[str]) -> Searched:
    """Read the files of a directory; hidden ones, links and binary ones are left out.

    A relative directory is one of the current directory. Letters of either case match.

    Raises:
        NotFound: there is no such directory.
    """
    if not Path(directory).is_dir():
        raise NotFound(f"no directory {directory} to search", hint="Name one that holds code.")
    found = {name.lower(): Mentions() for name in names}
    words = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, found))})(?![\w$])", re.IGNORECASE)
    files = unread = 0
    closed: list[OSError] = []
    for path in _files(Path(directory), closed):
        lines = _lines(path) if files < MOST else None
        if lines is None:
            unread += 1
            continue
        files += 1
        for number, line in enumerate(lines, start=1):
            for name in {word.lower() for word in words.findall(line)} & found.keys():
                found[name].count += 1
                if len(found[name].places) < NAMED:
                    found[name].places.append(f"{path}:{number}")
    mentions = {name: found[name.lower()] for name in names}
    return Searched(
        directory=directory, files=files, unread=unread + len(closed), mentions=mentions
    )


def _files(directory: Path, closed: list[OSError]) -> Iterator[Path]:
    """Yield files in order; directories that do not let us in are told in ``closed``."""
    for root, directories, names in os.walk(directory, onerror=closed.append):
        directories[:] = sorted(
            name for name in directories if name[0] != "." and name not in _OTHERS
        )
        for name in sorted(names):
            path = Path(root, name)
            if name[0] != "." and path.is_file() and not path.is_symlink():
                yield path


def _lines(path: Path) -> Sequence[str] | None:
    """Return the lines of a file, none of a binary one; ``None`` where it is not read."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    if b"\0" in content[:_HEAD]:
        return ()
    return content.decode(errors="replace").splitlines()
