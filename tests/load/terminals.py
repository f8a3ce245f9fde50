"""Terminals: processes that run verbs when told to, so that several begin in the same moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

_WORKER = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from commands.cli.main import run

def page():
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)

def told(one):
    return one.buffer.getvalue().decode()

for line in sys.stdin:
    out, err = page(), page()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(json.loads(line))
    print(json.dumps([code, told(out), told(err)]), flush=True)
"""
_ROOT = Path(__file__).parents[2]


class Answer(NamedTuple):
    """What a verb answered: its exit code and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the answer to a verb that was asked with --format json."""
        return json.loads(self.out)


class Terminal:
    """One process, which runs one verb after another."""

    url = ""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env=os.environ | {"PYTHONPATH": str(_ROOT)},
        )

    def ask(self, *words: str) -> None:
        """Begin a verb; the answer is read later."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(["--db", self.url, *words]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Answer:
        """Wait for the verb's end."""
        assert self._process.stdout is not None
        return Answer(*json.loads(self._process.stdout.readline()))

    def type(self, *words: str, code: int = 0) -> Answer:
        """Run a verb to its end, and expect an exit code."""
        self.ask(*words)
        found = self.answer()
        assert found.code == code, found.out + found.err
        return found

    def close(self) -> None:
        """End the process once its verb has ended."""
        self._process.communicate(timeout=300)


@contextmanager
def terminals(number: int) -> Iterator[list[Terminal]]:
    """Open so many terminals, ready to go."""
    with ExitStack() as stack:
        opened = [Terminal() for _ in range(number)]
        for one in opened:
            stack.callback(one.close)
            one.ask("log", "--help")
        for one in opened:
            one.answer()
        yield opened


def at_once(opened: Sequence[Terminal], *calls: Sequence[str]) -> list[Answer]:
    """Let each terminal run one call, all beginning now; return what each answered."""
    for terminal, words in zip(opened, calls, strict=False):
        terminal.ask(*words)
    return [terminal.answer() for terminal, _ in zip(opened, calls, strict=False)]
