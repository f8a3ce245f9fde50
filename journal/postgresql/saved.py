"""Saved folds in schema ``clew``: written through a function that looks at their shape."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.connection import Session
from journal.saved import SavedFold, surplus

_TABLE = """
CREATE TABLE IF NOT EXISTS clew.saved (
    name text NOT NULL, layout integer NOT NULL, position bigint NOT NULL, digest bytea NOT NULL,
    state bytea NOT NULL, sum bytea NOT NULL, vouched bigint NOT NULL, PRIMARY KEY (name, position)
)"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION clew.save_fold(
    fold text, version integer, at bigint, entry bytea, content bytea, vouching bigint,
    surplus bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    IF fold !~ '^[a-z-]{1,40}$' OR octet_length(content) > 100000000 THEN
        RAISE EXCEPTION 'no saved fold has such a shape';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM clew.entry e WHERE e.position = at AND e.digest = entry) THEN
        RAISE EXCEPTION 'no entry of this digest at position %', at;
    END IF;
    DELETE FROM clew.saved s
    WHERE s.name = fold AND (s.position = ANY (surplus) OR s.position = at OR s.layout < version);
    INSERT INTO clew.saved VALUES (fold, version, at, entry, content, sha256(content), vouching);
END $$;
"""
FUNCTION = "clew.save_fold(text, integer, bigint, bytea, bytea, bigint, bigint[])"


def make(session: Session) -> None:
    """Make table and function where they are not there, and empty the table; grants stay."""
    new = session.value("SELECT to_regclass('clew.saved')") is None
    session.run(_TABLE)
    session.run(_FUNCTION)
    if new:
        session.run(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    session.run("DELETE FROM clew.saved")


def there(session: Session) -> bool:
    """Tell whether this journal keeps saved folds that this role may read."""
    return bool(
        session.value(
            "SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c"
            " WHERE c.oid = to_regclass('clew.saved')"
        )
    )


def find(session: Session, name: str, layout: int, last: int) -> SavedFold | None:
    """Return the newest one at or before ``last`` that stands on an entry of this journal."""
    if not there(session):
        return None
    for position, digest, state, checked, vouched in session.query(
        "SELECT s.position, s.digest, s.state, s.sum, s.vouched FROM clew.saved s"
        " JOIN clew.entry e ON e.position = s.position AND e.digest = s.digest"
        " WHERE s.name = %b AND s.layout = %b AND s.position <= %b"
        " ORDER BY s.position DESC LIMIT 1",
        (name, layout, last),
    ):
        found = SavedFold(
            name=name,
            layout=layout,
            position=position,
            digest=bytes(digest),
            state=bytes(state),
            vouched=vouched,
        )
        return found if found.sum == bytes(checked) else None
    return None


def put(session: Session, one: SavedFold, kept: int) -> None:
    """Store one in the place of any other there, and let go of those that are too many."""
    rows = session.query("SELECT position FROM clew.saved WHERE name = %s", (one.name,))
    gone = surplus(sorted({*(row[0] for row in rows), one.position}), kept)
    session.query(
        "SELECT clew.save_fold(%b, %b::integer, %b::bigint, %b, %b, %b::bigint, %b::bigint[])",
        (one.name, one.layout, one.position, one.digest, one.state, one.vouched, gone),
    )


def every(session: Session) -> Iterator[tuple[SavedFold, object]]:
    """Yield each with the sum that stands beside it, by position."""
    if not there(session):
        return
    for position, name in session.query(
        "SELECT position, name FROM clew.saved ORDER BY position, name"
    ):
        for row in session.query(
            "SELECT layout, digest, state, vouched, sum FROM clew.saved"
            " WHERE name = %s AND position = %s",
            (name, position),
        ):
            one = SavedFold(
                name=name,
                layout=row[0],
                position=position,
                digest=bytes(row[1]),
                state=bytes(row[2]),
                vouched=row[3],
            )
            yield one, bytes(row[4])
