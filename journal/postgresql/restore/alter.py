"""Altering an object in place, until it is what it was."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.restore.base_types import alter_base_type
from journal.postgresql.restore.columns import VALUES, alter_column, alter_view_column, options
from journal.postgresql.restore.defaults import default_privileges
from journal.postgresql.restore.event_triggers import switched
from journal.postgresql.restore.family import estranged, own
from journal.postgresql.restore.foreign import alter_foreign
from journal.postgresql.restore.foreign_tables import alter_foreign_table, reshaped
from journal.postgresql.restore.grants import grants, ungranted
from journal.postgresql.restore.make import make, of_type, sequence_options
from journal.postgresql.restore.names import (
    dotted,
    full,
    granted,
    granted_on,
    ident,
    literal,
    table_of,
    word,
)
from journal.postgresql.restore.opclasses import alter_family
from journal.postgresql.restore.operators import Unalterable, alter_operator
from journal.postgresql.restore.publications import alter_publication
from journal.postgresql.restore.text_search import alter_text_search
from journal.values import SchemaObject

STRUCTURE = {
    "constraint": ("text", "type", "columns", "references", "referred", "nulls_not_distinct"),
    "index": ("text", "unique"),
    "statistics": ("text",),
    "view": ("text",),
    "materialized view": ("text",),
    "rule": ("text",),
    "trigger": ("text",),
    "function": ("text", "result", "language", "procedure"),
    "policy": ("command", "restrictive", "roles", "using", "check"),
    "enum": ("labels",),
    "range": ("range",),
}
"""What cannot be altered: the object is made again."""


KEYS = ("primary key", "unique", "exclude")
"""Constraints that have an index."""


class Remake(Exception):
    """The object cannot be altered into what it was: it must be dropped and made again."""


def alter(
    live: SchemaObject, target: SchemaObject, *, catalogued: bool, kept: Collection[str] = ()
) -> list[str]:
    """Return the statements that bring an object back in place; names agree already.

    ``kept`` are columns that heirs of a table are to keep, should it lose them.

    Raises:
        Remake: the difference is one of structure.
        NotKnownExact: the difference is not known to come back.
    """
    old, new = live.definition, target.definition
    differ = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    if live.kind == "shell type" != target.kind:
        made = make(target, catalogued=catalogued)
        return made[-1:] if "functions" in new else made
    if live.kind != target.kind or differ & set(STRUCTURE.get(live.kind, ())):
        raise Remake
    if live.kind in BY_KIND and live.kind != "operator" and "text" in differ:
        raise Remake
    if live.kind == "default privileges":
        return default_privileges(live, old["acl"], new["acl"])
    if "owner" in differ:
        target = ungranted(live, target)
    statements = _special(live, target, differ, catalogued=catalogued, kept=kept)
    if "comment" in differ:
        text = literal(new["comment"]) if "comment" in new else "null"
        statements.append(f"comment on {word(live)} {full(live)} is {text}")
    if "owner" in differ:
        statements.append(f"alter {word(live)} {full(live)} owner to {ident(new['owner'])}")
    elif "acl" in differ:
        statements += grants(
            new.get("acl"),
            old.get("acl"),
            word=granted(live),
            name=granted_on(live),
            owner=new["owner"],
        )
    return statements


def _special(
    live: SchemaObject,
    target: SchemaObject,
    differ: set[str],
    *,
    catalogued: bool,
    kept: Collection[str],
) -> list[str]:
    match live.kind:
        case "table":
            return _table(live, target, differ, catalogued=catalogued, kept=kept)
        case "constraint":
            return _constraint(live, target, differ)
        case "index":
            return _index(live, target, differ)
        case "view" | "materialized view":
            return _view(live, target, differ)
        case "sequence":
            return _sequence(live, target, differ)
        case "domain":
            return _domain(live, target, differ)
        case "composite":
            return _composite(live, target)
        case "operator":
            return _operator(live, target)
        case "operator family":
            return alter_family(live, target)
        case "base type":
            return alter_base_type(live, target)
        case "trigger" | "rule":
            return _enabled(live, target) if "enabled" in differ else []
        case "foreign table":
            if reshaped(live, target, differ):
                raise Remake
            return alter_foreign_table(live, target, catalogued=catalogued)
        case "foreign data wrapper" | "server":
            return alter_foreign(live, target, differ)
        case "publication":
            return alter_publication(live, target, differ)
        case "text search configuration" | "text search dictionary":
            return alter_text_search(live, target)
        case "event trigger":
            return switched(live, target) if "enabled" in differ else []
        case "statistics":
            sql = f"alter statistics {full(live)} set statistics"
            return [f"{sql} {target.definition.get('target', -1)}"] if "target" in differ else []
        case "extension" if "version" in differ:
            raise Remake
        case _:
            return []


def _operator(live: SchemaObject, target: SchemaObject) -> list[str]:
    try:
        return alter_operator(live, target)
    except Unalterable:
        raise Remake from None


def _table(
    live: SchemaObject,
    target: SchemaObject,
    differ: set[str],
    *,
    catalogued: bool,
    kept: Collection[str],
) -> list[str]:
    old, new, name = live.definition, target.definition, dotted(live.path)
    if "partition_by" in differ or estranged(live, target):
        raise Remake
    what = f"alter table {name}"
    statements = [f"{what} not of"] if "of_type" in differ and "of_type" in old else []
    statements += _columns(live, target, catalogued=catalogued, kept=kept)
    if "of_type" in differ and "of_type" in new:
        statements.append(of_type(replace(target, path=live.path)))
    if "persistence" in differ:
        statements.append(f"{what} set {new.get('persistence', 'logged')}")
    if "tablespace" in differ:
        statements.append(f"{what} set tablespace {ident(new.get('tablespace', 'pg_default'))}")
    if "access_method" in differ:
        statements.append(f"{what} set access method {ident(new.get('access_method', 'heap'))}")
    if "options" in differ:
        statements += options(what, old.get("options", []), new.get("options", []))
    if "toast_options" in differ:
        lists = old.get("toast_options", []), new.get("toast_options", [])
        statements += options(what, *lists, prefix="toast.")
    if "rls" in differ:
        statements.append(f"{what} {'enable' if new.get('rls') else 'disable'} row level security")
    if "force_rls" in differ:
        force = "force" if new.get("force_rls") else "no force"
        statements.append(f"{what} {force} row level security")
    if "replica_identity" in differ:
        kind, _, index = new.get("replica_identity", "default").partition(" ")
        chosen = f"using index {ident(index)}" if kind == "index" else kind
        statements.append(f"{what} replica identity {chosen}")
    return statements


def _columns(
    live: SchemaObject, target: SchemaObject, *, catalogued: bool, kept: Collection[str]
) -> list[str]:
    wanted = {c.id: c for c in target.columns}
    stay = [c for c in live.columns if c.id in wanted]
    present = {c.id for c in live.columns}
    missing = [c for c in target.columns if c.id not in present]
    if [c.id for c in [*stay, *missing]] != [c.id for c in target.columns]:
        raise Remake
    for one in stay:
        other = wanted[one.id]
        if any(one.definition.get(name) != other.definition.get(name) for name in VALUES):
            raise Remake
    if missing:
        raise Remake
    name = dotted(live.path)
    # What a table has from its parents alone goes when theirs goes.
    gone = [c for c in live.columns if c.id not in wanted and "inherited" not in c.definition]
    gone.sort(key=lambda c: "generated" not in c.definition)
    statements = [
        f"alter table {'only ' if c.name in kept else ''}{name} drop column {ident(c.name)}"
        for c in gone
    ]
    for one in stay:
        statements += alter_column(live, one, wanted[one.id], catalogued=catalogued)
    return statements


def _constraint(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    old, new = live.definition, target.definition
    if "parent" in differ and "parent" in old:
        raise Remake
    statements = []
    if "parent" in differ and new["type"] in KEYS:
        statements.append(_attach(new["parent"], live.path[2:], live.path[0]))
    if own(old) and not own(new):
        raise Remake
    if "inherited" in new and own(new) and not own(old):
        sql = f"add constraint {ident(live.path[2])} {new['text']}"
        statements.append(f"alter table {table_of(live)} {sql}")
    return statements + _key_index(live, target, differ)


def _attach(parent: list[str], index: tuple[str, ...], schema: str) -> str:
    """Return the statement that makes an index a part of its parent's."""
    above = dotted((parent[0], parent[-1]))
    return f"alter index {above} attach partition {dotted((schema, *index))}"


