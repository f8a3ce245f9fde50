"""Doing a list of things whose order nobody knows for sure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg

from journal.errors import ChangedSince, ClewError, NotExact
from journal.postgresql.catalog.found import Session

Work = Callable[[], None]


class Action(msgspec.Struct, frozen=True):
    """Something to do for one object; ``rank`` is where its turn is likely to be."""

    rank: float
    what: str
    work: Work


class Blocked(msgspec.Struct, frozen=True):
    """An action that the server refused so far."""

    action: Action
    error: BaseException


def attempt(session: Session, work: Work) -> psycopg.Error | None:
    """Do something in an SQL savepoint; the error, if the server refused it."""
    session.run("savepoint clew_attempt")
    try:
        work()
    except psycopg.Error as error:
        session.run("rollback to savepoint clew_attempt")
        session.run("release savepoint clew_attempt")
        return error
    session.run("release savepoint clew_attempt")
    return None


def work_through(session: Session, actions: list[Action]) -> tuple[int, list[Blocked]]:
    """Do all that can be done, again and again while that helps; what stays is returned."""
    waiting = sorted(actions, key=lambda action: action.rank)
    done = 0
    while waiting:
        blocked = []
        for action in waiting:
            error = attempt(session, action.work)
            if error is None:
                done += 1
            else:
                blocked.append(Blocked(action, error))
        if len(blocked) == len(waiting):
            return done, blocked
        waiting = [one.action for one in blocked]
    return done, []


def refusal(blocked: Blocked) -> ClewError:
    """Return the error that says why an action was never possible."""
    error: Any = blocked.error
    state = getattr(error, "sqlstate", None) or ""
    diagnosis = getattr(error, "diag", None)
    reason = (getattr(diagnosis, "message_primary", None) or str(error)).splitlines()[0]
    detail = getattr(diagnosis, "message_detail", None)
    message = f"{blocked.action.what} cannot come back: {reason}"
    if detail:
        message += f" ({detail.splitlines()[0].rstrip('.')})"
    if state[:2] in ("22", "23"):
        return ChangedSince(message, hint="Rows written since stand in its way.")
    if state == "2BP01":
        return ChangedSince(message, hint="Something that the journal does not know depends on it.")
    return NotExact(message)
