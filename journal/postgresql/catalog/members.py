"""What an extension consists of, told without the oids that differ each time it is made.

Each catalog row of each member, and of what is part of one (columns, indexes, entries of operator
families), is told by its own columns: oids by the identity of what they name, expressions as the
server words them. So two tellings are equal only where all that the server knows is equal.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from journal.errors import NotKnownExact
from journal.postgresql.connection import Session, quote
from journal.postgresql.contents import digest_of
from journal.values import Column

Telling: TypeAlias = Mapping[str, tuple[str, ...]]
"""What the server knows of each member, by the member's identity."""

NAME = "extension-rows"
ROWS = "rows of "
"""What the tellings of rows begin with."""

MEMBERS = """
with recursive member(classid, objid) as (
    select x.classid, x.objid from pg_catalog.pg_depend x
    where x.refclassid = 'pg_catalog.pg_extension'::regclass and x.refobjid = %s
    and x.deptype = 'e'
    union select x.classid, x.objid from member m join pg_catalog.pg_depend x
    on x.refclassid = m.classid and x.refobjid = m.objid and x.deptype in ('i', 'a', 'P', 'S')
)
select m.classid::regclass::text, m.objid::int8 from member m
where m.classid <> 'pg_catalog.pg_class'::regclass or not exists (
    select from pg_catalog.pg_class c
    where c.oid = m.objid and c.relnamespace = 'pg_toast'::regnamespace)
"""

ROWS_OF = {
    "pg_attribute": ("pg_class", "attrelid"),
    "pg_index": ("pg_class", "indexrelid"),
    "pg_sequence": ("pg_class", "seqrelid"),
    "pg_inherits": ("pg_class", "inhrelid"),
    "pg_partitioned_table": ("pg_class", "partrelid"),
    "pg_foreign_table": ("pg_class", "ftrelid"),
    "pg_aggregate": ("pg_proc", "aggfnoid"),
    "pg_enum": ("pg_type", "enumtypid"),
    "pg_range": ("pg_type", "rngtypid"),
    "pg_ts_config_map": ("pg_ts_config", "mapcfg"),
}
"""Catalogs whose rows are part of an object of another catalog, and the column that tells which."""

ABOUT = ("pg_description", "pg_seclabel", "pg_init_privs")
"""Catalogs whose rows say something about an object of any."""

PHYSICAL = frozenset(
    "oid tableoid relfilenode relpages reltuples relallvisible relallfrozen reltoastrelid"
    " relhasindex relhasrules relhastriggers relhassubclass relfrozenxid relminmxid relrewrite"
    " attcacheoff indcheckxmin indisclustered tgname extversion"
    " relnatts attnum adnum indkey conkey confkey tgattr".split()
)
"""Columns that tell where and when, not what; names made of oids; and numbers of columns, which
tell of those that were dropped."""

TEXTS = {
    "pg_attribute": (
        "(select count(*) from pg_catalog.pg_attribute y where y.attrelid = x.attrelid"
        " and y.attnum between 1 and x.attnum and not y.attisdropped)",
        "least(x.attnum, 0)",
    ),
    "pg_attrdef": ("pg_get_expr(x.adbin, x.adrelid)",),
    "pg_class": ("pg_get_expr(x.relpartbound, x.oid)", "x.reltoastrelid <> 0"),
    "pg_constraint": ("pg_get_constraintdef(x.oid)",),
    "pg_extension": ("x.extversion",),
    "pg_index": ("pg_get_indexdef(x.indexrelid)", "x.indisclustered"),
    "pg_partitioned_table": ("pg_get_partkeydef(x.partrelid)",),
    "pg_policy": (
        "pg_get_expr(x.polqual, x.polrelid)",
        "pg_get_expr(x.polwithcheck, x.polrelid)",
    ),
    "pg_proc": ("pg_get_function_arguments(x.oid)", "pg_get_function_sqlbody(x.oid)"),
    "pg_rewrite": ("pg_get_ruledef(x.oid)",),
    "pg_statistic_ext": ("pg_get_statisticsobjdef(x.oid)",),
    "pg_trigger": ("case when not x.tgisinternal then pg_get_triggerdef(x.oid) end",),
    "pg_type": ("pg_get_expr(x.typdefaultbin, 0)",),
}
"""What is told of a row beside its columns: expressions, which are stored with oids in them."""

COLUMNS = """
select c.relname, a.attname, a.atttypid = 'pg_node_tree'::regtype, f.pktable::text, f.is_array
from pg_catalog.pg_class c
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
left join pg_catalog.pg_get_catalog_foreign_keys() f
    on f.fktable = c.oid and f.fkcols = array[a.attname::text]
where c.relnamespace = 'pg_catalog'::regnamespace and c.relname = any(%s) order by 1, a.attnum
"""

STORED = """
select c.oid::int8, n.nspname, c.relname, c.relkind::text,
    pg_catalog.has_table_privilege(c.oid, 'select')
    and (pg_catalog.pg_has_role(c.relowner, 'usage')
        or not pg_catalog.row_security_active(c.oid))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any(%s::oid[]) and c.relkind in ('r', 'm', 'S') order by 1
"""


