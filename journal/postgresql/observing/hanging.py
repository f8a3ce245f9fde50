"""What hangs on what, as the server had it at the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.wholes import NAMED, held
from journal.postgresql.connection import Session

Edge = tuple[Key, Key]
"""An object, and one that it depends on."""

_EDGES = f"""
WITH d AS (
    SELECT classid, objid, refclassid, refobjid FROM pg_catalog.pg_depend
    WHERE deptype IN ('n', 'a', 'i', 'P', 'S') AND objid >= 16384 AND refobjid >= 16384
), m AS (SELECT classid, objid FROM d UNION SELECT refclassid, refobjid FROM d),
k AS (
    SELECT m.classid, m.objid,
        CASE m.classid {NAMED} WHEN 'pg_class'::regclass THEN
            CASE c.relkind WHEN 'c' THEN 'type' ELSE 'class' END
        WHEN 'pg_type'::regclass THEN CASE WHEN r.relkind <> 'c' THEN 'class' ELSE 'type' END
        WHEN 'pg_proc'::regclass THEN 'proc' WHEN 'pg_constraint'::regclass THEN 'constraint'
        WHEN 'pg_trigger'::regclass THEN 'trigger' WHEN 'pg_policy'::regclass THEN 'policy'
        WHEN 'pg_statistic_ext'::regclass THEN 'statistic_ext'
        WHEN 'pg_attrdef'::regclass THEN 'class'
        WHEN 'pg_rewrite'::regclass THEN CASE w.rulename WHEN '_RETURN' THEN 'class' ELSE 'rewrite' END
        ELSE m.classid::regclass::text END AS family,
        CASE m.classid {held("m.objid")} WHEN 'pg_class'::regclass THEN
            CASE c.relkind WHEN 'c' THEN c.reltype ELSE m.objid END
        WHEN 'pg_type'::regclass THEN CASE WHEN r.relkind <> 'c' THEN r.oid ELSE e.oid END
        WHEN 'pg_attrdef'::regclass THEN a.adrelid
        WHEN 'pg_rewrite'::regclass THEN
            CASE w.rulename WHEN '_RETURN' THEN w.ev_class ELSE m.objid END
        ELSE m.objid END AS oid
    FROM m
    LEFT JOIN pg_catalog.pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    LEFT JOIN pg_catalog.pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
    LEFT JOIN pg_catalog.pg_type e
        ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
    LEFT JOIN pg_catalog.pg_class r ON r.oid = e.typrelid AND e.typrelid <> 0
    LEFT JOIN pg_catalog.pg_rewrite w ON m.classid = 'pg_rewrite'::regclass AND w.oid = m.objid
    LEFT JOIN pg_catalog.pg_attrdef a ON m.classid = 'pg_attrdef'::regclass AND a.oid = m.objid
)
SELECT DISTINCT a.family, a.oid::int8, b.family, b.oid::int8
FROM d JOIN k a USING (classid, objid)
JOIN k b ON b.classid = d.refclassid AND b.objid = d.refobjid
WHERE (a.family, a.oid) <> (b.family, b.oid)
"""


def edges(session: Session) -> tuple[Edge, ...]:
    """Return what depends on what, among all that is not the server's own."""
    return tuple(((a, b), (c, d)) for a, b, c, d in session.query(_EDGES))


def hanging(found: Iterable[Edge], roots: Iterable[Key]) -> set[Key]:
    """Return what depends on any of these, at whatever distance."""
    above: dict[Key, list[Key]] = defaultdict(list)
    for dependent, on in found:
        above[on].append(dependent)
    seen: set[Key] = set()
    waiting = list(roots)
    while waiting:
        for key in above[waiting.pop()]:
            if key not in seen:
                seen.add(key)
                waiting.append(key)
    return seen
