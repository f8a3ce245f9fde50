"""The statements that make an object again, without what can be altered afterwards."""

from __future__ import annotations

from typing import Any

from journal.errors import NotKnownExact
from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.restore import extensions
from journal.postgresql.restore.base_types import in_steps, make_base_type
from journal.postgresql.restore.defaults import default_privileges
from journal.postgresql.restore.event_triggers import event_trigger
from journal.postgresql.restore.family import is_partition, parents, part
from journal.postgresql.restore.foreign import foreign
from journal.postgresql.restore.foreign_tables import foreign_table
from journal.postgresql.restore.names import dotted, full, ident, literal, table_of, word
from journal.postgresql.restore.opclasses import make_family
from journal.postgresql.restore.operators import make_operator
from journal.postgresql.restore.publications import publication
from journal.postgresql.restore.text_search import configuration, dictionary
from journal.values import Column, SchemaObject


def make(one: SchemaObject, *, catalogued: bool) -> list[str]:
    """Return the statements that make an object.

    With ``catalogued``, NOT NULL constraints of tables are objects of their own. Owner,
    privileges, comment and the like are altered in afterwards.

    Raises:
        NotKnownExact: the kind, or this form of it, cannot be made again exactly.
    """
    definition = one.definition
    match one.kind:
        case "schema":
            return [f"create schema {ident(one.path[0])}"]
        case "extension":
            return [extensions.made(one)]
        case "enum":
            labels = ", ".join(literal(label) for label in definition.get("labels", ()))
            return [f"create type {dotted(one.path)} as enum ({labels})"]
        case "composite":
            return [_composite(one)]
        case "range":
            return in_steps(one, _range(one))
        case "domain":
            return _domain(one)
        case "sequence":
            return [_sequence(one)]
        case "table":
            made = [table(one, catalogued=catalogued)]
            return made + ([of_type(one)] if "of_type" in definition else [])
        case "constraint":
            return [_constraint(one)]
        case "view":
            return [f"create view {dotted(one.path)} as {definition['text']}"]
        case "materialized view":
            return [_materialized(one)]
        case "function" | "index" | "statistics" | "trigger" | "rule":
            return [definition["text"]]
        case "policy":
            return [_policy(one)]
        case "default privileges":
            return default_privileges(one, None, definition["acl"])
        case "operator":
            return make_operator(one)
        case "operator family":
            return make_family(one)
        case "base type":
            return make_base_type(one)
        case "foreign table":
            return foreign_table(one, catalogued=catalogued)
        case "foreign data wrapper" | "server":
            return [foreign(one)]
        case "publication":
            return publication(one)
        case "event trigger":
            return event_trigger(one)
        case "text search dictionary":
            return [dictionary(one)]
        case "text search configuration":
            return configuration(one)
        case kind if kind in BY_KIND:
            text = definition["text"]
            return [text] if isinstance(text, str) else list(text)
        case _:
            raise NotKnownExact(one.kind, f"{one.kind} {'.'.join(one.path)} cannot be made again")


def remove(one: SchemaObject) -> list[str]:
    """Return the statements that drop an object, never what depends on it."""
    match one.kind:
        case "constraint":
            return [f"alter table {table_of(one)} drop constraint {ident(one.path[2])}"]
        case "trigger" | "rule" | "policy":
            return [f"drop {one.kind} {ident(one.path[2])} on {table_of(one)}"]
        case "table" if is_partition(one):
            # A foreign key to the whole would hold a part of it.
            return [part(one, parents(one)[0]), f"drop table {dotted(one.path)}"]
        case "base type" | "range" if "functions" in one.definition:
            # It and its functions need one another: nothing else is left that it takes along.
            return [f"drop type {dotted(one.path)} cascade"]
        case "enum" | "composite" | "range":
            return [f"drop type {dotted(one.path)}"]
        case "default privileges":
            return default_privileges(one, one.definition["acl"], None)
        case kind if kind == "function" or kind in BY_KIND:
            return [f"drop {word(one)} {full(one)}"]
        case _:
            return [f"drop {one.kind} {dotted(one.path)}"]


def table(one: SchemaObject, *, catalogued: bool) -> str:
    """Return the CREATE TABLE of a table with its columns and without its constraints.

    A partition is made as a table that stands alone, to be attached; so is a table of a type.
    """
    definition = one.definition
    columns = ",\n  ".join(column(c, catalogued=catalogued) for c in one.columns)
    kept = "unlogged " if definition.get("persistence") == "unlogged" else ""
    return f"create {kept}table {dotted(one.path)} (\n  {columns}\n){options_of(one)}"


def of_type(one: SchemaObject) -> str:
    """Return the statement that makes a table, whose columns are a type's, one of the type."""
    return f"alter table {dotted(one.path)} of {one.definition['of_type']}"


