"""Reaching an exact list of privileges, whatever stands there."""

from __future__ import annotations

import re

from journal.postgresql.restore.names import ident
from journal.values import SchemaObject

PRIVILEGES = {
    "r": "select",
    "w": "update",
    "a": "insert",
    "d": "delete",
    "D": "truncate",
    "x": "references",
    "t": "trigger",
    "m": "maintain",
    "X": "execute",
    "U": "usage",
    "C": "create",
}
ROLE = r'("(?:[^"]|"")*"|[^=/]*)'
ITEM = re.compile(rf"^{ROLE}=([A-Za-z*]*)/{ROLE}$")
FOR_PUBLIC = {
    "function": "execute",
    "procedure": "execute",
    "type": "usage",
    "domain": "usage",
    "language": "usage",
    "functions": "execute",
    "types": "usage",
}
"""What everybody may do by default."""


def grants(
    target: list[str] | None,
    live: list[str] | None,
    *,
    word: str,
    name: str,
    owner: str,
    column: str = "",
    added: bool = False,
) -> list[str]:
    """Return the statements that lead from the live privileges to the target's.

    Items are granted in their order, so that the list reads the same; ``None`` is the
    default of the kind. Privileges of a column, and those that are ``added`` to others, have
    an empty default.
    """
    on = f"on {word} {name}"
    part = f" ({ident(column)})" if column else ""
    holders = {_parse(item)[0] for item in live or ()}
    holders |= set() if column or added else {ident(owner), "public"}
    statements = [f"revoke all{part} {on} from {who} cascade" for who in sorted(holders)]
    if target is None:
        if column or added:
            return statements
        statements.append(f"grant all {on} to {ident(owner)}")
        if word in FOR_PUBLIC:
            statements.append(f"grant {FOR_PUBLIC[word]} {on} to public")
        return statements
    for item in target:
        statements += _grant(item, on=on, part=part, owner=owner)
    return statements


def grantors(one: SchemaObject) -> set[str]:
    """Return the roles that granted something on an object, besides its owner."""
    lists = [one.definition.get("acl"), *(c.definition.get("acl") for c in one.columns)]
    lists += [c.get("acl") for c in one.definition.get("columns", ()) if isinstance(c, dict)]
    roles = {_parse(item)[2] for items in lists for item in items or ()}
    return {_bare(role) for role in roles} - {one.definition.get("owner", "")}


def _bare(role: str) -> str:
    return role[1:-1].replace('""', '"')


def _grant(item: str, *, on: str, part: str, owner: str) -> list[str]:
    grantee, letters, grantor = _parse(item)
    plain = re.findall(r"[A-Za-z](?!\*)", letters)
    passing = re.findall(r"([A-Za-z])\*", letters)
    statements = []
    for chosen, option in ((plain, ""), (passing, " with grant option")):
        if chosen:
            listed = ", ".join(PRIVILEGES[letter] + part for letter in chosen)
            statements.append(f"grant {listed} {on} to {grantee}{option}")
    if grantor != ident(owner):
        return [f"set local role {grantor}", *statements, "reset role"]
    return statements


def _parse(item: str) -> tuple[str, str, str]:
    match = ITEM.match(item)
    if match is None:
        raise ValueError(item)
    grantee, letters, grantor = match.groups()
    return _role(grantee), letters, _role(grantor)


def _role(text: str) -> str:
    if not text:
        return "public"
    return text if text.startswith('"') else ident(text)
