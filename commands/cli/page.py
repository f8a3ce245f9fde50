"""Text for people: lines, pairs and tables, with colour only where a terminal reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from commands.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

PIPE_CLOSED = 141
"""Exit code where the reader went away: 128 + SIGPIPE, as shells count it."""

MEASURED = 200
"""Rows that are looked at to find the widths of columns; later ones may be wider."""

WIDEST = 60
"""No column but the last is padded beyond."""


class Page:
    """Writes to one stream. What it is given is data: control characters are shown escaped.

    ``terminal`` says that a terminal shows it in the end; NO_COLOR keeps styles away.
    """

    def __init__(self, stream: IO[str] | None = None, *, terminal: bool | None = None) -> None:
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty() if terminal is None else terminal
        self.styled = self.terminal and not os.environ.get("NO_COLOR")
        self.gone = pipe_closed
        self._console: Console | None = None

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line."""
        self._write(visible(text), style)

    def block(self, text: str, *, indent: str = "  ", style: str = "dim") -> None:
        """Write text of several lines, indented."""
        for line in text.splitlines() or [""]:
            self._write(indent + visible(line.expandtabs()), style)

    def pairs(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Write names and values; an empty value is left out."""
        kept = [(name, str(value)) for name, value in pairs if value not in ("", None, ())]
        width = max((len(name) for name, _ in kept), default=0)
        for name, value in kept:
            self.line(f"{name:{width}}  {value}")

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
        """Write rows under a header as they come, and return how many there were."""
        waiting = iter(rows)
        header = [visible(name) for name in header]
        head = list(islice(waiting, MEASURED))
        widths = _widths(header, head)
        if any(header):
            self._write(_row(header, widths), "bold")
        count = 0
        for row in _chain(head, waiting):
            self._write(_row([visible(cell) for cell in row], widths))
            count += 1
        return count

    def _write(self, text: str, style: str = "") -> None:
        try:
            if self.styled and style:
                self._rich(text, style)
            else:
                self.stream.write(text + "\n")
        except BrokenPipeError:
            self.gone()

    def _rich(self, text: str, style: str) -> None:
        from rich.console import Console  # noqa: PLC0415 - only where a terminal reads
        from rich.text import Text  # noqa: PLC0415

        if self._console is None:
            self._console = Console(
                file=self.stream, highlight=False, soft_wrap=True, force_terminal=self.terminal
            )
        self._console.print(Text(text, style=style))


def pipe_closed() -> None:
    """End quietly: the one who read went away. Python must not flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(PIPE_CLOSED)


def _chain(head: list[Sequence[str]], rest: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield from head
    yield from rest


def _widths(header: Sequence[str], rows: list[Sequence[str]]) -> list[int]:
    every = [header, *rows]
    return [
        min(max((_width(visible(row[place])) for row in every), default=0), WIDEST)
        for place in range(len(header))
    ]


def _row(cells: Sequence[str], widths: list[int]) -> str:
    padded = [
        cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - only for letters wider than one cell

    return cell_len(text)
