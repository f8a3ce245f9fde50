"""A bound on how long a call that only reads may take, whatever it waits for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from journal.errors import Unreachable


@contextmanager
def within(seconds: float | None, say: Callable[[Unreachable], object]) -> Iterator[None]:
    """End the process with exit code 5 where the block takes longer; ``None`` is for ever.

    It ends also where the main thread waits within a driver, a resolver or the kernel, which
    no exception reaches. So it is for what only reads: the database sees a lost connection.
    """
    if seconds is None:
        yield
        return

    def end() -> None:
        say(Unreachable(f"no answer within {seconds:g} seconds"))
        sys.stderr.flush()
        os._exit(Unreachable.exit_code)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
