"""Altering columns of tables and views in place, where no value is at stake."""

from __future__ import annotations

from journal.postgresql.restore.family import is_partition
from journal.postgresql.restore.grants import grants
from journal.postgresql.restore.names import dotted, ident, literal
from journal.values import Column, Definition, SchemaObject

VALUES = ("type", "collation", "generated", "virtual")
"""Attributes whose change touches the values."""


def alter_column(
    table: SchemaObject, live: Column, target: Column, *, catalogued: bool
) -> list[str]:
    """Return the statements that bring a column's attributes back, its values left alone."""
    old, new = live.definition, target.definition
    differ = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    within = f"{dotted(table.path)} alter column {ident(live.name)}"
    # Each heir and partition has its own; only NOT NULL and identity are told to all of them.
    column, shared = f"alter table only {within}", f"alter table {within}"
    statements: list[str] = []
    if "default" in differ:
        sql = f"set default {new['default']}" if "default" in new else "drop default"
        statements.append(f"{column} {sql}")
    if "identity" in differ and not is_partition(table):
        statements += _identity(shared, old.get("identity"), new.get("identity"))
    # After the identity: as long as there is one, the column cannot but be NOT NULL.
    if "not_null" in differ and not catalogued:
        statements.append(f"{shared} {'set' if new['not_null'] else 'drop'} not null")
    if "storage" in differ:
        statements.append(storage(column, new))
    if "compression" in differ:
        statements.append(f"{column} set compression {new.get('compression', 'default')}")
    if "statistics" in differ:
        statements.append(f"{column} set statistics {new.get('statistics', -1)}")
    if "options" in differ:
        statements += options(column, old.get("options", []), new.get("options", []))
    return statements + _said(table, live, target)


def _said(table: SchemaObject, live: Column, target: Column) -> list[str]:
    old, new = live.definition, target.definition
    statements = []
    if old.get("comment") != new.get("comment"):
        text = literal(new["comment"]) if "comment" in new else "null"
        statements.append(f"comment on column {dotted((*table.path, live.name))} is {text}")
    if old.get("acl") != new.get("acl"):
        statements += grants(
            new.get("acl"),
            old.get("acl"),
            word="table",
            name=dotted(table.path),
            owner=table.definition["owner"],
            column=live.name,
            above=table.definition.get("acl"),
        )
    return statements


def alter_view_column(
    view: SchemaObject,
    live: dict[str, str],
    new: dict[str, str],
    *,
    above: list[str] | None,
) -> list[str]:
    """Return the statements that bring a column of a view back to what it was.

    ``above`` are the live privileges of the view itself.
    """
    column = f"alter {view.kind} {dotted(view.path)} alter column {ident(new['name'])}"
    statements = []
    if live.get("default") != new.get("default"):
        sql = f"set default {new['default']}" if "default" in new else "drop default"
        statements.append(f"{column} {sql}")
    if live.get("statistics") != new.get("statistics"):
        statements.append(f"{column} set statistics {new.get('statistics', -1)}")
    if live.get("storage") != new.get("storage"):
        letters = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
        kept = {"storage": letters[new["storage"]]} if "storage" in new else {}
        statements.append(storage(column, {"type": new["type"], **kept}))
    if live.get("compression") != new.get("compression"):
        statements.append(f"{column} set compression {new.get('compression', 'default')}")
    if live.get("options") != new.get("options"):
        lists = list(live.get("options", ())), list(new.get("options", ()))
        statements += options(column, *lists)
    if live.get("comment") != new.get("comment"):
        text = literal(new["comment"]) if "comment" in new else "null"
        statements.append(f"comment on column {dotted((*view.path, new['name']))} is {text}")
    if live.get("acl") != new.get("acl"):
        statements += grants(
            list(new["acl"]) if "acl" in new else None,
            list(live["acl"]) if "acl" in live else None,
            word="table",
            name=dotted(view.path),
            owner=view.definition["owner"],
            column=new["name"],
            above=above,
        )
    return statements


def storage(column: str, definition: Definition) -> str:
    """Return the statement that gives a column its storage, or its type's."""
    if "storage" in definition:
        return f"{column} set storage {definition['storage']}"
    # Without a storage of its own, a column has its type's; SET STORAGE DEFAULT came with 16.
    return (
        "do $clew$ begin execute (select "
        + literal(f"{column} set storage ")
        + " || case typstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main'"
        f" else 'extended' end from pg_type where oid = {literal(definition['type'])}::regtype);"
        " end $clew$"
    )


def options(what: str, live: list[str], target: list[str], prefix: str = "") -> list[str]:
    """Return the SET and RESET that lead from one list of options to another."""
    old = dict(option.split("=", 1) for option in live)
    new = dict(option.split("=", 1) for option in target)
    statements = []
    if list(old) != list(new) and old:
        names = ", ".join(prefix + ident(name) for name in old)
        statements.append(f"{what} reset ({names})")
        old = {}
    if new != old:
        values = ", ".join(f"{prefix}{ident(n)}={literal(v)}" for n, v in new.items())
        statements.append(f"{what} set ({values})")
    return statements


def _identity(column: str, live: str | None, target: str | None) -> list[str]:
    if target is None:
        return [f"{column} drop identity"]
    # A column without identity gains it when its sequence is made.
    return [f"{column} set generated {target}"] if live is not None else []
