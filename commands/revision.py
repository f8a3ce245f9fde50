"""The version-control commit that a directory of migrations stands at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SECONDS = 5


def revision_of(directory: Path) -> str:
    """Return git's commit, with ``+changes`` where files differ from it; else nothing."""
    commit = _git(directory, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return ""
    changes = _git(directory, "status", "--porcelain", "--", ".")
    return f"{commit}+changes" if changes else commit


def _git(directory: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and arguments of our own
            ["git", "-C", str(directory), *arguments],  # noqa: S607 - git as the user has it
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
