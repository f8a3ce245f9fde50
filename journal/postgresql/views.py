"""Views over the journal in schema ``clew``: what transforms found, for whoever asks with SQL.

Views of names and counts are read with their owner's rights, so a role needs nothing but SELECT on
them. Views of values are read with the reader's own rights, so they show nothing to a role that
may not read the content table; before PostgreSQL 15 no view can do that, and they are left out.

A name that no SQL text can hold is written as in JSON: a NUL as ``\\u0000``, as is the half of a
surrogate pair. Values are the JSON text that is stored, so a number keeps its digits.
"""

from __future__ import annotations

from collections.abc import Iterator

from journal.errors import Refused, StatementFailed
from journal.postgresql.connection import Row, Session

_READER_RIGHTS = 150000
"""The first version whose views can run with the rights of who reads them."""
_OTHER_COLUMNS = ("42P16", "42P13")
"""States in which a view or function cannot be replaced, only made anew."""

_TYPES = (
    "RunStarted",
    "RunCompleted",
    "RowsTransformed",
    "ConflictFound",
    "ConflictDecided",
    "FieldUnmapped",
    "RecordRejected",
)
_INDEX = (
    "CREATE INDEX IF NOT EXISTS entry_found ON clew.entry (type, position) WHERE type IN"
    f" ({', '.join(repr(name) for name in _TYPES)})"
)

_GRANTS = """
SELECT format('GRANT %%s ON clew.%%I TO %%s%%s', a.privilege_type, c.relname,
              CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = to_regnamespace('clew') AND c.relkind = 'v' AND c.relname = ANY (%s)
  AND a.grantee <> c.relowner
"""

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
_FUNCTIONS = {"clew.readable(bytea)": _READABLE, "clew.shown(json)": _SHOWN}


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
SELECT after, last FROM stands
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
_UNMAPPED = f"""
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record")}, j.field, e.run
FROM {_stands("FieldUnmapped")} {_body("e", "b")}
CROSS JOIN LATERAL json_array_elements_text(b.body #> '{{data,fields}}') j(field)
{_FROM_RUN}
"""
_REJECTED = f"""
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record", "error")}, e.run
FROM {_stands("RecordRejected")} {_body("e", "b")} {_FROM_RUN}
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
"""
_UNMAPPED_VALUES = f"""
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record")},
       j.key AS field,
       CASE json_typeof(j.value) WHEN 'boolean' THEN 'true or false' WHEN 'string' THEN 'text'
            WHEN 'array' THEN 'list' ELSE json_typeof(j.value) END AS kind,
       clew.shown(j.value) AS value, e.run
FROM {_stands("FieldUnmapped")} {_body("e", "b")}
{_content("content")}
CROSS JOIN LATERAL json_each(clew.readable(k.content)) j
{_FROM_RUN}
"""
_REJECTED_VALUES = f"""
SELECT e.position, {_MIGRATION}, {_of("b.body", "step", "subject", "record", "error")},
       convert_from(k.content, 'UTF8') AS fields, e.run
FROM {_stands("RecordRejected")} {_body("e", "b")}
{_content("content")}
{_FROM_RUN}
"""
_LOG = """
SELECT position, run, type, b.body ->> 'recorded_at' AS recorded_at, b.body ->> 'actor' AS actor,
       b.body ->> 'evidence' AS evidence, clew.shown(b.body -> 'data')::json AS data
FROM clew.entry, LATERAL (SELECT clew.readable(entry.body)) b(body)
"""
_NAMES = {
    "log": _LOG,
    "standing": _STANDING,
    "conflicts": _CONFLICTS,
    "unmapped": _UNMAPPED,
    "rejected": _REJECTED,
    "fates": _counted("fates", "fate"),
    "targets": _counted("targets", "target"),
}
_VALUES = {
    "candidates": _CANDIDATES,
    "unmapped_values": _UNMAPPED_VALUES,
    "rejected_values": _REJECTED_VALUES,
}


def make(session: Session) -> None:
    """Make index, functions and views anew, inside the open transaction; grants stay.

    Raises:
        Refused: something else bears the name of a view, or stands on one.
    """
    session.run(_INDEX)
    try:
        with session.point():
            _replace(session)
    except StatementFailed as error:
        if error.sqlstate not in _OTHER_COLUMNS:
            raise _refused(error) from error
        _anew(session)


def names(session: Session) -> tuple[str, ...]:
    """Name the views of findings that this server can have."""
    return tuple(name for name in _views(session) if name != "log")


def rows(session: Session, name: str) -> Iterator[Row]:
    """Yield the rows of a view in the order of its first column."""
    yield from session.stream(f"SELECT * FROM clew.{name} ORDER BY 1")


def _views(session: Session) -> dict[str, tuple[str, str]]:
    """Each view's query and option, those first that others stand on."""
    safe = {name: (query, "security_barrier") for name, query in _NAMES.items()}
    if session.raw.info.server_version < _READER_RIGHTS:
        return safe
    return safe | {name: (query, "security_invoker") for name, query in _VALUES.items()}


def _replace(session: Session) -> None:
    for name, sql in _FUNCTIONS.items():
        session.run(sql)
        session.run(f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC")
    for name, (query, option) in _views(session).items():
        session.run(f"CREATE OR REPLACE VIEW clew.{name} WITH ({option} = true) AS {query.strip()}")


def _anew(session: Session) -> None:
    """Drop and make again what cannot be replaced, and grant what was granted."""
    every = tuple(_views(session))
    grants = session.query(_GRANTS, (list(every),))
    try:
        for name in reversed(every):
            session.run(f"DROP VIEW IF EXISTS clew.{name}")
        for name in reversed(_FUNCTIONS):
            session.run(f"DROP FUNCTION IF EXISTS {name}")
        _replace(session)
    except StatementFailed as error:
        raise _refused(error) from error
    for (grant,) in grants:
        session.run(grant)


def _refused(error: StatementFailed) -> Exception:
    if error.sqlstate == "42809":
        return Refused(
            f"expected a view, found that {error.message}", hint="Rename what stands there."
        )
    if error.sqlstate == "2BP01":
        return Refused(error.message, hint="Drop what stands on the view, and make it again after.")
    return error