def telling(session: Session, extension: int) -> Telling:
    """Return what the server knows of an extension's members; settings must be ``plain``.

    Raises:
        NotKnownExact: rows of a member may not be read.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for catalog, oid in session.query(MEMBERS, (extension,)):
        members[catalog].append(oid)
    stored = _stored(session, members.get("pg_class", ()))
    members["pg_extension"].append(extension)
    told: dict[str, list[str]] = defaultdict(list)
    catalogs = [*members, *(c for c, (owner, _) in ROWS_OF.items() if owner in members), *ABOUT]
    params = dict(members)
    for identity, text in session.query(_query(session, catalogs, members), params):
        told[identity].append(text)
    for identity, text in stored:
        told[identity].append(text)
    return {identity: tuple(sorted(texts)) for identity, texts in sorted(told.items())}


def digest(told: Telling) -> str:
    """Return one digest over all that was told."""
    found = hashlib.sha256()
    for identity, texts in sorted(told.items()):
        for one in (identity, *texts):
            found.update(hashlib.sha256(one.encode()).digest())
    return found.hexdigest()


def differing(one: Telling, other: Telling) -> str:
    """Return the first member of which two tellings differ, its rows last; empty for none."""
    found = (i for i in {**one, **other} if one.get(i) != other.get(i))
    return min(found, key=lambda i: (i.startswith(ROWS), i), default="")


def relations(session: Session, extension: int) -> frozenset[int]:
    """Return the oids of an extension's tables, sequences and the like."""
    found = session.query(MEMBERS, (extension,))
    return frozenset(oid for catalog, oid in found if catalog == "pg_class")


def _stored(session: Session, oids: Collection[int]) -> Iterator[tuple[str, str]]:
    """Return the rows of tables and the places of sequences, each as a digest."""
    found = []
    for oid, schema, name, kind, readable in session.query(STORED, (list(oids),)):
        if not readable:
            raise NotKnownExact(NAME, f"rows of {schema}.{name} may not be read by this role")
        if kind == "S":
            query = f"select (s.last_value, s.is_called)::text from {quote(schema, name)} s"
            text = str(session.value(query))
        else:
            columns = [Column(id=0, name=row[0]) for row in session.query(_STORED_COLUMNS, (oid,))]
            text = digest_of(session, columns, (schema, name), oid)
        found.append((f"{ROWS}{schema}.{name}", text))
    return iter(found)


_STORED_COLUMNS = """
select a.attname from pg_catalog.pg_attribute a
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
order by a.attnum
"""


def _query(session: Session, catalogs: Collection[str], members: Mapping[str, list[int]]) -> str:
    columns: dict[str, list[str]] = defaultdict(list)
    for catalog, name, tree, named, many in session.query(COLUMNS, (list(catalogs),)):
        if name in PHYSICAL or tree:
            continue
        columns[catalog].append(_value(name, named, many=bool(many)))
    parts = []
    for catalog in sorted(set(catalogs) - set(ABOUT)):
        owner, column = ROWS_OF.get(catalog, (catalog, "oid"))
        told = ", ".join((*columns[catalog], *TEXTS.get(catalog, ())))
        parts.append(
            f"select {_identity(owner, f'x.{column}')}, jsonb_build_array('{catalog}', {told})::text"
            f" from pg_catalog.{catalog} x where x.{column} = any(%({owner})s::oid[])"
            + (" and not x.attisdropped" if catalog == "pg_attribute" else "")
        )
    for catalog in ABOUT:
        told = ", ".join(one for one in columns[catalog] if "objoid" not in one)
        for owner in members:
            if (catalog, owner) == ("pg_description", "pg_extension"):  # anybody's to change
                continue
            parts.append(
                f"select {_identity(owner, 'x.objoid')}, jsonb_build_array('{catalog}', {told})::text"
                f" from pg_catalog.{catalog} x where x.classoid = 'pg_catalog.{owner}'::regclass"
                f" and x.objoid = any(%({owner})s::oid[])"
            )
    return "\nunion all\n".join(parts)


def _identity(catalog: str, oid: str) -> str:
    """Return the SQL expression of what an object is called; constraint triggers bear oids."""
    told = f"(pg_catalog.pg_identify_object('pg_catalog.{catalog}'::regclass, {oid}::oid, 0))"
    named = f"concat_ws(' ', {told}.type, {told}.identity)"
    if catalog == "pg_trigger":
        return f"case when x.tgisinternal then 'trigger' else {named} end"
    return named


def _value(name: str, named: str | None, *, many: bool) -> str:
    own = f"x.{quote(name)}"
    if named is None:
        return own
    if not many:
        told = f"pg_catalog.pg_identify_object('pg_catalog.{named}'::regclass, {own}::oid, 0)"
        return f"(select i.identity from {told} i)"
    told = f"pg_catalog.pg_identify_object('pg_catalog.{named}'::regclass, u.oid, 0)"
    return (
        f"(select jsonb_agg(({told}).identity order by u.place)"
        f" from unnest({own}::oid[]) with ordinality u(oid, place))"
    )
