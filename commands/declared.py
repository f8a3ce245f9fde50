"""The base of what a migration is declared with."""

from __future__ import annotations

import msgspec


class Spec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of everything a migration is declared with."""
