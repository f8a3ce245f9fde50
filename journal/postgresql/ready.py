"""Whether a session may be written through, and reads statements as we do."""

from __future__ import annotations

from journal.errors import Refused, StatementFailed
from journal.postgresql.connection import Session

_ASKED = """
SELECT pg_catalog.pg_is_in_recovery(), s.reset_val = 'on',
    pg_catalog.current_setting('standard_conforming_strings') = 'on'
FROM pg_catalog.pg_settings s WHERE s.name = 'default_transaction_read_only'
"""


def refuse_unready(session: Session) -> None:
    """Look before a transaction for writing.

    Whoever set a database or a role to be read only (a provider whose disk is nearly full, say)
    is not passed over; what a migration sets for its own session is its own affair.

    Raises:
        Refused: it is for reading only, or backslashes escape in plain strings.
    """
    ((standby, read_only, plain),) = session.query(_ASKED)
    if standby:
        raise Refused(
            "the server is a standby, which can only be read",
            hint="Name the primary server; most verbs that read work here.",
        )
    if read_only:
        raise Refused(
            "the database can only be read: default_transaction_read_only is on",
            hint="Who switched it on, and why? PGOPTIONS='-c default_transaction_read_only=off'"
            " passes over it.",
        )
    if not plain:
        raise Refused(
            "standard_conforming_strings is off, so strings are not what they say",
            hint="Switch it on for the role or the database, and write E'...' for escapes.",
        )


def begin_with_temporary(session: Session) -> None:
    """Open a transaction for a temporary table of ours, whatever transactions are by default.

    Raises:
        Refused: the server is a standby, which has no temporary tables.
    """
    try:
        session.run("BEGIN READ WRITE")
    except StatementFailed as error:
        if error.sqlstate != "0A000":
            raise
        raise Refused(
            "rows of the past need a temporary table, which a standby has none of",
            hint="Name the primary server; most verbs that read work here.",
        ) from error
