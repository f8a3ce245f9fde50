"""Progress of long work, on stderr, and only where a terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AFTER = 0.7
"""Seconds before progress appears; what is quicker needs none."""


@contextmanager
def counting(what: str, *, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Count up; yields a function that takes the count so far."""
    with _bar() as show:
        yield lambda done: show(what, done, total)


@contextmanager
def stepping() -> Iterator[Callable[[str, int, int], None]]:
    """Go through named things; yields a function that takes name, done and total."""
    with _bar() as show:
        yield show


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int | None], None]]:
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    bar = _Bar()
    try:
        yield bar.show
    finally:
        bar.stop()


class _Bar:
    """A bar that begins to be drawn when the work turns out to be long."""

    def __init__(self) -> None:
        import time  # noqa: PLC0415 - with the bar only

        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        self._now = time.monotonic
        self._began = self._now()
        self._drawn = False
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._progress.add_task("")

    def show(self, what: str, done: int, total: int | None) -> None:
        """Draw how far the work is."""
        self._progress.update(self._task, description=what, completed=done, total=total)
        if not self._drawn and self._now() - self._began > AFTER:
            self._progress.start()
            self._drawn = True

    def stop(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._progress.stop()
