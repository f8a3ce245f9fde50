r"""What the views over the journal in schema ``clew`` say.

A name that no SQL text can hold is written as in JSON: a NUL as ``\u0000``, as is the half of a
surrogate pair. Values are the JSON text that is stored, so a number keeps its digits.
"""

from __future__ import annotations

from journal.findings import FINDINGS, RARE

INDEXES = tuple(
    f"CREATE INDEX IF NOT EXISTS {name} ON clew.entry (type, position) WHERE type IN {group}"
    for name, group in (("entry_found", FINDINGS), ("entry_rare", RARE))
)

_READABLE = r"""
CREATE OR REPLACE FUNCTION clew.readable(stored bytea) RETURNS json LANGUAGE sql STABLE
RETURN CASE WHEN position('\x5c75'::bytea IN stored) = 0 THEN convert_from(stored, 'UTF8')::json
    ELSE replace(regexp_replace(regexp_replace(
        replace(convert_from(stored, 'UTF8'), '\\', '\u005c'),
        '\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})', '\\U\1\\U\2', 'g'),
        '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\u005Cu\1', 'g'), '\U', '\u')::json END
"""
_SHOWN = r"""
CREATE OR REPLACE FUNCTION clew.shown(readable json) RETURNS text LANGUAGE sql STABLE
RETURN replace(replace(readable::text, '\u005Cu', '\u'), '\u005c', '\\')
"""
FUNCTIONS = {"clew.readable(bytea)": _READABLE, "clew.shown(json)": _SHOWN}


def _of(entry: str, *names: str) -> str:
    """Fields of an event, or ``field AS name``, as a list of columns."""
    parts = (name.split(" AS ") for name in names)
    return ", ".join(
        f"coalesce({entry} #>> '{{data,{part[0]}}}', '') AS {part[-1]}" for part in parts
    )


def _stands(kind: str) -> str:
    """The entries of a type that stand, as ``e``."""
    return (
        f"clew.standing s JOIN clew.entry e ON e.type = '{kind}'"
        " AND e.position > s.after AND e.position <= s.last"
    )


def _body(entry: str, name: str) -> str:
    return f"CROSS JOIN LATERAL (SELECT clew.readable({entry}.body) OFFSET 0) {name}(body)"


def _content(digest: str) -> str:
    """The one content that an entry names: no function meets another, which may not be JSON."""
    return f"""CROSS JOIN LATERAL (SELECT k.content FROM clew.content k
    WHERE k.digest = b.body #>> '{{data,{digest}}}' OFFSET 0) k"""


def _erased(digest: str) -> str:
    """What stands in the place of the one content that an entry names, where it was erased."""
    return f"""CROSS JOIN LATERAL (SELECT convert_from(k.content, 'UTF8') AS told,
        'erased at ' || (convert_from(k.content, 'UTF8')::json ->> 'erased') AS said
    FROM clew.content k WHERE k.digest = 'erased:' || (b.body #>> '{{data,{digest}}}')
    AND NOT EXISTS (
        SELECT 1 FROM clew.content x WHERE x.digest = b.body #>> '{{data,{digest}}}') OFFSET 0) k"""


_STARTED = f"""(SELECT DISTINCT ON (r.run) r.run, {_of("b.body", "migration")}
    FROM clew.entry r {_body("r", "b")} WHERE r.type = 'RunStarted' ORDER BY r.run, r.position)"""
_FROM_RUN = f"LEFT JOIN {_STARTED} r ON r.run = e.run"
_MIGRATION = "coalesce(r.migration, '') AS migration"

