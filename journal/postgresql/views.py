"""Views over the journal in schema ``clew``, for whoever asks with SQL: how they are made.

Views of names and counts are read with their owner's rights, so a role needs nothing but SELECT on
them. Views of values are read with the reader's own rights, so they show nothing to a role that
may not read the content table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from journal.errors import Refused, StatementFailed
from journal.postgresql import findings, journal_views, row_index
from journal.postgresql.connection import Row, Session

_OTHER_COLUMNS = ("42P16", "42P13")
"""States in which a view or function cannot be replaced, only made anew."""
_LOG_COLUMNS = "position, run, type, recorded_at, actor, evidence, data::text"
"""JSON as it is written: a driver would make numbers of it that are not the same."""

_VIEWS = {
    name: (query, "security_barrier")
    for name, query in (journal_views.VIEWS | findings.NAMES).items()
} | {name: (query, "security_invoker") for name, query in findings.VALUES.items()}
"""Each view's query and option, those first that others stand on."""

_GRANTS = """
SELECT format('GRANT %%s ON clew.%%I TO %%s%%s', a.privilege_type, c.relname,
              CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = to_regnamespace('clew') AND c.relkind = 'v' AND c.relname = ANY (%s)
  AND a.grantee <> c.relowner
"""


def make(session: Session) -> None:
    """Make indexes, functions and views anew, inside the open transaction; grants stay.

    Raises:
        Refused: something else bears the name of a view, or stands on one.
    """
    for index in findings.INDEXES:
        session.run(index)
    row_index.make(session)
    try:
        with session.point():
            _replace(session)
    except StatementFailed as error:
        if error.sqlstate not in _OTHER_COLUMNS:
            _refuse(error)
        _anew(session)


def names() -> tuple[str, ...]:
    """Name the views."""
    return tuple(_VIEWS)


def rows(session: Session, name: str) -> Iterator[Row]:
    """Yield the rows of a view in the order of its first column."""
    columns = "*" if name != "log" else _LOG_COLUMNS
    yield from session.stream(f"SELECT {columns} FROM clew.{name} ORDER BY 1")


def _replace(session: Session) -> None:
    session.run("DROP FUNCTION IF EXISTS clew.capture()")  # it ran whatever a writer gave it
    for name, sql in findings.FUNCTIONS.items():
        session.run(sql)
        session.run(f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC")
    for name, (query, option) in _VIEWS.items():
        session.run(f"CREATE OR REPLACE VIEW clew.{name} WITH ({option} = true) AS {query.strip()}")


def _anew(session: Session) -> None:
    """Drop and make again what cannot be replaced, and grant what was granted."""
    every = tuple(_VIEWS)
    grants = session.query(_GRANTS, (list(every),))
    try:
        for name in reversed(every):
            session.run(f"DROP VIEW IF EXISTS clew.{name}")
        for name in reversed(findings.FUNCTIONS):
            session.run(f"DROP FUNCTION IF EXISTS {name}")
        _replace(session)
    except StatementFailed as error:
        _refuse(error)
    for (grant,) in grants:
        session.run(grant)


def _refuse(error: StatementFailed) -> NoReturn:
    if error.sqlstate == "42809":
        raise Refused(
            f"expected a view, found that {error.message}", hint="Rename what stands there."
        ) from error
    if error.sqlstate == "2BP01":
        hint = "Drop what stands on the view, and make it again afterwards."
        raise Refused(error.message, hint=hint) from error
    raise error
