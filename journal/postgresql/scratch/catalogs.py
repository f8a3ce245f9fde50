"""All definitions in words of the server's own, where there is no pg_dump to ask."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.connection import Session

_MINE = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'clew')"
_QUERIES = (
    # schemas
    f"SELECT 'schema ' || n.nspname, concat_ws(' ', pg_get_userbyid(nspowner), nspacl)"
    f" FROM pg_namespace n WHERE {_MINE}",
    # relations
    "SELECT 'relation ' || c.oid::regclass, concat_ws(' ', relkind, relpersistence,"
    " pg_get_userbyid(relowner), relacl, reloptions, relrowsecurity, relforcerowsecurity,"
    " relreplident, relispopulated, a.amname, pg_get_partkeydef(c.oid),"
    " pg_get_expr(relpartbound, c.oid), reloftype::regtype, (SELECT array_agg("
    "   inhparent::regclass::text || inhseqno ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),"
    " CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    f" LEFT JOIN pg_am a ON a.oid = relam WHERE relkind NOT IN ('i', 'I', 't') AND {_MINE}",
    # columns, by their order
    "SELECT 'column ' || c.oid::regclass || ' ' || row_number() OVER"
    " (PARTITION BY c.oid ORDER BY attnum), concat_ws(' ', attname,"
    " format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage,"
    " attcompression, attstattarget, attcollation::regcollation, attacl, attoptions, attislocal,"
    " attinhcount, pg_get_expr(adbin, adrelid))"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid"
    " JOIN pg_namespace n ON n.oid = relnamespace"
    " LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum"
    f" WHERE attnum > 0 AND NOT attisdropped AND relkind NOT IN ('i', 'I', 't') AND {_MINE}",
    # indexes
    "SELECT 'index ' || indexrelid::regclass, concat_ws(' ', pg_get_indexdef(indexrelid),"
    " indisvalid, indisclustered, indisreplident, reloptions) FROM pg_index"
    " JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace"
    f" WHERE relkind IN ('i', 'I') AND {_MINE}",
    # constraints
    "SELECT concat_ws(' ', 'constraint', k.conname, nullif(conrelid, 0)::regclass,"
    " nullif(contypid, 0)::regtype), concat_ws(' ', pg_get_constraintdef(k.oid), convalidated,"
    " conislocal, coninhcount) FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace"
    f" WHERE {_MINE}",
    # triggers
    "SELECT 'trigger ' || t.tgname || ' ' || tgrelid::regclass, concat_ws(' ',"
    " pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
    f" JOIN pg_namespace n ON n.oid = relnamespace WHERE NOT tgisinternal AND {_MINE}",
    # functions
    "SELECT 'function ' || p.oid::regprocedure, concat_ws(' ', pg_get_userbyid(proowner), proacl,"
    " CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END)"
    f" FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE {_MINE}",
    # types
    "SELECT 'type ' || t.oid::regtype, concat_ws(' ', typtype, pg_get_userbyid(typowner), typacl,"
    " typnotnull, typdefault, format_type(nullif(typbasetype, 0), typtypmod),"
    " typcollation::regcollation, (SELECT array_agg(enumlabel ORDER BY enumsortorder)"
    "  FROM pg_enum WHERE enumtypid = t.oid), (SELECT concat_ws(' ', rngsubtype::regtype,"
    "  rngcollation::regcollation, rngcanonical::regproc) FROM pg_range WHERE rngtypid = t.oid))"
    f" FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typelem = 0 AND {_MINE}",
    # policies, rules, sequences, statistics, comments
    "SELECT 'policy ' || policyname || ' ' || schemaname || '.' || tablename, concat_ws(' ',"
    " permissive, roles, cmd, qual, with_check) FROM pg_policies",
    "SELECT 'rule ' || r.rulename || ' ' || ev_class::regclass, concat_ws(' ',"
    " pg_get_ruledef(r.oid), ev_enabled) FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class"
    f" JOIN pg_namespace n ON n.oid = relnamespace WHERE {_MINE}",
    "SELECT 'sequence ' || seqrelid::regclass, concat_ws(' ', seqtypid::regtype, seqstart,"
    " seqincrement, seqmax, seqmin, seqcache, seqcycle) FROM pg_sequence"
    " JOIN pg_class c ON c.oid = seqrelid JOIN pg_namespace n ON n.oid = relnamespace"
    f" WHERE {_MINE}",
    "SELECT 'statistics ' || n.nspname || '.' || stxname, pg_get_statisticsobjdef(s.oid)"
    f" FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace WHERE {_MINE}",
    "SELECT 'comment ' || o.type || ' ' || o.identity, description FROM pg_description,"
    " pg_identify_object(classoid, objoid, objsubid) o"
    " WHERE objoid >= 16384 AND o.schema IS DISTINCT FROM 'clew'",
)


def definitions(session: Session) -> Iterator[tuple[str, str]]:
    """Yield each object's name with all that defines it."""
    for query in _QUERIES:
        seen: dict[str, int] = {}
        for name, text in sorted(session.query(query)):
            seen[name] = seen.get(name, 0) + 1
            yield (f"{name} ({seen[name]})" if seen[name] > 1 else name), str(text)
