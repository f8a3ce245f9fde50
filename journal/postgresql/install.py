"""The journal's own tables in schema ``clew``, and the functions that alone write to them.

Everything is append-only for everybody: triggers refuse UPDATE, DELETE and TRUNCATE, and only
the head row moves. A writer needs EXECUTE on the functions and SELECT, nothing else; the
functions run as their owner with a fixed ``search_path``.
"""

from __future__ import annotations

from collections.abc import Iterator

from journal.effect import FORMAT, JournalIdentity
from journal.errors import Refused, Tampered
from journal.postgresql import saved, views
from journal.postgresql.connection import Session
from journal.postgresql.images import settings

_TABLES = """
CREATE SCHEMA clew;
REVOKE ALL ON SCHEMA clew FROM PUBLIC;
CREATE TABLE clew.journal (
    id text NOT NULL, name text NOT NULL, database text NOT NULL, format integer NOT NULL
);
CREATE TABLE clew.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL,
    digest bytea NOT NULL
);
CREATE TABLE clew.entry (
    position bigint PRIMARY KEY, run text NOT NULL, type text NOT NULL, version integer NOT NULL,
    body bytea NOT NULL, previous bytea NOT NULL, digest bytea NOT NULL
);
CREATE INDEX entry_run ON clew.entry (run);
CREATE TABLE clew.content (digest text PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE clew.image (
    run text NOT NULL, number bigint NOT NULL, object bigint NOT NULL, event text NOT NULL,
    sign smallint NOT NULL, rows integer NOT NULL, digest bytea NOT NULL, chunk text[] NOT NULL,
    PRIMARY KEY (run, number)
);
INSERT INTO clew.head (position, digest) VALUES (0, decode(repeat('00', 32), 'hex'));
CREATE FUNCTION clew.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = '42501'; END $$;
"""

_FUNCTIONS = """
CREATE FUNCTION clew.take_head(OUT at bigint, OUT last bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$ UPDATE clew.head SET position = position RETURNING position, digest $$;

CREATE FUNCTION clew.follow() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    now_at bigint;
    now_digest bytea;
    wrong bigint;
BEGIN
    UPDATE clew.head SET position = position RETURNING position, digest INTO now_at, now_digest;
    SELECT min(e.position) INTO wrong
    FROM (
        SELECT position, previous, digest, now_at + row_number() OVER chain AS place,
               sha256('\\x00'::bytea || previous || body) AS found,
               lag(digest, 1, now_digest) OVER chain AS expected
        FROM appended WINDOW chain AS (ORDER BY position)
    ) e
    WHERE e.position <> e.place OR e.previous <> e.expected OR e.digest <> e.found;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not follow the head', wrong;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION clew.append(
    positions bigint[], runs text[], types text[], versions integer[], bodies bytea[],
    previouses bytea[], digests bytea[]
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
INSERT INTO clew.entry (position, run, type, version, body, previous, digest)
SELECT * FROM unnest(positions, runs, types, versions, bodies, previouses, digests);
UPDATE clew.head
SET position = positions[cardinality(positions)], digest = digests[cardinality(digests)];
$$;

CREATE FUNCTION clew.put_content(name text, stored bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    IF encode(sha256(stored), 'hex') <> name THEN
        RAISE EXCEPTION 'content does not match its digest';
    END IF;
    INSERT INTO clew.content VALUES (name, stored) ON CONFLICT DO NOTHING;
END $$;
"""

_IMAGES = """
CREATE FUNCTION clew.chunk_digest(
    event text, sign smallint, rows integer, chunk text[]
) RETURNS bytea LANGUAGE sql IMMUTABLE SET search_path = pg_catalog
AS $$ SELECT sha256(convert_to(
    event || CASE WHEN sign < 0 THEN '-' ELSE '+' END || rows::text || ':' || chunk::text, 'UTF8')) $$;

CREATE FUNCTION clew.put_image(
    run text, number bigint, object bigint, event text, sign smallint, rows integer, chunk text[]
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$ INSERT INTO clew.image
      VALUES (run, number, object, event, sign, rows, clew.chunk_digest(event, sign, rows, chunk), chunk)
$$;
"""

_IMAGE_ROWS = """
CREATE FUNCTION clew.image_rows(
    run text, object bigint, query text, event text, sign smallint
) RETURNS void LANGUAGE plpgsql {settings}
AS $$ BEGIN
    EXECUTE 'SELECT clew.put_image($1, nextval(''pg_temp.clew_number''), $2, $3, $4, q.n, q.chunk)'
        ' FROM (' || query || ') q(n, chunk)' USING run, object, event, sign;
END $$;
"""

_PRIVATE = (
    "clew.image_rows(text, bigint, text, text, smallint)",
    "clew.put_image(text, bigint, bigint, text, smallint, integer, text[])",
    "clew.take_head()",
    "clew.append(bigint[], text[], text[], integer[], bytea[], bytea[], bytea[])",
    "clew.put_content(text, bytea)",
)
_APPEND_ONLY = ("journal", "entry", "content", "image")


