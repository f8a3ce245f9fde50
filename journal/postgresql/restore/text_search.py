"""Text search: configurations with their mappings, and dictionaries."""

from __future__ import annotations

import re
from typing import Any

from journal.postgresql.restore.names import dotted, ident
from journal.values import Definition, SchemaObject

_OPTION = re.compile(r'("(?:[^"]|"")*"|[^\s,=]+) = (?:E?\'(?:[^\']|\'\')*\'|[^,]*)(?:, |$)')


def configuration(one: SchemaObject) -> list[str]:
    """Return the statements that make a configuration, ready for what is made of it."""
    return [str(one.definition["text"]), *_mappings(one, {}, one.definition)]


def dictionary(one: SchemaObject) -> str:
    """Return the statement that makes a dictionary: its template may ask for options."""
    text = str(one.definition["text"])
    if "options" not in one.definition:
        return text
    return f"{text.removesuffix(')')}, {one.definition['options']})"


def alter_text_search(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that lead from one to another of its name and structure."""
    old, new = live.definition, target.definition
    if live.kind == "text search configuration":
        return _mappings(live, old, new)
    if old.get("options") == new.get("options"):
        return []
    # What is named with a value comes last, in the order in which it is named.
    wanted = new.get("options", "")
    gone = [name for name in _names(old.get("options", "")) if name not in _names(wanted)]
    listed = ", ".join([*gone, *([wanted] if wanted else [])])
    return [f"alter text search dictionary {dotted(live.path)} ({listed})"]


def _mappings(one: SchemaObject, live: Definition, wanted: Definition) -> list[str]:
    what = f"alter {one.kind} {dotted(one.path)}"
    old, new = _by_token(live), _by_token(wanted)
    gone = [token for token, listed in old.items() if new.get(token) != listed]
    come = [token for token, listed in new.items() if old.get(token) != listed]
    return [f"{what} drop mapping for {ident(token)}" for token in gone] + [
        f"{what} add mapping for {ident(token)} with {', '.join(new[token])}" for token in come
    ]


def _by_token(definition: Definition) -> dict[str, list[Any]]:
    return dict(definition.get("mappings", ()))


def _names(options: str) -> list[str]:
    return _OPTION.findall(options)
