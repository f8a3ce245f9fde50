"""The base of everything that a person declares in Python."""

from __future__ import annotations

import msgspec


class Spec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of everything a migration, or a copy, is declared with."""
