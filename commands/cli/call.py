"""One call of the command line: what was asked for on every verb, and how it is answered."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from commands.cli.page import Page, pipe_closed
from commands.visible import encode, visible

if TYPE_CHECKING:
    from commands.opening import Asker, Target
    from journal.store import Journal

Format = Literal["text", "json", "jsonl"]
T = TypeVar("T")


class Call:
    """The options that every verb takes, and the two streams."""

    def __init__(self) -> None:
        self.db: str | None = None
        self.format: Format = "text"
        self.verbose = 0
        self.lock_timeout: float | None = None
        self.actor: str | None = None
        self.reason = ""
        self.ref = ""

    def target(self) -> Target:
        """Find the database that is meant. Raises ``Usage``."""
        from commands.opening import target  # noqa: PLC0415 - what help does not need
        from journal.opening import LOCK_TIMEOUT  # noqa: PLC0415

        self.logs()
        timeout = LOCK_TIMEOUT if self.lock_timeout is None else self.lock_timeout
        return target(self.db, lock_timeout=timeout)

    def logs(self) -> None:
        """Begin to log, as much as was asked for."""
        from commands.cli.logs import configure  # noqa: PLC0415 - what help does not need

        configure(self.verbose, lines=self.format != "text")

    def asker(self) -> Asker:
        """Tell who asks."""
        from commands.opening import asker  # noqa: PLC0415 - what help does not need

        return asker(actor=self.actor, reason=self.reason, ref=self.ref)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the journal for reading."""
        with self.target().journal() as journal:
            yield journal

    def page(self) -> Page:
        """Return the page that answers are written on."""
        return Page(sys.stdout)

    def answer(self, answer: T, tell: Callable[[Page, T], None]) -> None:
        """Print one answer, in text as ``tell`` says it."""
        if self.format == "text":
            tell(self.page(), answer)
        else:
            self.write(encode(answer, indent=self.format == "json"))

    def stream(self, items: Iterable[Any], *, encoder: Callable[[Any], bytes] = encode) -> None:
        """Print items as JSON, as they come: one a line, or (json) as one array."""
        if self.format == "jsonl":
            for item in items:
                self.write(encoder(item))
            return
        opening = b"["
        for item in items:
            self.write(opening + b"\n" + encoder(item), end="")
            opening = b","
        self.write(b"[]" if opening == b"[" else b"\n]")

    def note(self, text: str) -> None:
        """Say something beside the answer."""
        sys.stderr.write(visible(text) + "\n")

    def write(self, line: bytes, end: str = "\n") -> None:
        """Write a line of JSON to the answer; JSON is UTF-8, whatever the terminal speaks."""
        if sys.stdout.encoding.lower() != "utf-8" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        try:
            sys.stdout.write(line.decode() + end)
        except BrokenPipeError:
            pipe_closed()
