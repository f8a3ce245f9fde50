"""Tables that no page of changed since the copy was made: their rows need not be compared.

The copy holds each page under its number. Where the tree of a table begins at the same page,
and none of its pages differs, it is the same tree: a page that is the same points to the same
pages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from journal.errors import StatementFailed
from journal.sqlite.connection import Session
from journal.sqlite.observing import pages_apart
from journal.sqlite.observing.keeping import KEPT

SMALL = 4_000_000
"""Bytes up to which rows are compared as quickly."""
_MANY = 4
"""Where more than one page in so many changed, little would be left out."""
_TEMP = "clew_page"


def untouched(session: Session, copy: Path) -> frozenset[str]:
    """Name tables that did not change, as far as it can be told; the copy is attached.

    The session is in a transaction for writing, in which it wrote nothing yet.
    """
    path = Path(session.path)
    log = Path(f"{path}-wal")
    sizes = [session.value(f"PRAGMA {of}.page_size") for of in (KEPT, "main")]
    count = session.value("PRAGMA main.page_count")
    if sizes[0] != sizes[1] or count * sizes[0] <= SMALL or path.stat().st_size < count * sizes[0]:
        return frozenset()
    if log.exists() and log.stat().st_size:
        return frozenset()  # the newest pages stand in the log
    changed = _changed(path, copy, sizes[0], count // _MANY)
    return frozenset() if changed is None else _unchanged(session, changed)


def _changed(path: Path, copy: Path, size: int, most: int) -> list[int] | None:
    """Return the numbers of the pages that differ; ``None`` where there are too many.

    A process of its own reads them: SQLite's locks on a file are lost where any handle of the
    process on that file is closed.
    """
    words = [sys.executable, "-I", "-S", pages_apart.__file__]
    words += [str(path), str(copy), str(size), str(most)]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        return None
    return [int(number) for number in done.stdout.split()]


def _unchanged(session: Session, changed: list[int]) -> frozenset[str]:
    session.run(f"CREATE TABLE temp.{_TEMP} (number INTEGER PRIMARY KEY)")
    try:
        session.run_many(f"INSERT INTO temp.{_TEMP} VALUES (?)", ((one,) for one in changed))
        touched = session.run(
            "SELECT DISTINCT name FROM dbstat('main')"
            f" WHERE pageno IN (SELECT number FROM temp.{_TEMP})"
        )
    except StatementFailed:  # a build of SQLite without dbstat
        return frozenset()
    finally:
        session.run(f"DROP TABLE temp.{_TEMP}")
    same = session.run(
        f"SELECT t.name FROM main.sqlite_master t JOIN {KEPT}.sqlite_master k"
        " ON k.type = t.type AND k.name = t.name AND k.rootpage = t.rootpage"
        " WHERE t.type = 'table' AND t.rootpage > 0"
    )
    return frozenset(name for (name,) in same) - {name for (name,) in touched}