_STANDING = f"""
WITH RECURSIVE back(position, target) AS (
    SELECT c.position, least((b.body #>> '{{data,target}}')::bigint, c.position - 1)
    FROM clew.entry r {_body("r", "b")}
    JOIN clew.entry c ON c.run = r.run AND c.type = 'RunCompleted'
    WHERE r.type = 'RunStarted' AND b.body #>> '{{data,verb}}' = 'rollback'
      AND b.body #>> '{{data,target}}' IS NOT NULL
), stands(after, last) AS (
    SELECT coalesce((SELECT max(position) FROM back WHERE position <= h.position), 0), h.position
    FROM (SELECT position FROM clew.head LIMIT 1) h
    UNION ALL
    SELECT coalesce((SELECT max(b.position) FROM back b WHERE b.position <= t.target), 0), t.target
    FROM stands JOIN back t ON t.position = stands.after
)
SELECT after, last FROM stands WHERE after < last
"""
_CONFLICTS = f"""
WITH found(id, position) AS (
    SELECT clew.readable(e.body) #>> '{{data,conflict}}', max(e.position)
    FROM {_stands("ConflictFound")} GROUP BY 1
), decided(id, position) AS (
    SELECT clew.readable(e.body) #>> '{{data,conflict}}', max(e.position)
    FROM {_stands("ConflictDecided")} GROUP BY 1
)
SELECT e.position AS found_at, b.body ->> 'recorded_at' AS found_time, f.id, {_MIGRATION},
       {_of("b.body", "step", "subject", "field")},
       (b.body #>> '{{data,count}}')::integer AS candidates,
       CASE WHEN d.position IS NULL THEN 'open' ELSE 'decided' END AS status,
       (c.body #>> '{{data,chosen}}')::integer AS chosen,
       coalesce(c.body #>> '{{data,rule}}', c.body ->> 'actor') AS decided_by,
       CASE WHEN d.position IS NOT NULL THEN coalesce(c.body #>> '{{data,reason}}', '') END
           AS reason,
       d.position AS decided_at, c.body ->> 'recorded_at' AS decided_time, e.run
FROM found f JOIN clew.entry e ON e.position = f.position {_body("e", "b")}
LEFT JOIN decided d ON d.id = f.id
LEFT JOIN (SELECT x.position, clew.readable(x.body) AS body FROM clew.entry x) c
    ON c.position = d.position
{_FROM_RUN}
"""
_RETRIED = f"""
retried(position, run, migration, step, subject) AS MATERIALIZED (
    SELECT e.position, e.run, {_of("b.body", "migration", "step")}, j.subject
    FROM {_stands("RowsTransformed")} {_body("e", "b")}
    CROSS JOIN LATERAL json_array_elements_text(b.body #> '{{data,retried}}') j(subject)
)"""
_HOMES = f"""
homes(position, run, step, source, first, last, field) AS MATERIALIZED (
    SELECT e.position, e.run, {_of("b.body", "step", "of")},
           coalesce((b.body #>> '{{data,first}}')::bigint, 0),
           coalesce((b.body #>> '{{data,last}}')::bigint, -1), j.field
    FROM {_stands("RowsTransformed")} {_body("e", "b")}
    CROSS JOIN LATERAL json_array_elements_text(b.body #> '{{data,homes}}') j(field)
)"""


def _homeless(field: str) -> str:
    """No batch that stands gave the field of the entry ``e`` a home, unless it was rejected."""
    return f"""NOT EXISTS (
    SELECT 1 FROM homes h
    WHERE h.source = b.body #>> '{{data,step}}' AND h.field = {field}
      AND (e.position BETWEEN h.first AND h.last OR EXISTS (
            SELECT 1 FROM retried t
            WHERE t.position = h.position AND t.subject = b.body #>> '{{data,subject}}'))
      AND NOT EXISTS (
            SELECT 1 FROM clew.entry x {_body("x", "y")}
            WHERE x.run = h.run AND x.type = 'RecordRejected' AND x.position < h.position
              AND y.body #>> '{{data,step}}' = h.step
              AND y.body #>> '{{data,subject}}' = b.body #>> '{{data,subject}}'))"""


_WAITS = """NOT EXISTS (
    SELECT 1 FROM retried t
    WHERE t.step = b.body #>> '{data,step}' AND t.subject = b.body #>> '{data,subject}'
      AND t.position > e.position AND t.run <> e.run AND t.migration = coalesce(r.migration, ''))"""
