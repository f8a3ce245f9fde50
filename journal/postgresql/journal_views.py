"""Views over the journal in schema ``clew``: what happened, for whoever asks with SQL.

Names of tables are those at the position; a table whose rows stand in the journal before the
entry that made it bears the first name it ever had.
"""

from __future__ import annotations

_BODY = """CROSS JOIN LATERAL (SELECT clew.readable(e.body) OFFSET 0) b(body)
CROSS JOIN LATERAL json_to_record(b.body)
    AS h(recorded_at text, actor text, evidence text, data json)"""
_STARTED = """(SELECT DISTINCT ON (s.run) s.run,
        coalesce(clew.readable(s.body) #>> '{data,migration}', '') AS migration
    FROM clew.entry s WHERE s.type = 'RunStarted' ORDER BY s.run, s.position)"""
_FROM_RUN = f"LEFT JOIN {_STARTED} r ON r.run = e.run"
_MIGRATION = "coalesce(r.migration, '') AS migration"


def _data(*fields: str) -> str:
    """The fields of the event of ``e``, each a name and a type, as ``d``."""
    return f"{_BODY} CROSS JOIN LATERAL json_to_record(h.data) AS d({', '.join(fields)})"


def _dotted(path: str) -> str:
    return f"""(SELECT string_agg(p.part, '.' ORDER BY p.n)
        FROM json_array_elements_text({path}) WITH ORDINALITY p(part, n))"""


_LOG = f"""
SELECT e.position, e.run, e.type, h.recorded_at, h.actor, h.evidence,
       clew.shown(h.data)::json AS data
FROM clew.entry e {_BODY}
"""
_NAMES = f"""
WITH parts(position, number, before, after) AS (
    SELECT e.position, j.number, NULL::json, j.one
    FROM clew.entry e {_data("objects json")}
    CROSS JOIN LATERAL json_array_elements(d.objects) WITH ORDINALITY j(one, number)
    WHERE e.type = 'BaselineRecorded'
    UNION ALL
    SELECT e.position, j.number, j.one -> 'before', j.one -> 'after'
    FROM clew.entry e {_data("changes json")}
    CROSS JOIN LATERAL json_array_elements(d.changes) WITH ORDINALITY j(one, number)
    WHERE e.type IN ('SchemaChanged', 'DriftAccepted')
), turns(position, number, id, kind, name) AS (
    SELECT position, number, (coalesce(after, before) ->> 'id')::bigint,
           coalesce(after, before) ->> 'kind', {_dotted("after -> 'path'")} FROM parts
), newest(position, id, kind, name) AS (
    SELECT DISTINCT ON (position, id) position, id, kind, name FROM turns
    ORDER BY position, id, name IS NULL, number DESC
), other(position, id, kind, name, was) AS (
    SELECT position, id, kind, name, lag(name) OVER (PARTITION BY id ORDER BY position)
    FROM newest
), spells(since, until, id, kind, name) AS (
    SELECT position, lead(position) OVER (PARTITION BY id ORDER BY position) - 1, id, kind, name
    FROM other WHERE name IS DISTINCT FROM was
)
SELECT since, until, id, kind, name FROM spells WHERE name IS NOT NULL
"""
_RUNS = f"""
SELECT e.position AS first,
       (SELECT max(x.position) FROM clew.entry x WHERE x.run = e.run) AS last,
       e.run, d.verb, coalesce(d.migration, '') AS migration, coalesce(d.program, '') AS program,
       coalesce(n.state, 'started') AS state, h.recorded_at AS started_at,
       coalesce(n.body ->> 'recorded_at', '') AS ended_at, h.actor,
       coalesce(d.reason, '') AS reason, coalesce(d.ref, '') AS ref, d.origin, d.target,
       coalesce(w.statements, 0) AS statements,
       (SELECT coalesce(sum(greatest(0, coalesce(y.inserted, 0) + coalesce(y.updated, 0)
            + coalesce(y.deleted, 0))), 0)::bigint
        FROM clew.entry x CROSS JOIN LATERAL json_to_record(clew.readable(x.body)
            #> '{{data,rows}}') AS y(inserted bigint, updated bigint, deleted bigint)
        WHERE x.run = e.run AND x.type = 'RowsChanged') AS rows,
       coalesce(w.kept, 0) AS kept, coalesce(w.rejected, 0) AS rejected,
       coalesce(w.error, '') AS error, coalesce(w.sqlstate, '') AS sqlstate,
       (w.statement ->> 'number')::bigint AS failed_statement,
       CASE WHEN w.statement IS NOT NULL THEN coalesce((w.statement ->> 'line')::bigint, 1) END
           AS failed_line, coalesce(d.fleet, '') AS fleet
FROM clew.entry e
{
    _data(
        "verb text",
        "migration text",
        "program text",
        "reason text",
        "ref text",
        "origin bigint",
        "target bigint",
        "fleet text",
    )
}
LEFT JOIN LATERAL (
    SELECT lower(substr(x.type, 4)) AS state, clew.readable(x.body) AS body
    FROM clew.entry x WHERE x.run = e.run
    AND x.type IN ('RunCompleted', 'RunFailed', 'RunInterrupted') ORDER BY x.position DESC LIMIT 1
) n ON true
LEFT JOIN LATERAL json_to_record(n.body -> 'data') AS w(
    statements bigint, kept bigint, rejected bigint, error text, sqlstate text, statement json
) ON true
WHERE e.type = 'RunStarted'
"""
_CHANGES = f"""
WITH spell(id, name, since, until) AS MATERIALIZED (
    SELECT id, name, CASE WHEN lag(since) OVER turn IS NULL THEN 0 ELSE since END,
           coalesce(lead(since) OVER turn, 9223372036854775807)
    FROM clew.names WINDOW turn AS (PARTITION BY id ORDER BY since)
)
SELECT e.position, h.recorded_at, e.run, {_MIGRATION}, h.actor, h.evidence,
       (d.statement ->> 'number')::bigint AS statement, s.name AS table_name,
       x."table" AS table_id, coalesce(x.cause, 'written') AS cause,
       coalesce(x.inserted, 0) AS inserted, coalesce(x.updated, 0) AS updated,
       coalesce(x.deleted, 0) AS deleted, coalesce(x.removed, 0) AS removed,
       coalesce(x.added, 0) AS added
FROM clew.entry e {_data("statement json", "rows json")}
CROSS JOIN LATERAL json_to_record(d.rows) AS x("table" bigint, cause text, inserted bigint,
    updated bigint, deleted bigint, removed bigint, added bigint)
LEFT JOIN spell s ON s.id = x."table" AND e.position >= s.since AND e.position < s.until
{_FROM_RUN}
WHERE e.type = 'RowsChanged'
"""
_SCHEMA_CHANGES = f"""
SELECT e.position, h.recorded_at, e.run, {_MIGRATION}, h.actor, e.type,
       (d.statement ->> 'number')::bigint AS statement,
       CASE WHEN j.one -> 'before' IS NULL THEN 'created'
            WHEN j.one -> 'after' IS NULL THEN 'dropped'
            WHEN j.one #>> '{{before,path}}' <> j.one #>> '{{after,path}}' THEN 'renamed'
            ELSE 'altered' END AS action,
       o.one ->> 'kind' AS kind, (o.one ->> 'id')::bigint AS id,
       {_dotted("o.one -> 'path'")} AS name, {_dotted("j.one #> '{before,path}'")} AS name_before
FROM clew.entry e {_data("statement json", "changes json")}
CROSS JOIN LATERAL json_array_elements(d.changes) j(one)
CROSS JOIN LATERAL (SELECT coalesce(j.one -> 'after', j.one -> 'before')) o(one)
{_FROM_RUN}
WHERE e.type IN ('SchemaChanged', 'DriftAccepted')
"""


