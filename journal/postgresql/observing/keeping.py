"""What is kept of an observation, in tables of the journal's own, until it has been told.

``clew.observing`` holds how things stood at the start, and what was copied since. A copy is a
table ``clew.kept_...`` of texts, so that nothing of it depends on types of the user's.
"""

from __future__ import annotations

import hashlib

import msgspec

from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.identities import Named
from journal.postgresql.connection import Session, quote
from journal.postgresql.observing.hanging import Edge
from journal.postgresql.observing.unread import Unread
from journal.postgresql.staging import laid_out
from journal.values import SchemaObject, SequenceState

_TABLE = """
CREATE TABLE IF NOT EXISTS clew.observing (
    run text NOT NULL, what text NOT NULL, body bytea NOT NULL, PRIMARY KEY (run, what)
)
"""
_START = "start"
CLOSING = """
DO $clew$ DECLARE one text; BEGIN
    FOR one IN SELECT DISTINCT format('REVOKE ALL ON TABLE clew.%I FROM %s', c.relname,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
        FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'clew'::regnamespace AND c.relkind = 'r'
          AND (c.relname = 'observing' OR starts_with(c.relname, 'kept_'))
          AND a.grantee <> c.relowner
    LOOP EXECUTE one; END LOOP;
END $clew$
"""
"""Takes back what default privileges gave others of the journal's tables."""


class KeptObject(msgspec.Struct, frozen=True, array_like=True):
    """Where the server kept an object at the start, and its columns' identities by number."""

    key: Key
    unit: Key
    identity: int
    columns: dict[int, int]


class KeptTable(msgspec.Struct, frozen=True, array_like=True):
    """A table, or a materialised view, at the start: what was written so far, and its file."""

    oid: int
    identity: int
    written: tuple[int, int, int]
    filenode: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How things stood when an observation began.

    ``snapshot`` names the exported snapshot and ``floor`` is the oldest transaction that it
    does not see; ``keeper`` is the process that holds it, and when that began.
    """

    run: str
    snapshot: str
    floor: int
    keeper: int
    keeper_began: str
    since: str
    objects: tuple[KeptObject, ...]
    tables: tuple[KeptTable, ...]
    places: dict[int, SequenceState]
    hangs: tuple[Edge, ...]
    unread: tuple[Unread, ...] = ()

    def oid(self, identity: int) -> int:
        """Return the oid that a table, or a materialised view, had at the start."""
        return next(one.oid for one in self.tables if one.identity == identity)

    def named(self, schema: dict[int, SchemaObject]) -> dict[Key, Named]:
        """Return the objects of the start where the server kept them."""
        return {
            one.key: Named(schema[one.identity], one.unit, one.columns)
            for one in self.objects
            if one.identity in schema
        }


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """All or some rows of a table as of the snapshot, and how they are laid out.

    ``whole`` tells that all rows are there; else only those that may have changed, each with its
    place. ``digest`` is that of a materialised view, of which there are no rows. ``unknown``
    tells why a table's rows could not be copied.
    """

    oid: int
    identity: int
    name: str = ""
    columns: tuple[int, ...] = ()
    key: tuple[int, ...] = ()
    long: tuple[int, ...] = ()
    whole: bool = True
    digest: str | None = None
    unknown: str = ""


def install(session: Session) -> None:
    """Make the table that holds what is kept, unless it is there."""
    if session.value("SELECT to_regclass('clew.observing')") is None:
        session.run(_TABLE)
        session.run(CLOSING)


def rows_of(copy: Copy) -> str:
    """Return what stands in FROM for the rows of a copy, columns ``c<identity>``."""
    return laid_out(copy.name, copy.columns)


def name_of(run: str, oid: int, *, whole: bool = True) -> str:
    """Return the name of the table that holds a copy."""
    return f"{_prefix(run)}{'all' if whole else 'part'}_{oid}"


def _prefix(run: str) -> str:
    return f"kept_{hashlib.sha256(run.encode()).hexdigest()[:12]}_"


def put_start(session: Session, kept: Kept) -> None:
    """Store how things stand at the start."""
    session.query(
        "INSERT INTO clew.observing VALUES (%s, %s, %s)",
        (kept.run, _START, msgspec.json.encode(kept)),
    )


def start(session: Session, run: str) -> Kept | None:
    """Return how things stood at the start; ``None`` where nothing is kept."""
    if session.value("SELECT to_regclass('clew.observing')") is None:
        return None
    body = session.value(
        "SELECT body FROM clew.observing WHERE run = %s AND what = %s", (run, _START)
    )
    return None if body is None else msgspec.json.decode(bytes(body), type=Kept)


def runs(session: Session) -> tuple[str, ...]:
    """Name the runs of which something is kept, the oldest first."""
    if session.value("SELECT to_regclass('clew.observing')") is None:
        return ()
    rows = session.query("SELECT run FROM clew.observing WHERE what = %s ORDER BY ctid", (_START,))
    return tuple(run for (run,) in rows)


def putting(run: str, copy: Copy) -> str:
    """Return the statement that notes a copy."""
    body = msgspec.json.encode(copy).hex()
    said = run.replace("'", "''")
    what = f"{'copy' if copy.whole else 'part'} {copy.oid}"
    return f"INSERT INTO clew.observing VALUES ('{said}', '{what}', '\\x{body}')"


def copies(session: Session, run: str) -> dict[int, Copy]:
    """Return the copies of a run by the oid of the table; whole ones before others."""
    rows = session.query(
        "SELECT body FROM clew.observing WHERE run = %s AND what <> %s ORDER BY what DESC",
        (run, _START),
    )
    found = (msgspec.json.decode(bytes(body), type=Copy) for (body,) in rows)
    return {one.oid: one for one in found}


def forget_suspects(session: Session, run: str) -> None:
    """Drop the copies of what an earlier telling suspected: more may have changed since."""
    for copy in copies(session, run).values():
        if not copy.whole:
            session.run(f"DROP TABLE {copy.name}")
    session.query("DELETE FROM clew.observing WHERE run = %s AND what LIKE 'part %%'", (run,))


def drop(session: Session, run: str) -> None:
    """Drop all that is kept of a run."""
    if session.value("SELECT to_regclass('clew.observing')") is None:
        return
    names = session.query(
        "SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind = 'r'"
        " AND c.relnamespace = 'clew'::regnamespace AND starts_with(c.relname, %s)",
        (_prefix(run),),
    )
    for (name,) in names:
        session.run(f"DROP TABLE clew.{quote(name)}")
    session.query("DELETE FROM clew.observing WHERE run = %s", (run,))