_UNMAPPED = f"""
WITH {_RETRIED}, {_HOMES}
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record")}, j.field, e.run
FROM {_stands("FieldUnmapped")} {_body("e", "b")}
CROSS JOIN LATERAL json_array_elements_text(b.body #> '{{data,fields}}') j(field)
{_FROM_RUN}
WHERE {_homeless("j.field")}
"""
_REJECTED = f"""
WITH {_RETRIED}
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record", "error")}, e.run
FROM {_stands("RecordRejected")} {_body("e", "b")} {_FROM_RUN}
WHERE {_WAITS}
"""


def _counted(field: str, name: str) -> str:
    return f"""
SELECT e.position, {_of("b.body", "migration", "step")},
       (b.body #>> '{{data,batch}}')::integer AS batch, j.key AS {name}, j.value::bigint AS count, e.run
FROM {_stands("RowsTransformed")} {_body("e", "b")}
CROSS JOIN LATERAL json_each_text(b.body #> '{{data,{field}}}') j
"""


_CANDIDATES = f"""
SELECT c.found_at, c.id AS conflict, j.number::integer - 1 AS number,
       j.one ->> 'record' AS record,
       CASE WHEN position('\\u005Cud' IN (j.one -> 'field')::text) = 0 THEN j.one ->> 'field'
            ELSE trim('"' FROM clew.shown(j.one -> 'field')) END AS field,
       clew.shown(j.one -> 'value') AS value, coalesce(j.number - 1 = c.chosen, false) AS chosen
FROM clew.conflicts c JOIN clew.entry e ON e.position = c.found_at {_body("e", "b")}
{_content("candidates")}
CROSS JOIN LATERAL json_array_elements(clew.readable(k.content)) WITH ORDINALITY j(one, number)
UNION ALL
SELECT c.found_at, c.id, n, k.said, k.said, k.told, coalesce(n = c.chosen, false)
FROM clew.conflicts c JOIN clew.entry e ON e.position = c.found_at {_body("e", "b")}
{_erased("candidates")}
CROSS JOIN LATERAL generate_series(0, c.candidates - 1) n
"""
_UNMAPPED_VALUES = f"""
WITH {_RETRIED}, {_HOMES}
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record")},
       j.key AS field,
       CASE json_typeof(j.value) WHEN 'boolean' THEN 'true or false' WHEN 'string' THEN 'text'
            WHEN 'array' THEN 'list' ELSE json_typeof(j.value) END AS kind,
       clew.shown(j.value) AS value, e.run
FROM {_stands("FieldUnmapped")} {_body("e", "b")}
{_content("content")}
CROSS JOIN LATERAL json_each(clew.readable(k.content)) j
{_FROM_RUN}
WHERE {_homeless("j.key")}
UNION ALL
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record")}, j.field,
       'erased', k.told, e.run
FROM {_stands("FieldUnmapped")} {_body("e", "b")}
{_erased("content")}
CROSS JOIN LATERAL json_array_elements_text(b.body #> '{{data,fields}}') j(field)
{_FROM_RUN}
WHERE {_homeless("j.field")}
"""
_REJECTED_VALUES = f"""
WITH {_RETRIED}
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record", "error")},
       convert_from(k.content, 'UTF8') AS fields, e.run
FROM {_stands("RecordRejected")} {_body("e", "b")}
{_content("content")}
{_FROM_RUN}
WHERE {_WAITS}
UNION ALL
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record", "error")},
       k.told, e.run
FROM {_stands("RecordRejected")} {_body("e", "b")}
{_erased("content")}
{_FROM_RUN}
WHERE {_WAITS}
"""
NAMES = {
    "standing": _STANDING,
    "conflicts": _CONFLICTS,
    "unmapped": _UNMAPPED,
    "rejected": _REJECTED,
    "fates": _counted("fates", "fate"),
    "targets": _counted("targets", "target"),
}
VALUES = {
    "candidates": _CANDIDATES,
    "unmapped_values": _UNMAPPED_VALUES,
    "rejected_values": _REJECTED_VALUES,
}
