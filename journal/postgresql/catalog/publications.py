"""Publications, with the tables and schemas that each names."""

from __future__ import annotations

from journal.postgresql.catalog.whole import Whole

_TABLES = """
    (select json_agg(json_strip_nulls(json_build_object(
            'table', json_build_array(tn.nspname, t.relname),
            'columns', (select json_agg(a.attname order by a.attnum)
                from pg_catalog.pg_attribute a
                where a.attrelid = r.prrelid and a.attnum = any(r.prattrs)),
            'where', pg_get_expr(r.prqual, r.prrelid))) order by tn.nspname, t.relname)
        from pg_catalog.pg_publication_rel r join pg_catalog.pg_class t on t.oid = r.prrelid
        join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace where r.prpubid = o.oid)
"""
_SCHEMAS = """
    (select json_agg(s.nspname order by s.nspname)
        from pg_catalog.pg_publication_namespace p
        join pg_catalog.pg_namespace s on s.oid = p.pnnspid where p.pnpubid = o.oid)
"""
_PUBLISH = """
    concat_ws(', ', case when o.pubinsert then 'insert' end,
        case when o.pubupdate then 'update' end, case when o.pubdelete then 'delete' end,
        case when o.pubtruncate then 'truncate' end)
"""

PUBLICATION = Whole(
    kind="publication",
    family="publication",
    catalog="pg_publication",
    name="o.pubname",
    owner="o.pubowner",
    text="""
    pg_catalog.format('create publication %%I', o.pubname)
        || case when o.puballtables then ' for all tables' else '' end""",
    more=(
        ("publish", _PUBLISH),
        ("via_root", "nullif(o.pubviaroot, false)"),
        # Came with 18; an older server has no such column.
        ("generated", "case to_jsonb(o)->>'pubgencols' when 's' then 'stored' end"),
        ("schemas", _SCHEMAS),
        ("tables", _TABLES),
    ),
    parts=(("pg_publication_rel", "prpubid"), ("pg_publication_namespace", "pnpubid")),
    members=("pg_publication_rel", "pg_publication_namespace"),
)
