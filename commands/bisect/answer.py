"""What a bisection found: each change of the answer, and who brought it about."""

from __future__ import annotations

from typing import Any

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the query answered at a position: ``rows`` are the first of ``count``.

    ``digest`` is the SHA-256 over all of them; rows whose order the query does not ask for are
    taken in the order of their text. Where the query could not run, ``error`` says why.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    digest: str = ""
    error: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the answer: where, by which statement of whose run, and both answers.

    ``position`` is the last entry of the statement that speaks of what the query reads. ``line``
    counts from 1 in the migration's file; ``text`` is the statement's, as it was run.
    ``others`` counts the rows of the statement that others wrote since beside the journal: when
    is not known, so that what they did is in the difference too.
    """

    position: int
    before: Result
    after: Result
    recorded_at: str = ""
    actor: str = ""
    run: str = ""
    verb: str = ""
    migration: str = ""
    reason: str = ""
    statement: int | None = None
    line: int | None = None
    text: str = ""
    others: int = 0


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the changes between two positions, oldest first.

    ``candidates`` counts the statements that may have changed the answer, ``probes`` how often
    the query was asked. ``complete`` tells that each candidate was looked at, so that there are
    no other changes. ``everything`` is why nothing could be left out, or empty. ``written_since``
    counts rows of what is read that others wrote beside the journal.
    """

    query: str
    origin: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    changes: tuple[Change, ...]
    last: Result
    complete: bool
    candidates: int
    probes: int
    tables: tuple[str, ...] = ()
    everything: str = ""
    written_since: int = 0
    seconds: float = 0.0
