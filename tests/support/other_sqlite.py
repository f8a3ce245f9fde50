"""Run a command on another SQLite: ``python -m tests.support.other_sqlite LIBRARY COMMAND ...``.

LIBRARY is a shared library, or a package from PyPI that carries one, such as ``pysqlite3``. It is
put beneath Python's own module ``sqlite3``, so that nothing of the product needs to know, and
processes that the command starts run on it as well. It needs a Python that loads SQLite
dynamically, as those of Linux distributions do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

_VERSION = [sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"]


def library(named: str) -> Path:
    """Return the shared library that a path or a package names. Raises ``SystemExit``."""
    if Path(named).is_file():
        return Path(named).resolve()
    spec = find_spec(named)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for found in sorted(Path(place).glob("_sqlite3*.so")):
            return found.resolve()
    raise SystemExit(f"no library of SQLite: {named}")


def run(named: str, command: list[str]) -> int:
    """Run a command with the library found first, and return its exit code."""
    with TemporaryDirectory(prefix="clew-sqlite-") as place:
        (Path(place) / "libsqlite3.so.0").symlink_to(library(named))
        paths = [place, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        environment = os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(paths)}
        versions = [
            subprocess.run(_VERSION, env=one, check=True, capture_output=True, text=True).stdout
            for one in (os.environ, environment)
        ]
        if versions[0] == versions[1]:
            raise SystemExit(f"this Python runs on SQLite {versions[0].strip()} all the same")
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
