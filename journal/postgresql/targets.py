"""Which tables a statement will write, told without running it.

A good guess is enough: what was missed is found by the server's counters afterwards, and the
statement is run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from journal.errors import StatementFailed
from journal.postgresql import family
from journal.postgresql.connection import Session, quote
from journal.postgresql.gate import Reading
from journal.postgresql.tokens import Token

_EXPLAINED = frozenset("insert update delete merge with select".split())
_NAMED = {
    "insert": ("into",),
    "update": (),
    "delete": ("from",),
    "merge": ("into",),
    "copy": (),
    "truncate": ("table",),
}
_EDGES = """
SELECT confrelid::int8, conrelid::int8, confdeltype::text, confupdtype::text
FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conparentid = 0
  AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))
"""
_REFERRING = """
WITH RECURSIVE x(oid) AS (
    SELECT unnest(%s::oid[]) UNION SELECT k.conrelid FROM pg_catalog.pg_constraint k JOIN x
    ON k.confrelid = x.oid WHERE k.contype = 'f')
SELECT oid::int8 FROM x
"""
_CHANGING = ("c", "n", "d")

Writes = dict[int, set[str]]


def targets(session: Session, reading: Reading, sql: str) -> frozenset[int]:
    """Return the oids of the tables it will write, foreign keys' actions followed."""
    writes = _by_name(session, reading)
    if writes is None:
        writes = _explained(session, reading, sql)
    if reading.verb == "truncate":
        cascades = any(token.text == "cascade" for token in reading.tokens)
        named = _referring(session, writes) if cascades else frozenset(writes)
        return named.union(*(family.below(session, oid) for oid in named))
    return _followed(session, writes)


def _by_name(session: Session, reading: Reading) -> Writes | None:
    """Return what the words name, where that is a plain table; ``None`` where not sure."""
    if reading.verb not in _NAMED:
        return None
    names = list(_names(reading.verb, reading.tokens))
    if not names or (reading.verb != "truncate" and _nested(reading.tokens)):
        return None
    found = session.query(
        "SELECT c.oid::int8, c.relkind::text FROM unnest(%s::text[]) n"
        " LEFT JOIN pg_catalog.pg_class c ON c.oid = to_regclass(n)",
        ([quote(*name) for name in names],),
    )
    if any(kind not in ("r", "p") for _, kind in found):
        return None
    return {oid: _operations(reading) for oid, _ in found}


def _nested(found: Sequence[Token]) -> bool:
    """Whether another statement that writes may stand within."""
    return any(token.kind == "word" and token.text == "with" for token in found)


def _names(verb: str, found: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    place = 1
    while place < len(found) and found[place].text in (*_NAMED[verb], "only"):
        place += 1
    while place < len(found) and found[place].name:
        name = [found[place].text]
        while place + 2 < len(found) and found[place + 1].text == "." and found[place + 2].name:
            place += 2
            name.append(found[place].text)
        yield tuple(name)
        place += 1
        if verb != "truncate" or place >= len(found) or found[place].text not in (",", "*"):
            return
        while place < len(found) and found[place].text in (",", "*", "only"):
            place += 1


def _operations(reading: Reading) -> set[str]:
    match reading.verb:
        case "delete":
            return {"DELETE"}
        case "update":
            return {"UPDATE"}
        case "merge":
            return {"INSERT", "UPDATE", "DELETE"}
        case "insert" if any(token.text == "conflict" for token in reading.tokens):
            return {"INSERT", "UPDATE"}
    return {"INSERT"}


def _explained(session: Session, reading: Reading, sql: str) -> Writes:
    """Ask the server's planner; a statement it will not plan has no target."""
    if reading.verb not in _EXPLAINED or reading.kind != "rows":
        return {}
    try:
        with session.point("clew_explain"):
            plan = session.plan(sql)
    except StatementFailed:
        return {}
    names: dict[tuple[str, str], set[str]] = {}
    for node in _nodes(plan):
        if node.get("Node Type") != "ModifyTable":
            continue
        operation = str(node.get("Operation", "")).upper()
        does = {"INSERT", "UPDATE", "DELETE"} if operation == "MERGE" else {operation}
        if node.get("Conflict Resolution") == "UPDATE":
            does.add("UPDATE")
        named = [node] if "Relation Name" in node else node.get("Target Tables", [])
        for target in named:
            if "Relation Name" in target:
                name = (target.get("Schema", ""), target["Relation Name"])
                names.setdefault(name, set()).update(does)
    oids = session.query(
        "SELECT to_regclass(n)::oid::int8 FROM unnest(%s::text[]) WITH ORDINALITY x(n, place)"
        " ORDER BY place",
        ([quote(*(part for part in name if part)) for name in names],),
    )
    return {row[0]: does for row, does in zip(oids, names.values(), strict=True) if row[0]}


def _nodes(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        for one in plan:
            yield from _nodes(one)
    elif isinstance(plan, dict):
        yield plan
        for key in ("Plan", "Plans"):
            yield from _nodes(plan.get(key, []))


def _followed(session: Session, writes: Mapping[int, set[str]]) -> frozenset[int]:
    """Add the tables that foreign keys delete from or update."""
    if not any(does & {"UPDATE", "DELETE"} for does in writes.values()):
        return frozenset(writes)
    edges = session.query(_EDGES)
    above = family.above(session, [*writes, *(child for _, child, _, _ in edges)])
    known = {oid: set(does) for oid, does in writes.items()}
    waiting = [(oid, one) for oid, does in known.items() for one in does]
    while waiting:
        oid, does = waiting.pop()
        for parent, child, on_delete, on_update in edges:
            action = {"DELETE": on_delete, "UPDATE": on_update}.get(does, "")
            if parent not in above[oid] or action not in _CHANGING:
                continue
            then = "DELETE" if does == "DELETE" and action == "c" else "UPDATE"
            if then not in known.setdefault(child, set()):
                known[child].add(then)
                waiting.append((child, then))
    return frozenset(known)


def _referring(session: Session, oids: Iterable[int]) -> frozenset[int]:
    return frozenset(row[0] for row in session.query(_REFERRING, (list(oids),)))
