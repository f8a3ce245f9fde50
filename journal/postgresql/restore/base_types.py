"""Types that are made in three steps: a shell, functions that need it, and the type itself."""

from __future__ import annotations

from journal.postgresql.restore.names import full
from journal.values import SchemaObject

SETTINGS = ("receive", "send", "typmod_in", "typmod_out", "analyze", "subscript", "storage")
"""What ALTER TYPE sets; any but the storage may be none."""


def in_steps(one: SchemaObject, last: str) -> list[str]:
    """Return the statements that make a type around its functions; ``last`` makes it whole."""
    functions = one.definition.get("functions", ())
    return [f"create type {full(one)}", *functions, last] if functions else [last]


def make_base_type(one: SchemaObject) -> list[str]:
    """Return the statements that make a base type, its functions included."""
    listed = [one.definition["text"]]
    listed += [f"{s} = {one.definition[s]}" for s in SETTINGS if s in one.definition]
    return in_steps(one, f"create type {full(one)} ({', '.join(listed)})")


def alter_base_type(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that set what can be set of a base type."""
    old, new = live.definition, target.definition
    differing = [name for name in SETTINGS if old.get(name) != new.get(name)]
    listed = ", ".join(f"{name} = {new.get(name, 'none')}" for name in differing)
    return [f"alter type {full(live)} set ({listed})"] if differing else []
