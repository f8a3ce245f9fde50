"""Foreign data: wrappers and servers, and the options of these and of foreign tables."""

from __future__ import annotations

from collections.abc import Sequence

from journal.errors import NotKnownExact
from journal.postgresql.catalog.foreign import secretive
from journal.postgresql.restore.names import dotted, ident, literal
from journal.values import SchemaObject

_FUNCTIONS = ("handler", "validator")


def foreign(one: SchemaObject) -> str:
    """Return the statement that makes a wrapper or a server.

    Raises:
        NotKnownExact: an option of it is not kept.
    """
    hold_open(one)
    definition = one.definition
    parts = [str(definition["text"])]
    if "version" in definition:
        parts.append(f"version {literal(definition['version'])}")
    if one.kind == "server":
        parts.append(f"foreign data wrapper {definition['wrapper']}")
    parts += [f"{word} {definition[word]}" for word in _FUNCTIONS if word in definition]
    return " ".join(parts) + options_of(definition.get("options", ()))


def alter_foreign(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    """Return the statements that lead from one wrapper or server to another of its name."""
    hold_open(target)
    new, what = target.definition, f"alter {live.kind} {ident(live.path[0])}"
    statements = []
    for word in _FUNCTIONS:
        if word in differ:
            said = f"{word} {new[word]}" if word in new else f"no {word}"
            statements.append(f"{what} {said}")
    if "version" in differ:
        version = literal(new["version"]) if "version" in new else "null"
        statements.append(f"{what} version {version}")
    if "options" in differ:
        changes = options_between(live.definition.get("options", ()), new.get("options", ()))
        statements.append(f"{what} {changes}")
    return statements


def hold_open(one: SchemaObject) -> None:
    """Refuse to make or change what has an option that is not kept.

    Raises:
        NotKnownExact: by the name of the rule.
    """
    if secretive(one):
        name = f"{one.kind} {dotted(one.path)}"
        raise NotKnownExact("secret-option", f"{name} has an option that may be a password")


def options_of(options: Sequence[str]) -> str:
    """Return the OPTIONS clause of what is made; empty where there are none."""
    said = ", ".join(f"{ident(name)} {literal(value)}" for name, value in _pairs(options).items())
    return f" options ({said})" if said else ""


def options_between(live: Sequence[str], wanted: Sequence[str]) -> str:
    """Return the OPTIONS clause that leads from one list to another, in its order."""
    old, new = _pairs(live), _pairs(wanted)
    kept = [name for name in old if name in new]
    if kept == list(new)[: len(kept)]:
        gone = [name for name in old if name not in new]
        parts = [f"drop {ident(name)}" for name in gone]
        parts += [f"set {ident(n)} {literal(new[n])}" for n in kept if old[n] != new[n]]
        added = [name for name in new if name not in old]
    else:
        parts = [f"drop {ident(name)}" for name in old]
        added = list(new)
    parts += [f"add {ident(name)} {literal(new[name])}" for name in added]
    return f"options ({', '.join(parts)})"


def _pairs(options: Sequence[str]) -> dict[str, str]:
    return dict(option.split("=", 1) for option in options)
