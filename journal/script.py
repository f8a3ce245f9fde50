"""Definitions as a script: for people to read, and to make the objects elsewhere by hand."""

from __future__ import annotations

import msgspec


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Statements in an order that makes the objects in an empty database.

    ``before`` makes what rows need; ``after`` is for when they are there: constraints, indexes,
    triggers, and the places of sequences. Owners and privileges are not in it.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
