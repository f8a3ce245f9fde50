"""A restore whose process is killed at a named moment: ``killed.py POINT URL DIR``."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any

from commands.cli.main import run


def main() -> None:
    point, url, place = sys.argv[1:]
    module, name = point.split(":")
    owner: Any = import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, die)
    run(["--db", url, "backup", "restore", place, "--yes"])


main()
