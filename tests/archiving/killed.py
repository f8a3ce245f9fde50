"""An archive that is taken, or brought back, by a process that is killed at a named moment.

``killed.py POINT CALL URL VERB DIR``: at the call of that number, counted from 1.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any

from commands.cli.main import run


def main() -> None:
    point, number, url, verb, place = sys.argv[1:]
    module, name = point.split(":")
    owner: Any = import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    works, left = getattr(owner, last), int(number)

    def die(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return works(*given, **named)

    setattr(owner, last, die)
    words = ["take", "@old", "--to", place] if verb == "take" else ["restore", place]
    sys.exit(run(["--db", url, "archive", *words, "--reason", "kept", "--yes"]))


main()
