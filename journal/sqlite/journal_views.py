"""Views over the journal in a SQLite file: what happened, for whoever asks with SQL.

Names of tables are those at the position; a table whose rows stand in the journal before the
entry that made it bears the first name it ever had.
"""

from __future__ import annotations

from journal.findings import found_among
from journal.sqlite.stored_json import text


def _is(entry: str, *kinds: str) -> str:
    """An entry is of one of these types, said so that SQLite sees the index that leads to it."""
    groups = {found_among((kind,))[kind] for kind in kinds}
    (group,) = groups
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return f"{entry}.type IN ({listed}) AND {entry}.type IN {group}"


def _plain(path: str, of: str = "e.body") -> str:
    """A number, or text of ours that never holds a NUL."""
    return f"json_extract(CAST({of} AS TEXT), '$.{path}')"


def _said(path: str, of: str = "e.body") -> str:
    """Text that somebody gave, or nothing."""
    return f"coalesce(json_extract({text(of)}, '$.{path}'), '')"


def _key(path: str, of: str) -> str:
    """As JSON names that no SQL text can hold are two, which are one as text."""
    return f"({text(of)} -> '$.{path}')"


def _count(path: str, of: str = "e.body") -> str:
    return f"coalesce({_plain(path, of)}, 0)"


def _dotted(json: str) -> str:
    return (
        f"(SELECT group_concat(value, '.') FROM (SELECT value FROM json_each({json}) ORDER BY key))"
    )


_ACTOR = f"{_said('actor')} AS actor"
_TIME = f"{_plain('recorded_at')} AS recorded_at"
_MIGRATION = f"""coalesce((SELECT {_said("data.migration", "r.body")}
    FROM clew_entry r WHERE r.run = e.run AND +r.type = 'RunStarted' LIMIT 1), '') AS migration"""