def options_of(one: SchemaObject) -> str:
    """Return what CREATE TABLE says after the columns."""
    definition = one.definition
    options = [_option(option) for option in definition.get("options", ())]
    options += [f"toast.{_option(option)}" for option in definition.get("toast_options", ())]
    return (
        (f" partition by {definition['partition_by']}" if "partition_by" in definition else "")
        + (f" using {ident(definition['access_method'])}" if "access_method" in definition else "")
        + (f" with ({', '.join(options)})" if options else "")
        + (f" tablespace {ident(definition['tablespace'])}" if "tablespace" in definition else "")
    )


def column(one: Column, *, catalogued: bool) -> str:
    """Return a column as CREATE TABLE and ADD COLUMN take it; identity is added later."""
    definition = one.definition
    parts = [ident(one.name), definition["type"]]
    if "collation" in definition:
        parts.append(f"collate {definition['collation']}")
    if "generated" in definition:
        kind = "virtual" if definition.get("virtual") else "stored"
        parts.append(f"generated always as ({definition['generated']}) {kind}")
    if "default" in definition:
        parts.append(f"default {definition['default']}")
    if definition.get("not_null") and not catalogued:
        parts.append("not null")
    return " ".join(parts)


def sequence_options(definition: dict[str, Any]) -> str:
    """Return the parameters of a sequence, all of them spelt out."""
    cycle = "cycle" if definition.get("cycle") else "no cycle"
    return (
        f"increment by {definition['increment']} minvalue {definition['min']}"
        f" maxvalue {definition['max']} start with {definition['start']}"
        f" cache {definition['cache']} {cycle}"
    )


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{ident(name)}={literal(value)}"


def _constraint(one: SchemaObject) -> str:
    # The keys of partitions are made one by one, and attached.
    keys = ("primary key", "unique", "exclude")
    only = "only " if one.definition["type"] in keys else ""
    return (
        f"alter table {only}{table_of(one)} add constraint {ident(one.path[2])}"
        f" {one.definition['text']}"
    )


def _sequence(one: SchemaObject) -> str:
    definition = one.definition
    if definition.get("identity"):
        *owner, owned = definition["owned_by"]
        return (
            f"alter table {dotted(owner)} alter column {ident(owned)} add generated by default"
            f" as identity (sequence name {dotted(one.path)} {sequence_options(definition)})"
        )
    kept = "unlogged " if definition.get("persistence") == "unlogged" else ""
    return (
        f"create {kept}sequence {dotted(one.path)} as {definition['type']}"
        f" {sequence_options(definition)}"
    )


def _composite(one: SchemaObject) -> str:
    attributes = ", ".join(
        f"{ident(a['name'])} {a['type']}"
        + (f" collate {a['collation']}" if "collation" in a else "")
        for a in one.definition.get("attributes", ())
    )
    return f"create type {dotted(one.path)} as ({attributes})"


def _range(one: SchemaObject) -> str:
    options = ", ".join(f"{name} = {value}" for name, value in one.definition["range"].items())
    return f"create type {dotted(one.path)} as range ({options})"


def _domain(one: SchemaObject) -> list[str]:
    definition = one.definition
    name = dotted(one.path)
    parts = [f"create domain {name} as {definition['type']}"]
    if "collation" in definition:
        parts.append(f"collate {definition['collation']}")
    if "default" in definition:
        parts.append(f"default {definition['default']}")
    constraints = definition.get("constraints", ())
    later = [c for c in constraints if c["text"].endswith(" NOT VALID")]
    for constraint in constraints:
        if constraint not in later:
            parts.append(f"constraint {ident(constraint['name'])} {constraint['text']}")
    named = any(c["text"].startswith("NOT NULL") for c in constraints)
    if definition.get("not_null") and not named:
        parts.append("not null")
    return [" ".join(parts)] + [
        f"alter domain {name} add constraint {ident(c['name'])} {c['text']}" for c in later
    ]


def _materialized(one: SchemaObject) -> str:
    definition = one.definition
    text = definition["text"].rstrip().rstrip(";")
    listed = [_option(option) for option in definition.get("options", ())]
    listed += [f"toast.{_option(option)}" for option in definition.get("toast_options", ())]
    options = ", ".join(listed)
    return (
        f"create materialized view {dotted(one.path)}"
        + (f" using {ident(definition['access_method'])}" if "access_method" in definition else "")
        + (f" with ({options})" if options else "")
        + (f" tablespace {ident(definition['tablespace'])}" if "tablespace" in definition else "")
        + f" as {text} with no data"
    )


def _policy(one: SchemaObject) -> str:
    definition = one.definition
    using = f" using ({definition['using']})" if "using" in definition else ""
    check = f" with check ({definition['check']})" if "check" in definition else ""
    kind = "restrictive" if definition.get("restrictive") else "permissive"
    return (
        f"create policy {ident(one.path[2])} on {table_of(one)} as {kind}"
        f" for {definition['command']} to {', '.join(definition['roles'])}{using}{check}"
    )
