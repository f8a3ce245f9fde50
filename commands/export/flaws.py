"""What is found when an export is checked."""

from __future__ import annotations

import msgspec

from commands.proof.held import Held


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file; ``position`` where it is an entry, else 0."""

    file: str
    text: str
    position: int = 0


class VerifiedExport(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. ``signed_by`` is empty where no verifier key was given, or nobody signed."""

    ok: bool
    directory: str
    origin: str
    entries: int
    root: str
    signed: bool
    signed_by: str
    flaws: tuple[Flaw, ...]
    checkpoints: tuple[Held, ...] = ()