_LOG = f"""
SELECT position, run, type, {_TIME}, {_ACTOR}, {_plain("evidence")} AS evidence,
       {_plain("data")} AS data
FROM clew_entry e ORDER BY position
"""
_NAMES = f"""
WITH told(position, number, baseline, one) AS (
    SELECT e.position, j.id, e.type = 'BaselineRecorded', j.value
    FROM clew_entry e CROSS JOIN json_each({text("e.body")},
         CASE e.type WHEN 'BaselineRecorded' THEN '$.data.objects' ELSE '$.data.changes' END) j
    WHERE {_is("e", "BaselineRecorded", "SchemaChanged", "DriftAccepted")}
), parts(position, number, before, after) AS (
    SELECT position, number, iif(baseline, NULL, one -> '$.before'),
           iif(baseline, one, one -> '$.after') FROM told
), turns(position, number, id, kind, name) AS (
    SELECT position, number, coalesce(after, before) ->> '$.id',
           coalesce(after, before) ->> '$.kind', {_dotted("after -> '$.path'")} FROM parts
), newest(position, id, kind, name, place) AS (
    SELECT position, id, kind, name,
           row_number() OVER (PARTITION BY position, id ORDER BY name IS NULL, number DESC)
    FROM turns
), other(position, id, kind, name, was) AS (
    SELECT position, id, kind, name, lag(name) OVER (PARTITION BY id ORDER BY position)
    FROM newest WHERE place = 1
), spells(since, until, id, kind, name) AS (
    SELECT position, lead(position) OVER (PARTITION BY id ORDER BY position) - 1, id, kind, name
    FROM other WHERE name IS NOT was
)
SELECT since, until, id, kind, name FROM spells WHERE name IS NOT NULL
"""
_RUNS = f"""
SELECT e.position AS first,
       (SELECT max(x.position) FROM clew_entry x WHERE x.run = e.run) AS last,
       e.run, {_plain("data.verb")} AS verb, {_said("data.migration")} AS migration,
       {_said("data.program")} AS program,
       CASE d.type WHEN 'RunCompleted' THEN 'completed' WHEN 'RunFailed' THEN 'failed'
            WHEN 'RunInterrupted' THEN 'interrupted' ELSE 'started' END AS state,
       {_plain("recorded_at")} AS started_at,
       coalesce({_plain("recorded_at", "d.body")}, '') AS ended_at, {_ACTOR},
       {_said("data.reason")} AS reason, {_said("data.ref")} AS ref,
       {_plain("data.origin")} AS origin, {_plain("data.target")} AS target,
       {_count("data.statements", "d.body")} AS statements,
       (SELECT coalesce(sum(max(0, {_count("data.rows.inserted", "x.body")}
            + {_count("data.rows.updated", "x.body")} + {_count("data.rows.deleted", "x.body")})), 0)
        FROM clew_entry x WHERE x.run = e.run AND +x.type = 'RowsChanged') AS rows,
       {_count("data.kept", "d.body")} AS kept, {_count("data.rejected", "d.body")} AS rejected,
       {_said("data.error", "d.body")} AS error, {_said("data.sqlstate", "d.body")} AS sqlstate,
       {_plain("data.statement.number", "d.body")} AS failed_statement,
       CASE WHEN {_plain("data.statement", "d.body")} IS NOT NULL
            THEN coalesce({_plain("data.statement.line", "d.body")}, 1) END AS failed_line,
       {_said("data.fleet")} AS fleet
FROM clew_entry e LEFT JOIN clew_entry d ON d.position = (
    SELECT max(x.position) FROM clew_entry x WHERE x.run = e.run
    AND +x.type IN ('RunCompleted', 'RunFailed', 'RunInterrupted'))
WHERE {_is("e", "RunStarted")}
"""
_CHANGES = f"""
WITH spell(id, name, since, until) AS MATERIALIZED (
    SELECT id, name, iif(lag(since) OVER turn IS NULL, 0, since),
           coalesce(lead(since) OVER turn, 9223372036854775807)
    FROM clew_names WINDOW turn AS (PARTITION BY id ORDER BY since)
)
SELECT e.position, {_TIME}, e.run, {_MIGRATION}, {_ACTOR}, {_plain("evidence")} AS evidence,
       {_plain("data.statement.number")} AS statement,
       (SELECT s.name FROM spell s WHERE s.id = {_plain("data.rows.table")}
        AND e.position >= s.since AND e.position < s.until) AS table_name,
       {_plain("data.rows.table")} AS table_id,
       coalesce({_plain("data.rows.cause")}, 'written') AS cause,
       {
    ", ".join(
        f"{_count(f'data.rows.{name}')} AS {name}"
        for name in ("inserted", "updated", "deleted", "removed", "added")
    )
}
FROM clew_entry e WHERE e.type = 'RowsChanged'
"""
_SCHEMA_CHANGES = f"""
WITH told(position, number, before, after) AS (
    SELECT e.position, j.id, j.value -> '$.before', j.value -> '$.after'
    FROM clew_entry e CROSS JOIN json_each({text("e.body")}, '$.data.changes') j
    WHERE {_is("e", "SchemaChanged", "DriftAccepted")}
)
SELECT e.position, {_TIME}, e.run, {_MIGRATION}, {_ACTOR}, e.type,
       {_plain("data.statement.number")} AS statement,
       CASE WHEN t.before IS NULL THEN 'created' WHEN t.after IS NULL THEN 'dropped'
            WHEN t.before -> '$.path' <> t.after -> '$.path' THEN 'renamed' ELSE 'altered' END
           AS action,
       coalesce(t.after, t.before) ->> '$.kind' AS kind,
       coalesce(t.after, t.before) ->> '$.id' AS id,
       {_dotted("coalesce(t.after, t.before) -> '$.path'")} AS name,
       {_dotted("t.before -> '$.path'")} AS name_before
FROM told t CROSS JOIN clew_entry e ON e.position = t.position
"""
_MARKS = f"""
SELECT e.position, {_said("data.name")} AS name, {_plain("data.at")} AS at, {_TIME}, {_ACTOR}
FROM clew_entry e WHERE {_is("e", "MarkSet")} AND NOT EXISTS (
    SELECT 1 FROM clew_entry x WHERE {_is("x", "MarkSet", "MarkRemoved")}
    AND +x.position > e.position AND {_key("data.name", "x.body")} = {_key("data.name", "e.body")})
"""
_SIGN_OFFS = f"""
SELECT e.position, {_plain("data.at")} AS at, {_said("data.verdict")} AS verdict,
       {_said("data.reason")} AS reason, {_TIME}, {_ACTOR}
FROM clew_entry e WHERE {_is("e", "SignedOff")}
"""
_CHECKS = f"""
SELECT e.position, {_TIME}, e.run, {_MIGRATION}, {_ACTOR}, {_said("data.name")} AS name,
       {_plain("data.passed")} AS passed, {_said("data.expected")} AS expected,
       {_said("data.found")} AS found
FROM clew_entry e WHERE {_is("e", "CheckRun")} AND {_said("data.found")} <> ''
"""
_BACKUPS = f"""
SELECT e.position, {_said("data.backup")} AS backup, {_said("data.location")} AS location,
       (SELECT count(*) FROM json_each({text("e.body")}, '$.data.tables')) AS tables,
       (SELECT coalesce(sum(value), 0) FROM json_each({text("e.body")}, '$.data.tables')) AS rows,
       {_TIME}, {_ACTOR}, e.run, {_plain("data.passed", "v.body")} AS verified,
       v.position AS verified_at, {_said("data.found", "v.body")} AS found
FROM clew_entry e LEFT JOIN clew_entry v ON v.position = (
    SELECT max(x.position) FROM clew_entry x WHERE {_is("x", "BackupVerified")}
    AND +x.position > e.position AND {_key("data.backup", "x.body")} = {_key("data.backup", "e.body")})
WHERE {_is("e", "BackupTaken")} AND NOT EXISTS (
    SELECT 1 FROM clew_entry x WHERE {_is("x", "BackupTaken")}
    AND +x.position > e.position AND {_key("data.backup", "x.body")} = {_key("data.backup", "e.body")})
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
"""By name, those first that others stand on."""
