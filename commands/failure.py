"""How a failed run is told: in the entry without user data, in the content in full."""

from __future__ import annotations

import re

from msgspec.structs import replace

from commands.opening import Asker
from journal.errors import CheckFailed, ClewError, StatementFailed, StillUsed
from journal.events import RunFailed
from journal.secrets import hide_in_sql
from journal.store import Journal, text_digest
from journal.values import Statement

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LITERAL = re.compile(r"\"[^\"]*'[^\"]*\"|'[^']*'")
_DATA = ("22", "SQLITE_MISMATCH")
_LOCKED = "55P03"
_OWN = ("P0", "SQLITE_CONSTRAINT_TRIGGER")


def public_message(error: BaseException) -> str:
    """Return one line about an error that holds no value of a row.

    Messages about values lose what they quote; what the migration's own code raises is kept
    for the content.
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted by the operator"
    text = error.message if isinstance(error, ClewError) else f"{type(error).__name__}: {error}"
    line = text.splitlines()[0].strip() if text.strip() else type(error).__name__
    state = error.sqlstate if isinstance(error, StatementFailed) else ""
    if state.startswith(_OWN):
        return "an error raised by code in the database"
    if state.startswith(_DATA):
        return _QUOTED.sub('"..."', line)
    return _LITERAL.sub('"..."', line)


def whole_message(error: BaseException) -> str:
    """Return all that the database said, values of rows included: for the content only."""
    said = [str(error) or type(error).__name__]
    if isinstance(error, StatementFailed) and error.__cause__ is not None:
        said.append(str(error.__cause__))
    return "\n".join(said)


def name_holders(journal: Journal, error: BaseException) -> None:
    """Say in the hint of an error who held the lock that was waited for, where it can be told."""
    if isinstance(error, StatementFailed) and error.sqlstate == _LOCKED:
        holders = journal.database.holders()
        if holders:
            error.hint = f"Wait, give --lock-timeout, or end it: {'; '.join(holders)}."


def record_failure(
    journal: Journal,
    error: BaseException,
    *,
    run: str,
    asker: Asker,
    statement: Statement | None = None,
    sql: str = "",
    stayed: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    changed: str = "",
) -> None:
    """Append RunFailed in a transaction of its own, with the statement and the whole message.

    Checks that failed come before it, with what they found. Passwords in the statement's OPTIONS
    are kept nowhere: it left nothing that could be taken back.

    ``changed`` is the text that lists rows written since, where they were refused.
    """
    said, sql = hide_in_sql(whole_message(error)), hide_in_sql(sql)
    if statement is not None:
        statement = replace(statement, digest=text_digest(sql))
    failed = RunFailed(
        error=public_message(error),
        sqlstate=error.sqlstate if isinstance(error, StatementFailed) else "",
        statement=statement,
        stayed=stayed,
        notes=notes,
        changed=text_digest(changed) if changed else "",
        output=text_digest(said),
    )
    texts = [said, *([changed] if changed else []), *([] if statement is None else [sql])]
    checks = error.checks if isinstance(error, CheckFailed | StillUsed) else ()
    journal.append(*checks, failed, run=run, actor=asker.actor, texts=texts)
