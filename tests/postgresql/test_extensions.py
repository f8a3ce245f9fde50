"""Extensions of our own making: what their scripts do decides whether they come back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from journal.errors import ChangedSince, NotExact, NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

SETTINGS = """
create table setting (name text primary key, value text, of int default 3);
create sequence ticket;
insert into setting values ('a', '1'), ('b', '2');
select setval('ticket', 41);
select pg_extension_config_dump('setting', 'where name <> ''a''');
grant select on setting to clew_other;
create view told as select * from setting;
"""

SCRIPTS = {
    "settings--1.0": SETTINGS,
    "settings--1.0--1.1": "alter table @extschema@.setting add more text;"
    " insert into @extschema@.setting values ('c', '3');",
    "settings--1.1--1.0": "delete from @extschema@.setting where name = 'c';"
    " drop view @extschema@.told; alter table @extschema@.setting drop more;"
    " create view @extschema@.told as select name, value, of from @extschema@.setting;",
    "settings--1.0--1.2": "create function @extschema@.added() returns int language sql"
    " as 'select 1';",
    "changing--1.0": "create table drawn (n float8); insert into drawn values (random());",
    "writing--1.0": "insert into public.person values (99, 'script');",
    "altering--1.0": "alter table public.person add column if not exists scripted integer;",
    "fixed--1.0": "create function inside() returns int language sql as 'select 1';",
    "leaving--1.0": "create function @extschema@.stays() returns int language sql as 'select 1';",
    "leaving--1.0--1.1": "alter extension leaving drop function @extschema@.stays();",
}
CONTROL = {"fixed": "schema = fixed_place\n"}

BASE = """
create table person (id integer primary key, name text);
insert into person values (1, 'Ada');
"""


@pytest.fixture
def scripts() -> Iterator[Path]:
    """A directory of extensions that the server may read."""
    home = Path(tempfile.mkdtemp(prefix="clew-extensions-"))
    home.chmod(0o755)
    place = home / "extension"
    place.mkdir(mode=0o755)
    for name, text in SCRIPTS.items():
        (place / f"{name}.sql").write_text(text)
        extension = name.split("--")[0]
        (place / f"{extension}.control").write_text(
            f"default_version = '1.0'\nrelocatable = false\n{CONTROL.get(extension, '')}"
        )
    yield home
    shutil.rmtree(home)


@pytest.fixture
def url(server: Server, postgresql_url: str, scripts: Path) -> str:
    """A database of a superuser's whose server finds the extensions."""
    url = make_url(server.admin).set(database=make_url(postgresql_url).database)
    with psycopg.connect(server.admin, autocommit=True) as db:
        if db.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 looks for extensions where it is told")
        db.execute(
            sql.SQL("alter database {} set extension_control_path = {}").format(
                sql.Identifier(str(url.database)), sql.Literal(f"{scripts}:$system")
            )
        )
    return url.render_as_string(hide_password=False)


def there_and_back(url: str, base: str, statement: str) -> None:
    """Run a statement, take it back, forth and back again, and hold each to the oracle."""
    run = Run(url, BASE + base)
    before = fingerprint(url)
    done = run.do(statement)
    after = fingerprint(url)
    undone = run.undo(done)
    assert fingerprint(url) == before
    redone = run.undo(undone)
    assert fingerprint(url) == after
    run.undo(redone)
    assert fingerprint(url) == before
    run.database.close()


@pytest.mark.parametrize(
    ("base", "statement"),
    [
        ("", "create extension settings"),
        ("", "create extension settings version '1.1'"),
        ("", "create extension fixed"),
        ("", "create extension altering"),
        ("create extension settings;", "drop extension settings"),
        ("create extension settings;", "alter extension settings update to '1.1'"),
        ("create extension settings version '1.1';", "alter extension settings update to '1.0'"),
        ("create extension settings;", "alter extension settings update to '1.2'"),
        (
            "create extension settings; create view seen as select name from setting;",
            "alter extension settings update to '1.2'",
        ),
        (
            "create extension settings; update setting set value = '9';",
            "alter extension settings update to '1.1'",
        ),
        ("create extension fixed;", "drop extension fixed"),
        ("create extension fixed;", "drop schema fixed_place cascade"),
    ],
)
def test_there_and_back(url: str, base: str, statement: str) -> None:
    """Members come back with the rows and places that their script gives them."""
    there_and_back(url, base, statement)


