"""Doing a list of things whose order nobody knows for sure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from journal.errors import ChangedSince, ClewError, NotExact, StatementFailed
from journal.postgresql.connection import Session

Work = Callable[[], None]

ELSEWHERE = ("08", "40", "53", "57", "58", "XX")
"""Classes of errors that come from outside: waiting and trying again is no help."""


class Action(msgspec.Struct, frozen=True):
    """Something to do for one object; ``rank`` is where its turn is likely to be."""

    rank: float
    what: str
    work: Work


class Blocked(msgspec.Struct, frozen=True):
    """An action that the server refused so far."""

    action: Action
    error: StatementFailed


def attempt(session: Session, work: Work) -> StatementFailed | None:
    """Do something in an SQL savepoint; return the error, if the server refused it.

    Raises:
        StatementFailed: for reasons that have nothing to do with the order of things.
    """
    try:
        with session.point("clew_attempt"):
            work()
    except StatementFailed as error:
        if error.sqlstate[:2] in ELSEWHERE or error.sqlstate == "55P03":
            raise
        return error
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
    state = blocked.error.sqlstate
    message = f"{blocked.action.what} cannot come back: {blocked.error.message}"
    if state[:2] in ("22", "23"):
        return ChangedSince(message, hint="Rows written since stand in its way.")
    if state == "2BP01":
        return ChangedSince(message, hint="Something that the journal does not know depends on it.")
    return NotExact(message)
