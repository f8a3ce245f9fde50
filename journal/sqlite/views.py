r"""Views over the journal in a SQLite file: for whoever asks with SQL; here what transforms found.

A name that no SQL text can hold is written as in JSON: a NUL as ``\u0000``. Values are the JSON
text that is stored, so a number keeps its digits.
"""

from __future__ import annotations

from collections.abc import Iterator

from journal.errors import Refused
from journal.findings import FINDINGS, RARE
from journal.sqlite import journal_views, row_index
from journal.sqlite.connection import Row, Session
from journal.sqlite.stored_json import back as _back
from journal.sqlite.stored_json import text as _text

_INDEXES = tuple(
    f"CREATE INDEX IF NOT EXISTS {name} ON clew_entry (type) WHERE type IN {group}"
    for name, group in (("clew_entry_found", FINDINGS), ("clew_entry_rare", RARE))
)
_IN = ", ".join(f"'{name}'" for name in FINDINGS)


def _keyed(bytes_: str) -> str:
    """JSON in which no two keys become one: a backslash is two, so that it differs from a NUL's."""
    return _text(bytes_).replace("'\\u005c'", "'\\u005c\\u005c'")


def _of(entry: str, *names: str) -> str:
    """Fields of an event, or ``field AS name``, as a list of columns."""
    parts = (name.split(" AS ") for name in names)
    return ", ".join(
        f"json_extract({_text(f'{entry}.body')}, '$.data.{part[0]}') AS {part[-1]}"
        for part in parts
    )


def _stands(kind: str) -> str:
    """The entries of a type that stand, as ``e``."""
    return (
        f"clew_standing s CROSS JOIN clew_entry e ON e.type = '{kind}' AND e.type IN ({_IN})"
        " AND e.position > s.after AND e.position <= s.last"
    )


def _erased(digest: str) -> str:
    """What stands in the place of the content that an entry names, where it was erased."""
    named = f"json_extract(CAST(e.body AS TEXT), '$.data.{digest}')"
    return (
        f"CROSS JOIN clew_content k ON k.digest = 'erased:' || {named}"
        f" AND NOT EXISTS (SELECT 1 FROM clew_content x WHERE x.digest = {named})"
    )


_TOLD = "CAST(k.content AS TEXT)"
_SAID = f"'erased at ' || json_extract({_TOLD}, '$.erased')"
_MIGRATION = f"""coalesce((SELECT json_extract({_text("r.body")}, '$.data.migration')
    FROM clew_entry r WHERE r.run = e.run AND +r.type = 'RunStarted' LIMIT 1), '') AS migration"""

