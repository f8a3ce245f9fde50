"""A pager for answers longer than the screen, as git has one: only where a terminal reads."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from commands.cli.page import Page

LESS = "FRX"
"""Options of less where LESS names none: leave at once if all fits, colours, keep the screen."""


@contextmanager
def paged(*, wanted: bool = True) -> Iterator[Page]:
    """Lend a page that a pager shows, or the plain one where nobody could turn it.

    The pager is CLEW_PAGER, else PAGER, else less; an empty one, or cat, is none.
    """
    command = _pager() if wanted and sys.stdout.isatty() else ""
    if not command:
        yield Page(sys.stdout)
        return
    environment = {"LESS": LESS, **os.environ}
    sys.stdout.flush()
    process = subprocess.Popen(  # noqa: S602 - the user's own words, as every pager's
        command, shell=True, stdin=subprocess.PIPE, env=environment, text=True,
        encoding="utf-8", errors="backslashreplace",
    )  # fmt: skip
    assert process.stdin is not None
    page = Page(process.stdin, terminal=True)
    page.gone = _leave
    try:
        yield page
    except (_Left, KeyboardInterrupt):
        pass
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        _wait(process)


class _Left(Exception):
    """Who reads has left the pager."""


def _leave() -> NoReturn:
    raise _Left


def _pager() -> str:
    named = os.environ.get("CLEW_PAGER", os.environ.get("PAGER", "less")).strip()
    try:
        words = shlex.split(named)
    except ValueError:
        return ""
    return "" if not words or words == ["cat"] or shutil.which(words[0]) is None else named


def _wait(process: subprocess.Popen[str]) -> None:
    """Wait until the pager is left; an interrupt is meant for it."""
    while True:
        with suppress(KeyboardInterrupt):
            process.wait()
            return
