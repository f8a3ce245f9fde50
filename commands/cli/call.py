"""One call of the command line: what was asked for on every verb, and how it is answered."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from commands.cli.page import Page, pipe_closed
from commands.visible import encode, visible
from journal import spans

if TYPE_CHECKING:
    from commands.opening import Asker, Target
    from journal.errors import ClewError
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
        self.ending = ExitStack()
        self._traced = False

    def target(self) -> Target:
        """Find the database that is meant. Raises ``Usage``."""
        from commands.opening import target  # noqa: PLC0415 - what help does not need
        from journal.opening import LOCK_TIMEOUT  # noqa: PLC0415

        self.logs()
        timeout = LOCK_TIMEOUT if self.lock_timeout is None else self.lock_timeout
        found = target(self.db, lock_timeout=timeout)
        self._trace(found)
        return found

    def ended(self, code: int) -> None:
        """Tell a span how the verb ended."""
        spans.about({"clew.exit.code": code})

    def _trace(self, target: Target) -> None:
        """Begin the span of the verb, where the environment asks for one."""
        from commands.opening import environment  # noqa: PLC0415 - what help does not need
        from commands.telemetry import traced  # noqa: PLC0415

        if self._traced:
            return
        self._traced = True
        self.ending.enter_context(traced(environment()))
        self.ending.enter_context(spans.span("clew"))
        path = click.get_current_context().command_path.split()[1:]
        spans.about({"clew.verb": " ".join(path), **target.told()})

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

    def say(self, error: ClewError) -> int:
        """Say an error on stderr, and return its exit code."""
        return self.report(error.message, error.hint, type(error).__name__, error.exit_code)

    def report(
        self, message: str, hint: str, kind: str, code: int, **more: Sequence[object]
    ) -> int:
        """Say an error on stderr: the message, then the hint; return the exit code."""
        spans.about({"error.type": kind})
        with suppress(OSError):
            sys.stdout.flush()
        with suppress(OSError):  # else nobody can be told
            if self.format == "text":
                sys.stderr.write(f"error: {visible(message)}\n")
                if hint:
                    sys.stderr.write(f"hint: {visible(hint)}\n")
            else:
                found = {"message": message, "hint": hint, "kind": kind, "exit_code": code, **more}
                sys.stderr.write(encode({"error": found}).decode() + "\n")
        return code

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