def _newest(kind: str, key: str, fields: tuple[str, ...]) -> str:
    """The newest entry of a type for each ``key``, a field of its event, as ``e`` with ``d``.

    As JSON names that no SQL text can hold are two, which are one as text.
    """
    return f"""(SELECT DISTINCT ON (1) clew.shown(h.data -> '{key}') AS key, e.position, e.run,
        e.type, h.recorded_at, h.actor, d.*
    FROM clew.entry e {_data(*fields)} WHERE e.type IN ({kind}) ORDER BY 1, e.position DESC)"""


_MARKS = f"""
SELECT e.position, e.name, e.at, e.recorded_at, e.actor
FROM {_newest("'MarkSet', 'MarkRemoved'", "name", ("name text", "at bigint"))} e
WHERE e.type = 'MarkSet'
"""
_SIGN_OFFS = f"""
SELECT e.position, d.at, d.verdict, coalesce(d.reason, '') AS reason, h.recorded_at, h.actor
FROM clew.entry e {_data("at bigint", "verdict text", "reason text")} WHERE e.type = 'SignedOff'
"""
_CHECKS = f"""
SELECT e.position, h.recorded_at, e.run, {_MIGRATION}, h.actor, d.name, d.passed,
       coalesce(d.expected, '') AS expected, d.found
FROM clew.entry e {_data("name text", "passed boolean", "expected text", "found text")}
{_FROM_RUN}
WHERE e.type = 'CheckRun' AND d.found <> ''
"""
_BACKUPS = f"""
SELECT e.position, e.backup, e.location, t.tables, t.rows, e.recorded_at, e.actor, e.run,
       v.passed AS verified, v.position AS verified_at, coalesce(v.found, '') AS found
FROM {_newest("'BackupTaken'", "backup", ("backup text", "location text", "tables json"))} e
CROSS JOIN LATERAL (SELECT count(*) AS tables, coalesce(sum(value::bigint), 0)::bigint AS rows
    FROM json_each_text(e.tables)) t
LEFT JOIN {_newest("'BackupVerified'", "backup", ("backup text", "passed boolean", "found text"))} v
    ON v.key = e.key AND v.position > e.position
"""
VIEWS = {
    "log": _LOG,
    "names": _NAMES,
    "runs": _RUNS,
    "changes": _CHANGES,
    "schema_changes": _SCHEMA_CHANGES,
    "marks": _MARKS,
    "sign_offs": _SIGN_OFFS,
    "checks": _CHECKS,
    "backups": _BACKUPS,
}
"""By name, those first that others stand on; read with their owner's rights."""