def _key_index(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    old, new = live.definition, target.definition
    index = dotted((live.path[0], live.path[2]))
    statements = []
    if "index_options" in differ:
        lists = old.get("index_options", []), new.get("index_options", [])
        statements += options(f"alter index {index}", *lists)
    if "index_tablespace" in differ:
        space = ident(new.get("index_tablespace", "pg_default"))
        statements.append(f"alter index {index} set tablespace {space}")
    if "index_comment" in differ:
        text = literal(new["index_comment"]) if "index_comment" in new else "null"
        statements.append(f"comment on index {index} is {text}")
    if "clustered" in differ:
        statements.append(_clustered(table_of(live), live.path[2], new.get("clustered")))
    return statements


def _index(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    new, name = target.definition, dotted(live.path)
    if "parent" in differ and "parent" in live.definition:
        raise Remake
    if "invalid" in differ and not ("partitioned" in new and "invalid" in live.definition):
        raise Remake
    statements = []
    if "parent" in differ:
        statements.append(_attach(new["parent"], live.path[1:], live.path[0]))
    if "tablespace" in differ:
        space = ident(new.get("tablespace", "pg_default"))
        statements.append(f"alter index {name} set tablespace {space}")
    if "statistics" in differ:
        targets = dict(new.get("statistics", []))
        for number in dict(live.definition.get("statistics", [])) | targets:
            value = targets.get(number, -1)
            statements.append(f"alter index {name} alter column {number} set statistics {value}")
    if "clustered" in differ:
        table = dotted(live.definition["table"])
        statements.append(_clustered(table, live.path[-1], new.get("clustered")))
    return statements


def _clustered(table: str, index: str, marked: bool | None) -> str:
    return f"alter table {table} " + (
        f"cluster on {ident(index)}" if marked else "set without cluster"
    )


def _view(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    old, new, name = live.definition, target.definition, dotted(live.path)
    what = f"alter {live.kind} {name}"
    statements: list[str] = []
    if "access_method" in differ:
        statements.append(f"{what} set access method {ident(new.get('access_method', 'heap'))}")
    if "options" in differ:
        statements += options(what, old.get("options", []), new.get("options", []))
    if "toast_options" in differ:
        lists = old.get("toast_options", []), new.get("toast_options", [])
        statements += options(what, *lists, prefix="toast.")
    if "tablespace" in differ:
        statements.append(f"{what} set tablespace {ident(new.get('tablespace', 'pg_default'))}")
    if "columns" in differ:
        shape = [[(c["name"], c["type"]) for c in d["columns"]] for d in (old, new)]
        if shape[0] != shape[1]:
            raise Remake
        for before, after in zip(new["columns"], old["columns"], strict=True):
            statements += alter_view_column(target, after, before, above=old.get("acl"))
    return statements


def _sequence(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    new, what = target.definition, f"alter sequence {dotted(live.path)}"
    if "identity" in differ:
        raise Remake
    statements = []
    if differ & {"type", "increment", "min", "max", "start", "cache", "cycle"}:
        statements.append(f"{what} as {new['type']} {sequence_options(new)}")
    if "persistence" in differ:
        statements.append(f"{what} set {new.get('persistence', 'logged')}")
    if "owned_by" in differ and not new.get("identity"):
        owner = dotted(new["owned_by"]) if "owned_by" in new else "none"
        statements.append(f"{what} owned by {owner}")
    return statements


def _domain(live: SchemaObject, target: SchemaObject, differ: set[str]) -> list[str]:
    old, new, what = live.definition, target.definition, f"alter domain {dotted(live.path)}"
    if differ & {"type", "collation"}:
        raise Remake
    statements = []
    if "default" in differ:
        sql = f"set default {new['default']}" if "default" in new else "drop default"
        statements.append(f"{what} {sql}")
    checks = {c["name"]: c for c in old.get("constraints", ())}
    wanted = {c["name"]: c for c in new.get("constraints", ())}
    for name, check in checks.items():
        if name not in wanted or wanted[name]["text"] != check["text"]:
            statements.append(f"{what} drop constraint {ident(name)}")
    for name, check in wanted.items():
        if name not in checks or checks[name]["text"] != check["text"]:
            statements.append(f"{what} add constraint {ident(name)} {check['text']}")
    catalogued = any(c["text"].startswith("NOT NULL") for c in [*checks.values(), *wanted.values()])
    if "not_null" in differ and not catalogued:
        statements.append(f"{what} {'set' if new.get('not_null') else 'drop'} not null")
    for name, check in wanted.items():
        if check.get("comment") != checks.get(name, {}).get("comment"):
            text = literal(check["comment"]) if "comment" in check else "null"
            on = f"{ident(name)} on domain {dotted(live.path)}"
            statements.append(f"comment on constraint {on} is {text}")
    return statements


def _composite(live: SchemaObject, target: SchemaObject) -> list[str]:
    old, new = live.definition.get("attributes", []), target.definition.get("attributes", [])
    shape = [[(a["name"], a["type"], a.get("collation")) for a in s] for s in (old, new)]
    if shape[0] != shape[1]:
        raise Remake
    return [
        f"comment on column {dotted((*live.path, b['name']))} is "
        + (literal(b["comment"]) if "comment" in b else "null")
        for a, b in zip(old, new, strict=True)
        if a.get("comment") != b.get("comment")
    ]


def _enabled(live: SchemaObject, target: SchemaObject) -> list[str]:
    words = {None: "enable", "disabled": "disable", "replica": "enable replica"}
    how = words.get(target.definition.get("enabled"), "enable always")
    return [f"alter table only {table_of(live)} {how} {live.kind} {ident(live.path[2])}"]