def identity(session: Session) -> JournalIdentity | None:
    """Return which journal stands here. Raises ``Refused`` for a newer layout."""
    if session.value("SELECT to_regclass('clew.journal')") is None:
        return None
    rows = session.query("SELECT id, name, database, format FROM clew.journal")
    if len(rows) != 1 or not isinstance(rows[0][3], int):
        raise Tampered("clew.journal, where the journal's name stands, does not hold its one row")
    id_, name, database, layout = rows[0]
    if layout > FORMAT:
        raise Refused(
            f"the journal has format {layout}, this release knows {FORMAT}",
            hint="Use the release of Clew that wrote it, or a newer one.",
        )
    return JournalIdentity(id=id_, name=name, database=database, format=layout)


def install(session: Session, who: JournalIdentity) -> None:
    """Create schema, tables, functions, triggers and views inside the open transaction."""
    session.run(_TABLES)
    session.run(_FUNCTIONS)
    session.run(_IMAGES)
    session.run(_IMAGE_ROWS.format(settings=settings()))
    for function in _PRIVATE:
        session.run(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    session.query(
        "INSERT INTO clew.journal VALUES (%s, %s, %s, %s)",
        (who.id, who.name, who.database, who.format),
    )
    for table in _APPEND_ONLY:
        session.run(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clew.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION clew.refuse()"
        )
    session.run(
        "CREATE TRIGGER follows AFTER INSERT ON clew.entry REFERENCING NEW TABLE AS appended"
        " FOR EACH STATEMENT EXECUTE FUNCTION clew.follow()"
    )
    session.run(
        "CREATE TRIGGER one_row BEFORE INSERT OR DELETE OR TRUNCATE ON clew.head"
        " FOR EACH STATEMENT EXECUTE FUNCTION clew.refuse()"
    )
    if _has_lz4(session):
        session.run("ALTER TABLE clew.image ALTER COLUMN chunk SET COMPRESSION lz4")
    saved.make(session)
    _close(session, _HELD)
    views.make(session)
    _close(session, _HELD_RELATIONS)


def _close(session: Session, held: str) -> None:
    """Take back what default privileges gave others: the journal is a copy of every secret."""
    for (revoke,) in session.query(held):
        session.run(revoke)


_HELD_RELATIONS = """
SELECT DISTINCT format('REVOKE ALL ON TABLE clew.%I FROM %s', c.relname,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'clew'::regnamespace AND c.relkind IN ('r', 'v', 'S')
AND a.grantee <> c.relowner
"""
_HELD = f"""
{_HELD_RELATIONS}
UNION ALL SELECT DISTINCT format('REVOKE ALL ON FUNCTION %s FROM %s', p.oid::regprocedure,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_catalog.pg_proc p, aclexplode(p.proacl) a
WHERE p.pronamespace = 'clew'::regnamespace AND a.grantee NOT IN (0, p.proowner)
UNION ALL SELECT DISTINCT format('REVOKE ALL ON SCHEMA clew FROM %s',
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_catalog.pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname = 'clew' AND a.grantee <> n.nspowner
"""
"""What others hold of the journal; functions that PUBLIC may run are meant to be so."""


def missing(session: Session) -> Iterator[str]:
    """Name the tables of the journal that are not there."""
    for name in ("head", "entry", "content", "image"):
        if session.value("SELECT to_regclass(%s)", (f"clew.{name}",)) is None:
            yield f"clew.{name}"


def unguarded(session: Session) -> Iterator[str]:
    """Name the tables of which a trigger that keeps them append-only is gone, or switched off."""
    on = session.query(
        "SELECT c.relname FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c"
        " ON c.oid = g.tgrelid WHERE g.tgenabled IN ('O', 'A')"
        " AND g.tgfoid = to_regprocedure('clew.refuse()') AND c.relname = ANY (%s)",
        ([*_APPEND_ONLY, "head"],),
    )
    open_to_forks = not session.value(_NO_FORKS)
    for name in (*_APPEND_ONLY, "head"):
        if (name,) not in on or (name == "entry" and open_to_forks):
            yield f"clew.{name}"


_NO_FORKS = """
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger
    WHERE tgrelid = to_regclass('clew.entry') AND tgenabled IN ('O', 'A')
    AND tgfoid = to_regprocedure('clew.follow()'))
OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint
    WHERE conrelid = to_regclass('clew.entry') AND contype = 'u')
"""
"""Older journals have a unique index over ``previous`` in the place of the trigger."""


def _has_lz4(session: Session) -> bool:
    return bool(
        session.value(
            "SELECT 'lz4' = ANY (enumvals) FROM pg_catalog.pg_settings"
            " WHERE name = 'default_toast_compression'"
        )
    )
