"""Operators in place: what ALTER OPERATOR sets, and the links that come and go with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.restore.names import full, literal
from journal.values import ObjectChange, SchemaObject

LINKS = ("commutator", "negator")
"""Each holds the other's name, its identity, and whether it is a shell."""


class Unalterable(Exception):
    """The operator must be dropped and made again."""


def make_operator(one: SchemaObject) -> list[str]:
    """Return the statements that make an operator, or a shell of one.

    A shell is left by an operator that names it and is dropped again; one that is linked comes
    with the operator that is linked to it.
    """
    if not one.definition.get("shell"):
        return [one.definition["text"]]
    if any(link in one.definition for link in LINKS):
        return []
    left, right = one.definition.get("left"), one.definition["right"]
    # A commutator takes the operands the other way round; one operand has only a negator.
    takes, link = ((right, left), "commutator") if left else ((right,), "negator")
    function = f"pg_temp.clew_shell({', '.join(takes)})"
    operands = f"leftarg = {right}, rightarg = {left}" if left else f"rightarg = {right}"
    maker = f"pg_temp.~~~ ({right}, {left})" if left else f"pg_temp.~~~ (none, {right})"
    return [
        f"create function {function} returns boolean language sql as {literal('select true')}",
        f"create operator pg_temp.~~~ (function = pg_temp.clew_shell, {operands},"
        f" {link} = {one.definition['called']})",
        f"drop operator {maker}",
        f"drop function {function}",
    ]


def alter_operator(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that bring an operator back in place.

    Raises:
        Unalterable: the difference is one that no statement makes.
    """
    old, new = live.definition, target.definition
    if old.get("shell") and not new.get("shell"):
        return make_operator(target)
    if old.get("shell") != new.get("shell") or old.get("function") != new.get("function"):
        raise Unalterable
    settings = []
    for name in ("hashes", "merges"):
        if old.get(name) and not new.get(name):
            raise Unalterable
        if new.get(name) and not old.get(name):
            settings.append(name)
    for link in LINKS:
        if old.get(link) == new.get(link):
            continue
        if old.get(link, [])[:2] == new.get(link) and link in old:
            continue  # the other is a shell no more once it is made
        if link in old or len(new[link]) > 2:
            raise Unalterable
        settings.append(f"{link} = {new[link][0]}")
    for name in ("restrict", "join"):
        if old.get(name) != new.get(name):
            settings.append(f"{name} = {new.get(name, 'none')}")
    return [f"alter operator {full(live)} set ({', '.join(settings)})"] if settings else []


def settled_links(
    live: SchemaObject, want: SchemaObject, moving: Iterable[SchemaObject]
) -> SchemaObject:
    """Return a live operator as it is once the ``moving`` operators have come or gone.

    The server sets a link when the other is made, and takes it off when that is dropped.
    """
    if live.kind != "operator" or want.kind != "operator":
        return live
    names = {one.definition.get("identity") for one in moving if not one.definition.get("shell")}
    definition = dict(live.definition)
    for link in LINKS:
        old, new = definition.get(link), want.definition.get(link)
        if old == new or not all(one[1] in names for one in (old, new) if one):
            continue
        definition.pop(link, None)
        if new:
            definition[link] = new
    return replace(live, definition=definition)


def one_sided(catalog: Catalog, changes: Sequence[ObjectChange]) -> Iterator[tuple[str, str]]:
    """Yield rule and message for links that are not returned, before a change or after it.

    The order in which operators were made tells who links to whom; nothing sets it afterwards.
    """
    touched = {o.id for c in changes for o in (c.before, c.after) if o and o.kind == "operator"}
    if not touched:
        return
    after = catalog.schema()
    before = {i: one for i, one in after.items() if i not in touched}
    before |= {c.before.id: c.before for c in changes if c.before}
    for schema in (before, after):
        operators = {o.definition["identity"]: o for o in schema.values() if o.kind == "operator"}
        for name, one in operators.items():
            for link in (link for link in LINKS if link in one.definition):
                other = operators.get(one.definition[link][1])
                if other is None or other.definition.get(link, ("", ""))[1] == name:
                    continue
                if touched & {one.id, other.id}:
                    yield "operator-links", f"{link} {full(other)} of {full(one)} has another"
