"""Reaching an exact list of privileges, whatever stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from journal.postgresql.restore.names import ident, literal
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
_BECOME = (
    "select pg_catalog.set_config('role', {role}, true) where pg_catalog.pg_has_role({role}, case"
    " when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)"
)
"""Acts as a role, if the session may."""
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
    above: Iterable[str] | None = None,
) -> list[str]:
    """Return the statements that lead from the live privileges to the target's.

    Privileges of a column have an empty default; those ``above`` it are its table's. Of several
    roles that the session is a member of, and that may pass a privilege on, the server takes
    any as the grantor: then it is told to be the owner.
    """
    part = f" ({ident(column)})" if column else ""
    statements = granting(
        target, live, on=f"on {word} {name}", word=word, owner=owner, part=part, added=bool(column)
    )
    if not any("*" in item for item in (*(live or ()), *(target or ()), *(above or ()))):
        return statements
    return [_become(owner), *statements, "reset role"]


def granting(
    target: list[str] | None,
    live: list[str] | None,
    *,
    on: str,
    word: str,
    owner: str,
    part: str = "",
    added: bool = False,
) -> list[str]:
    """Return the statements that lead from one list of privileges to another, for its owner.

    Items are granted in their order, so that the list reads the same; ``None`` is the
    default of the kind, which is empty for those that are ``added`` to others.
    """
    holders = {_parse(item)[0] for item in live or ()}
    holders |= set() if added else {ident(owner), "public"}
    statements = [f"revoke all{part} {on} from {who} cascade" for who in sorted(holders)]
    if target is None:
        if added:
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


def ungranted(live: SchemaObject, target: SchemaObject) -> SchemaObject:
    """Return the target with the privileges on columns that are live.

    An owner comes first: what is granted before is granted by another.
    """
    held = {one.id: one.definition.get("acl") for one in live.columns}
    columns = tuple(
        replace(one, definition=_with_acl(one.definition, held.get(one.id)))
        for one in target.columns
    )
    definition = dict(target.definition)
    if target.kind.endswith("view"):
        listed = {c["name"]: c.get("acl") for c in live.definition["columns"]}
        shown = definition["columns"]
        definition["columns"] = [_with_acl(c, listed.get(c["name"])) for c in shown]
    return replace(target, columns=columns, definition=definition)


def _with_acl(definition: dict[str, Any], acl: Any) -> dict[str, Any]:
    rest = {name: value for name, value in definition.items() if name != "acl"}
    return rest if acl is None else rest | {"acl": acl}


def _become(role: str) -> str:
    return _BECOME.format(role=literal(role))


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
        return [f"set local role {grantor}", *statements, "reset role", _become(owner)]
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
