"""What happened between two positions, for somebody who was not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from commands.places import position_of
from commands.transform.values import Malformed, read
from commands.verify import named_content
from journal.erased import Erased
from journal.errors import Usage
from journal.store import Journal
from projections.audit import Audit
from projections.ground import Ground
from projections.waiting import TYPES, Waiting, WaitingFold

START = "start"
"""The position before the first entry, as it is written."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The audit of a stretch, and what waits at its end.

    The same stretch gives the same report, whenever it is asked for. No value of a row stands
    in it, but for the keys of subjects: ``content`` is by digest, and there only where values
    were asked for.
    """

    audit: Audit
    waiting: Waiting
    content: Mapping[str, Any] | None = None


def report(
    journal: Journal, origin: str = START, target: str = "head", *, values: bool = False
) -> Report:
    """Tell what happened after ``origin`` and up to ``target``.

    Raises:
        NotFound: no such position.
        Usage: a position is not understood, or the stretch ends before it begins.
    """
    last = position_of(journal, target) if journal.head().position else 0
    after = 0 if origin == START else position_of(journal, origin)
    if after > last:
        raise Usage(
            f"expected the earlier position first, found {after} and {last}",
            hint="Both may be left out: clew report FROM TO.",
        )
    fold, ground = Audit.fold(after), Ground()
    for entry in journal.read(last=last):
        fold.take(entry)
        ground.take(entry)
    waits = WaitingFold(ground)
    for entry in journal.read(last=last, types=TYPES):
        waits.take(entry)
    audit, waiting = fold.answer(), waits.answer()
    content = _content(journal, audit, waiting) if values else None
    return Report(audit=audit, waiting=waiting, content=content)


def _content(journal: Journal, audit: Audit, waiting: Waiting) -> dict[str, Any]:
    """Return what is named of values, failed statements and checks; ``Erased`` where it was erased."""
    found: dict[str, Any] = {}
    for run in audit.runs:
        if run.statement is not None:
            text = journal.database.content(run.statement.digest)
            if text is not None:
                found[run.statement.digest] = _text(text)
        for check in run.verification:
            for digest in filter(None, named_content(check.event)):
                text = journal.database.content(digest)
                if text is not None:
                    found[digest] = _text(text)
    for digest in _named(waiting):
        content = journal.database.content(digest)
        if content is not None:
            found[digest] = _value(content)
    return found


def _named(waiting: Waiting) -> Iterator[str]:
    yield from (one.candidates for one in waiting.conflicts)
    yield from (digest for one in waiting.unmapped for digest in one.contents)
    yield from (one.content for one in waiting.records)


def _text(content: bytes | Erased) -> str | Erased:
    return content if isinstance(content, Erased) else content.decode("utf-8", "surrogatepass")


def _value(content: bytes | Erased) -> Any:
    if isinstance(content, Erased):
        return content
    try:
        return read(content)
    except Malformed:
        return content