@pytest.mark.parametrize(
    ("base", "statement", "name"),
    [
        ("", "create extension changing", "extension-rows"),
        ("", "create extension writing", "extension"),
        (
            "create extension settings; insert into setting values ('z', '26');",
            "drop extension settings",
            "extension-rows",
        ),
        (
            "create extension settings; select nextval('ticket');",
            "drop extension settings",
            "extension-rows",
        ),
        (
            "create extension settings; alter table setting add own text;",
            "drop extension settings",
            "extension",
        ),
        (
            "create extension settings; create index on setting (value);",
            "drop extension settings",
            "extension",
        ),
        (
            "create extension leaving;",
            "alter extension leaving update to '1.1'",
            "extension-member",
        ),
    ],
)
def test_refused(url: str, base: str, statement: str, name: str) -> None:
    """What the way back would not bring is refused, and nothing is changed."""
    run = Run(url, BASE + base)
    before = fingerprint(url)
    with pytest.raises(NotKnownExact) as refused:
        run.do(statement)
    assert refused.value.name == name
    run.database.abort()
    assert fingerprint(url) == before
    run.database.close()


def test_version_gone_at_once(url: str, scripts: Path) -> None:
    """An extension whose scripts the server has no more is not dropped."""
    run = Run(url, BASE + "create extension settings;")
    for file in (scripts / "extension").glob("settings*"):
        file.unlink()
    with pytest.raises(NotKnownExact, match="no more") as refused:
        run.do("drop extension settings")
    assert refused.value.name == "extension"
    run.database.close()


def test_version_gone_since(url: str, scripts: Path) -> None:
    """A drop whose scripts have gone since is not half taken back."""
    run = Run(url, BASE + "create extension settings; create view seen as select * from told;")
    done = run.do("drop extension settings cascade")
    after = fingerprint(url)
    for file in (scripts / "extension").glob("settings*"):
        file.unlink()
    with pytest.raises(NotExact, match="settings cannot come back"):
        run.undo(done)
    run.database.abort()
    assert fingerprint(url) == after
    run.database.close()


def test_scripts_changed_since(url: str, scripts: Path) -> None:
    """A script that makes something else under the same version is found out."""
    run = Run(url, BASE + "create extension settings;")
    done = run.do("drop extension settings")
    after = fingerprint(url)
    script = scripts / "extension" / "settings--1.0.sql"
    script.write_text(SETTINGS.replace("default 3", "default 4"))
    with pytest.raises(NotExact, match="belongs to extension settings did not come back"):
        run.undo(done)
    run.database.abort()
    assert fingerprint(url) == after
    run.database.close()


@pytest.mark.parametrize(
    "change",
    [
        "insert into setting values ('z', '26')",
        "alter function added() cost 7",
        "grant update on setting to clew_other",
        "create index on setting (value)",
    ],
)
def test_changed_since(url: str, change: str) -> None:
    """What somebody changed about members since is not dropped with them."""
    run = Run(url, BASE)
    done = run.do("create extension settings version '1.2'")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(change.encode())
    with pytest.raises(ChangedSince, match="belongs to extension settings was changed since"):
        run.undo(done)
    run.database.abort()
    run.undo(done, "overwrite")
    run.database.close()


def test_used_since(url: str) -> None:
    """What somebody built on an extension since stands in the way of taking it back."""
    run = Run(url, BASE)
    done = run.do("create extension hstore")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("create table bag (attrs hstore)")
    with pytest.raises(ChangedSince, match="other objects depend on it"):
        run.undo(done)
    run.database.close()