_STANDING = f"""
WITH RECURSIVE back(position, target) AS (
    SELECT c.position, min(json_extract({_text("r.body")}, '$.data.target'), c.position - 1)
    FROM clew_entry r JOIN clew_entry c ON c.run = r.run AND +c.type = 'RunCompleted'
    WHERE r.type = 'RunStarted' AND r.type IN ({_IN})
      AND json_extract({_text("r.body")}, '$.data.verb') = 'rollback'
      AND json_extract({_text("r.body")}, '$.data.target') IS NOT NULL
), stands(after, last) AS (
    SELECT coalesce((SELECT max(position) FROM back WHERE position <= h.position), 0), h.position
    FROM clew_head h
    UNION ALL
    SELECT coalesce((SELECT max(b.position) FROM back b WHERE b.position <= t.target), 0), t.target
    FROM stands JOIN back t ON t.position = stands.after
)
SELECT after, last FROM stands WHERE after < last
"""
_CONFLICTS = f"""
WITH found(id, position) AS (
    SELECT json_extract(CAST(e.body AS TEXT), '$.data.conflict'), max(e.position)
    FROM {_stands("ConflictFound")} GROUP BY 1
), decided(id, position) AS (
    SELECT json_extract(CAST(e.body AS TEXT), '$.data.conflict'), max(e.position)
    FROM {_stands("ConflictDecided")} GROUP BY 1
)
SELECT e.position AS found_at, json_extract({_text("e.body")}, '$.recorded_at') AS found_time,
       f.id, {_MIGRATION}, {_of("e", "step", "subject", "field", "count AS candidates")},
       CASE WHEN d.position IS NULL THEN 'open' ELSE 'decided' END AS status,
       {_of("c", "chosen")},
       coalesce({_of("c", "rule").removesuffix(" AS rule")},
                json_extract({_text("c.body")}, '$.actor')) AS decided_by,
       iif(c.position, coalesce({_of("c", "reason").removesuffix(" AS reason")}, ''), NULL)
           AS reason,
       d.position AS decided_at,
       json_extract({_text("c.body")}, '$.recorded_at') AS decided_time, e.run
FROM found f JOIN clew_entry e ON e.position = f.position
LEFT JOIN decided d ON d.id = f.id LEFT JOIN clew_entry c ON c.position = d.position
"""
_CANDIDATES = f"""
SELECT c.found_at, c.id AS conflict, j.key AS number,
       j.value ->> '$.record' AS record,
       CASE WHEN j.value ->> '$.field' GLOB '*' || char(65533) || '*'
                 AND NOT instr(j.value, char(65533))
            THEN {_back("trim(j.value -> '$.field', char(34))")} ELSE j.value ->> '$.field'
       END AS field,
       {_back("j.value -> '$.value'")} AS value,
       coalesce(j.key = c.chosen, 0) AS chosen
FROM clew_conflicts c CROSS JOIN clew_entry e ON e.position = c.found_at
CROSS JOIN clew_content k ON k.digest = json_extract(CAST(e.body AS TEXT), '$.data.candidates')
CROSS JOIN json_each({_text("k.content")}) j
UNION ALL
SELECT c.found_at, c.id, j.key, {_SAID}, {_SAID}, {_TOLD}, coalesce(j.key = c.chosen, 0)
FROM clew_conflicts c CROSS JOIN clew_entry e ON e.position = c.found_at
{_erased("candidates")}
CROSS JOIN json_each('[' || substr(replace(hex(zeroblob(c.candidates)), '00', ',0'), 2) || ']') j
"""
_RETRIED = f"""
retried(position, run, migration, step, subject) AS MATERIALIZED (
    SELECT e.position, e.run, {_of("e", "migration", "step")}, j.value
    FROM {_stands("RowsTransformed")}
    CROSS JOIN json_each({_text("e.body")}, '$.data.retried') j
)"""
_HOMES = f"""
homes(position, run, step, source, first, last, field) AS MATERIALIZED (
    SELECT e.position, e.run, {_of("e", "step", "of")},
           CAST(coalesce({_of("e", "first").removesuffix(" AS first")}, 0) AS INTEGER),
           CAST(coalesce({_of("e", "last").removesuffix(" AS last")}, -1) AS INTEGER), j.value
    FROM {_stands("RowsTransformed")} CROSS JOIN json_each({_text("e.body")}, '$.data.homes') j
)"""


def _homeless(field: str) -> str:
    """No batch that stands gave the field of the entry ``e`` a home, unless it was rejected."""
    subject = _of("e", "subject").removesuffix(" AS subject")
    return f"""NOT EXISTS (
    SELECT 1 FROM homes h
    WHERE h.source = {_of("e", "step").removesuffix(" AS step")} AND h.field = {field}
      AND (e.position BETWEEN h.first AND h.last OR EXISTS (
            SELECT 1 FROM retried t WHERE t.position = h.position AND t.subject = {subject}))
      AND NOT EXISTS (
            SELECT 1 FROM clew_entry x WHERE x.run = h.run AND +x.type = 'RecordRejected'
              AND x.position < h.position
              AND {_of("x", "step").removesuffix(" AS step")} = h.step
              AND {_of("x", "subject").removesuffix(" AS subject")} = {subject}))"""


_WAITS = f"""NOT EXISTS (
    SELECT 1 FROM retried t
    WHERE t.step = {_of("e", "step").removesuffix(" AS step")}
      AND t.subject = {_of("e", "subject").removesuffix(" AS subject")}
      AND t.position > e.position AND t.run <> e.run
      AND t.migration = {_MIGRATION.removesuffix(" AS migration")})"""
