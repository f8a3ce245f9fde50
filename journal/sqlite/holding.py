"""The one run of a journal: a locked file beside the database, whose content names the holder."""

from __future__ import annotations

import fcntl
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path

from journal.errors import Busy, Unreachable
from journal.sqlite.connection import lock_file

_POLL = 0.05
_GLANCE = 5.0
"""Seconds in which somebody who only asks who holds the journal has surely gone on."""


def hold(path: str | Path, holder: str, *, wait: float) -> FileIO:
    """Lock the file and write who holds it; it is free again once the handle is closed.

    Raises:
        Busy: another session held it for ``wait`` seconds; names the holder.
        Unreachable: no file can be written there.
    """
    deadline = time.monotonic() + wait
    try:
        handle = lock_file(path).open("ab+", buffering=0)
    except OSError as error:
        raise Unreachable(
            f"cannot write beside {path}: {(error.strerror or '').lower()}",
            hint="Runs lock a file in the same directory.",
        ) from error
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            over = time.monotonic() - deadline
            if over >= _GLANCE or (over >= 0 and not _looked_at(handle)):
                handle.seek(0)
                other = handle.read().decode(errors="replace").strip() or "another run"
                handle.close()
                raise Busy(other) from None
            time.sleep(_POLL)
    handle.seek(0)
    handle.truncate()
    with suppress(OSError):  # on a full disk it is held all the same, by nobody who has a name
        handle.write(holder.encode(errors="replace"))
    return handle


def _looked_at(handle: FileIO) -> bool:
    """Tell whether nobody holds the journal: somebody asks, at this moment, who does."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(handle, fcntl.LOCK_UN)
    return True
