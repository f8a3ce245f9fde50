"""Passwords in the options of foreign data stand in no entry, log, answer or error."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from commands.cli.main import run
from tests.support.server import Server

SECRET = "hunter-2-secret"
THERE = f"""
create foreign data wrapper paper;
create server vault foreign data wrapper paper options (host 'a.example', password '{SECRET}');
create server plain foreign data wrapper paper options (host 'a.example');
create foreign table letter (a integer options (api_key '{SECRET}')) server plain
    options (uri 'ftp://u:{SECRET}@a.example/x');
create user mapping for public server plain options (user 'u', password '{SECRET}');
"""
REFUSED = (
    (f"create server more foreign data wrapper paper options (pwd '{SECRET}');", "secret-option"),
    (f"alter server vault options (set password 'x{SECRET}');", "secret-option"),
    (f"alter server plain options (add passwd '{SECRET}');", "secret-option"),
    (f"alter server plain options (set password '{SECRET}');", ""),
    (f"create foreign table t (a integer) server plain options (token '{SECRET}');", "secret-opt"),
    (f"create user mapping for postgres server plain options (password '{SECRET}');", "mapping"),
    (f"alter user mapping for public server plain options (set password 'x{SECRET}');", "mapping"),
    ("drop server plain cascade;", "mapping"),
    ("drop server vault;", "secret-option"),
)
DRIFT = f"""
alter server vault options (set password 'y{SECRET}', add pass '{SECRET}');
alter server plain version '2' options (add secret '{SECRET}');
"""


@pytest.fixture
def url(postgresql_url: str, server: Server) -> str:
    """A database of a superuser's, with passwords in options."""
    name = make_url(postgresql_url).database
    found = make_url(server.admin).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(found, autocommit=True) as session:
        session.execute(THERE)  # type: ignore[arg-type]
    return found


def kept(url: str) -> dict[str, bytes]:
    """Return all that the journal's tables and views hold, as bytes."""
    found: dict[str, bytes] = {}
    with psycopg.connect(url, autocommit=True) as session:
        tables = session.execute(
            "select relname from pg_class where relnamespace = 'clew'::regnamespace"
            " and relkind in ('r', 'v', 'm')"
        ).fetchall()
        for (table,) in tables:
            columns = session.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
                " and not attisdropped",
                (f"clew.{table}",),
            ).fetchall()
            for (column,) in columns:
                query = sql.SQL("select string_agg(convert_to({0}::text, 'UTF8'), '') from {1}")
                if column in ("body", "content", "chunk", "payload"):
                    query = sql.SQL("select string_agg({0}::text::bytea, '') from {1}")
                name = sql.Identifier(column), sql.Identifier("clew", table)
                row = session.execute(query.format(*name)).fetchone()
                found[f"{table}.{column}"] = bytes(row[0] or b"") if row else b""
    return found


def test_no_password_is_kept(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused, drifts, is accepted and is looked at leaves no trace of a password."""
    monkeypatch.chdir(tmp_path)
    Path("migrations").mkdir()

    def type_(*words: str, code: int) -> str:
        found = run(["--db", url, *words])
        out, err = capfd.readouterr()
        said = out + err
        assert found == code, said
        assert SECRET not in said
        return said

    type_("init", code=0)
    for number, (statement, name) in enumerate(REFUSED):
        path = Path("migrations") / f"{number:04}.sql"
        path.write_text(statement, encoding="utf-8")
        assert name in type_("apply", code=3 if name else 5)
        path.unlink()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(DRIFT)  # type: ignore[call-overload]
    type_("check", code=1)
    type_("accept", "--reason", "by hand", code=0)
    for verb in ("check", "status", "log", "schema", "verify"):
        type_(verb, code=0)
    for position in range(1, 2 * len(REFUSED)):
        type_("show", str(position), code=0)
    leaks = [where for where, held in kept(url).items() if SECRET.encode() in held]
    assert leaks == []
