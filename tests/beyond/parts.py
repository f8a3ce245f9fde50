"""What the parts of these tests do, in whatever process does them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from journal.errors import Refused


def square(number: int) -> int:
    """Return the square, or refuse a negative number."""
    if number < 0:
        raise Refused(f"{number} is negative", hint="Give another.")
    return number * number


def die_once(file: str) -> str:
    """Kill the worker the first time, as one that runs out of memory is killed."""
    path = Path(file)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def die(_: str) -> None:
    """Kill the worker each time."""
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(file: str) -> None:
    """Tell the number of the process, and work for longer than anybody waits."""
    Path(file).write_text(str(os.getpid()))
    time.sleep(600)
