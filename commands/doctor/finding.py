"""Findings: what is wrong, where, how that is known, what follows, and what would mend it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "note"]
"""error: broken or lost already; warning: will fail or mislead; note: worth a look."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody can run to see it: a query, what it counts, and a few of its rows.

    ``query`` is a SELECT on the database itself; where something was tried on a scratch copy,
    it is the statement that was tried there, and ``error`` what that said (with its SQLSTATE
    where there is one).
    """

    query: str
    count: int | None = None
    sample: tuple[tuple[Any, ...], ...] = ()
    error: str = ""
    scratch: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several ways to mend it, between which a person has to decide."""

    what: str
    statements: tuple[str, ...]


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """Statements before a repair, which several findings may share; they run once.

    ``rebuilds`` names the table that they write anew from the text it has today, quoted, so
    that nothing else may have altered it before.
    """

    statements: tuple[str, ...]
    rebuilds: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    ``kind`` is a stable name such as ``foreign-key-types``; ``where`` the object, dotted, or
    the file. ``what`` and ``consequence`` are one line each. ``repair`` are statements in
    order that would mend it, empty where a person has to decide, as ``advice`` then says.
    A statement that begins with ``--`` is for a person to read or fill in. ``choices`` are ways
    of which a person takes one, then come ``preparations``, then ``repair``. ``touches`` says in
    a line which rows the mending touches.
    ``needs`` are the kinds and places, ``kind:where``, of findings that must be mended first.
    """

    kind: str
    severity: Severity
    where: str
    what: str
    evidence: tuple[Evidence, ...] = ()
    consequence: str = ""
    repair: tuple[str, ...] = ()
    advice: str = ""
    needs: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    touches: str = ""

    @property
    def id(self) -> str:
        """What ``needs`` of others names it by."""
        return f"{self.kind}:{self.where}"
