"""The roles of the suite's server, all made before the first test.

Roles and their memberships are the server's, not a database's: a record that runs while another
worker makes or grants one finds that change. So no test makes, grants or drops a role.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "clew_owner"
PASSWORD = "clew"
OTHER = "clew_other"
ODD = 'Od"d =/ro*le ☃'
PLAIN = "clew_plain"
"""What the owner may, but for making databases."""
STRANGER = "clew_stranger"
"""May connect, and nothing else; what it is given within a database goes with that."""

OPERATIONS = ("clew_keeper", "clew_writer", "clew_reader", "clew_auditor", "clew_monitor")
"""The roles of docs/operations.md."""

_MADE = {OWNER: "LOGIN CREATEDB", OTHER: "", ODD: "", PLAIN: "LOGIN", STRANGER: "LOGIN"}
_MADE |= dict.fromkeys(OPERATIONS, "LOGIN")
_MEMBERS = {OTHER: OWNER, ODD: OWNER, OWNER: PLAIN}


def make_roles(admin: str) -> None:
    """Make the roles that are not there; workers that start together do so one after another."""
    with psycopg.connect(admin) as db:
        db.execute("SELECT pg_advisory_xact_lock(7201)")
        known = {name for (name,) in db.execute("SELECT rolname FROM pg_roles")}
        if known.issuperset(_MADE):
            return
        for role in sorted(_MADE.keys() - known):
            made = sql.SQL(f"CREATE ROLE {{}} {_MADE[role]} PASSWORD {{}}")
            db.execute(made.format(sql.Identifier(role), PASSWORD))
        for role, member in _MEMBERS.items():
            grant = sql.SQL("GRANT {} TO {}")
            db.execute(grant.format(sql.Identifier(role), sql.Identifier(member)))
