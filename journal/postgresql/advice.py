"""What to do about errors that are nobody's SQL: a server that is full, busy, or going away."""

from __future__ import annotations

_STATES = {
    "25006": "The server or the database is open for reading only: who set it so, and why?",
    "25P03": "The server ends transactions that wait: raise idle_in_transaction_session_timeout.",
    "25P04": "The server ends long transactions: raise transaction_timeout for this role.",
    "40001": "Somebody else wrote at the same time; nothing was kept, so run it again.",
    "40P01": "Somebody else waited for this one in turn; nothing was kept, so run it again.",
    "53100": "The server's disk is full: make room there, then run it again.",
    "53200": "The server is out of memory: end other sessions, or give it more.",
    "53300": "The server has no connection left: end other sessions, or raise max_connections.",
    "53400": "A limit of the server was reached: raise temp_file_limit for this role, say.",
    "55P03": "Somebody holds a lock on the table; wait, or give --lock-timeout.",
    "57014": "Somebody cancelled it, or statement_timeout did: raise that for this role.",
    "57P01": "Somebody ended the session or the server; see whether it is up, and run it again.",
    "57P02": "The server crashed and recovers: wait until it is up, and run it again.",
    "57P03": "The server starts or stops: wait until it is up, and run it again.",
    "57P04": "The database was dropped meanwhile.",
}
_CLASSES = {
    "08": "The connection is gone: see whether the server is up, and run it again.",
    "58": "The server met an error of its system: look at its log.",
    "XX": "The server met an error of its own: look at its log.",
}


def advice(state: str) -> str:
    """Return what to do about an error of this SQLSTATE; empty where its words say all."""
    return _STATES.get(state) or _CLASSES.get(state[:2], "")