_UNMAPPED = f"""
WITH {_RETRIED}, {_HOMES}
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record")},
       j.value AS field, e.run
FROM {_stands("FieldUnmapped")} CROSS JOIN json_each({_text("e.body")}, '$.data.fields') j
WHERE {_homeless("j.value")}
"""
_KEY = r"replace(j.key, '\\', '\')"
_UNMAPPED_VALUES = rf"""
WITH {_RETRIED}, {_HOMES}
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record")},
       {_KEY} AS field,
       CASE j.type WHEN 'null' THEN 'null' WHEN 'true' THEN 'true or false'
            WHEN 'false' THEN 'true or false' WHEN 'text' THEN 'text' WHEN 'array' THEN 'list'
            WHEN 'object' THEN 'object' ELSE 'number' END AS kind,
       replace({_back(f"{_keyed('k.content')} -> j.fullkey")}, '\\\\', '\\') AS value, e.run
FROM {_stands("FieldUnmapped")}
CROSS JOIN clew_content k ON k.digest = json_extract(CAST(e.body AS TEXT), '$.data.content')
CROSS JOIN json_each({_keyed("k.content")}) j
WHERE {_homeless(_KEY)}
UNION ALL
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record")}, j.value, 'erased',
       {_TOLD}, e.run
FROM {_stands("FieldUnmapped")}
{_erased("content")}
CROSS JOIN json_each({_text("e.body")}, '$.data.fields') j
WHERE {_homeless("j.value")}
"""
_REJECTED = f"""
WITH {_RETRIED}
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record", "error")}, e.run
FROM {_stands("RecordRejected")} WHERE {_WAITS}
"""
_REJECTED_VALUES = f"""
WITH {_RETRIED}
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record", "error")},
       CAST(k.content AS TEXT) AS fields, e.run
FROM {_stands("RecordRejected")}
CROSS JOIN clew_content k ON k.digest = json_extract(CAST(e.body AS TEXT), '$.data.content')
WHERE {_WAITS}
UNION ALL
SELECT e.position, {_MIGRATION}, {_of("e", "step", "subject", "record", "error")}, {_TOLD}, e.run
FROM {_stands("RecordRejected")}
{_erased("content")}
WHERE {_WAITS}
"""


def _counted(field: str, name: str, number: str) -> str:
    return f"""
SELECT e.position, {_of("e", "migration", "step", "batch")},
       j.key AS {name}, j.value AS {number}, e.run
FROM {_stands("RowsTransformed")} CROSS JOIN json_each({_text("e.body")}, '$.data.{field}') j
"""


_VIEWS = journal_views.VIEWS | {
    "standing": _STANDING,
    "conflicts": _CONFLICTS,
    "candidates": _CANDIDATES,
    "unmapped": _UNMAPPED,
    "unmapped_values": _UNMAPPED_VALUES,
    "rejected": _REJECTED,
    "rejected_values": _REJECTED_VALUES,
    "fates": _counted("fates", "fate", "count"),
    "targets": _counted("targets", "target", "count"),
}


def make(session: Session) -> None:
    """Make indexes and views anew, inside the open transaction.

    Raises:
        Refused: something else bears the name of a view.
    """
    for index in _INDEXES:
        session.run(index)
    row_index.make(session)
    for name in _VIEWS:
        _clear(session, f"clew_{name}")
    for name in names(session):
        session.run(f"CREATE VIEW clew_{name} AS {_VIEWS[name].strip()}")


def names(session: Session) -> tuple[str, ...]:
    """Name the views; in a file of UTF-16, SQL cannot read the bytes of an entry."""
    return tuple(_VIEWS) if session.value("PRAGMA encoding") == "UTF-8" else ()


def rows(session: Session, name: str) -> Iterator[Row]:
    """Yield the rows of a view in the order of its first column."""
    for batch in session.stream(f"SELECT * FROM clew_{name} ORDER BY 1"):
        yield from batch


def _clear(session: Session, name: str) -> None:
    kind = session.value("SELECT type FROM main.sqlite_master WHERE lower(name) = ?", (name,))
    if kind == "view":
        session.run(f"DROP VIEW main.{name}")
    elif kind is not None:
        raise Refused(
            f"expected {name} to be a view, found {kind} of that name",
            hint="Names that begin with clew_ are kept for the journal; rename it.",
        )
