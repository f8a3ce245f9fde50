"""The kept state: a copy of the file beside it, which outlives this process.

It is whole, written to the disk and in its place before the program starts; a copy that was
not finished bears another name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from journal.errors import Busy, NotFound, Refused, Tampered, Unreachable
from journal.observing import Copying
from journal.sqlite.connection import Session, mapped

KEPT = "clew_kept"
"""The name under which the copy is attached."""
_MARK = ".clew-record-"
_UNFINISHED = ".clew-recording-"
_SEEN = ".seen"
_SIDES = ("-wal", "-shm", "-journal")
_PAGES = 4096
"""Pages copied at a time: between them Ctrl-C is heard."""


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen while the program ran: its process, and the others that had the file open.

    ``began`` is when the process was created, as the system tells it; ``ended`` tells that it
    was seen to end.
    """

    pid: int = 0
    began: float = 0.0
    ended: bool = False
    others: tuple[str, ...] = ()


def place(path: str, run: str) -> Path:
    """Return where the copy for a run stands."""
    return Path(f"{path}{_MARK}{run}")


def keep(session: Session, run: str, *, wait: float, copying: Copying) -> None:
    """Copy the file within the open read transaction, so that all pages are of one moment.

    Raises:
        Refused: there is no room for it.
        Unreachable: nothing can be written beside the file.
        Busy: a writer kept the file for ``wait`` seconds.
    """
    unfinished = Path(f"{session.path}{_UNFINISHED}{run}")
    _check_room(session, unfinished)
    try:
        unfinished.touch(mode=0o600, exist_ok=False)
        with mapped(), closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            _back_up(session.raw, copy, wait, copying)
        _write_through(unfinished)
        unfinished.rename(place(session.path, run))
        _write_through(unfinished.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Unreachable(
            f"cannot keep a copy beside {session.path}: {(error.strerror or '').lower()}",
            hint="Recording keeps a copy of the file in the same directory until it is done.",
        ) from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def kept(path: str) -> tuple[str, ...]:
    """Name the runs of which a copy stands, or what was beside one."""
    found = Path(path).parent.glob(f"{_literal(Path(path).name)}{_MARK}*")
    runs = {one.name.removeprefix(Path(path).name + _MARK) for one in found}
    for side in (*_SIDES, _SEEN):
        runs = {run.removesuffix(side) for run in runs}
    return tuple(sorted(runs))


def forget(path: str, run: str) -> None:
    """Remove what was kept of a run; the copy goes first."""
    copy = place(path, run)
    for side in ("", *_SIDES, _SEEN):
        Path(f"{copy}{side}").unlink(missing_ok=True)


def forget_unfinished(path: str) -> None:
    """Remove copies that nobody finished; the caller holds the journal."""
    for one in Path(path).parent.glob(f"{_literal(Path(path).name)}{_UNFINISHED}*"):
        one.unlink(missing_ok=True)


def write_seen(path: str, run: str, seen: Seen) -> None:
    """Write down what was seen, whole or not at all."""
    there = Path(f"{place(path, run)}{_SEEN}")
    fresh = Path(f"{path}{_UNFINISHED}{run}{_SEEN}")
    fresh.write_bytes(msgspec.json.encode(seen))
    fresh.replace(there)


def read_seen(path: str, run: str) -> Seen:
    """Read what was seen; nothing was where nothing is written."""
    try:
        return msgspec.json.decode(Path(f"{place(path, run)}{_SEEN}").read_bytes(), type=Seen)
    except (OSError, msgspec.DecodeError):
        return Seen()


@contextmanager
def attached(session: Session, run: str) -> Iterator[None]:
    """Attach the copy to the session, which is in a transaction; ``let_go`` detaches it.

    Raises:
        NotFound: no copy of this run stands there.
        Tampered: the file does not hold the journal that it held then.
    """
    copy = place(session.path, run)
    if not copy.is_file():
        raise NotFound(f"nothing is kept of run {run}")
    let_go(session)
    session.run(f"ATTACH ? AS {KEPT}", (str(copy),))
    if not _goes_on(session):
        raise Tampered(
            "the file does not hold the journal that it held before the program ran",
            hint=f"The file as it was before stands in {copy}.",
        )
    yield


def let_go(session: Session) -> None:
    """Detach the copy, where it is attached; outside any transaction."""
    if any(name == KEPT for _, name, _ in session.run("PRAGMA database_list")):
        session.run(f"DETACH {KEPT}")


def _goes_on(session: Session) -> bool:
    """Tell whether the journal of the file is that of the copy, with more entries or none."""
    there = "SELECT count(*) FROM main.sqlite_master WHERE name IN ('clew_journal', 'clew_entry')"
    if session.value(there) != 2:
        return False
    same_journal = session.value(
        f"SELECT 1 FROM {KEPT}.clew_journal k JOIN main.clew_journal t ON t.id = k.id"
    )
    goes_on = session.value(
        f"SELECT 1 FROM {KEPT}.clew_head k WHERE k.position = 0 OR EXISTS (SELECT 1"
        " FROM main.clew_entry t WHERE t.position = k.position AND t.digest = k.digest)"
    )
    return bool(same_journal and goes_on)


def _check_room(session: Session, beside: Path) -> None:
    pages = int(session.value("PRAGMA main.page_count"))
    needed = pages * int(session.value("PRAGMA main.page_size"))
    free = shutil.disk_usage(beside.parent).free
    if free < needed:
        raise Refused(
            f"expected {needed:,} bytes free in {beside.parent}, found {free:,}",
            hint="Recording keeps a copy of the file beside it until it is done.",
        )


def _back_up(
    source: sqlite3.Connection, copy: sqlite3.Connection, wait: float, copying: Copying
) -> None:
    until = time.monotonic() + wait
    left = -1

    def progress(status: int, remaining: int, total: int) -> None:
        nonlocal until, left
        copying(total - remaining, total)
        if remaining != left:
            left, until = remaining, time.monotonic() + wait
        elif status and time.monotonic() > until:
            raise Busy("another writer of the file")

    source.backup(copy, pages=_PAGES, progress=progress)


def _write_through(path: Path) -> None:
    """Have the disk hold what was written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _literal(name: str) -> str:
    """Return a name as a pattern that means nothing but it."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
