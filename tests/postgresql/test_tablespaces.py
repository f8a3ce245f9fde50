"""Tables and indexes in a tablespace of their own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from journal.errors import NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

pytestmark = pytest.mark.listed

SPACE = '"clew ""space"""'
BASE = f"""
create table person (id integer primary key, name text, note text);
insert into person select i, 'p' || i, repeat('x', i * 100) from generate_series(1, 30) i;
create index person_name on person (name);
create view names as select name from person;
create table far (id integer primary key using index tablespace {SPACE}, name text) tablespace {SPACE};
insert into far select i, 'f' || i from generate_series(1, 30) i;
create index far_name on far (name) tablespace {SPACE};
create materialized view counted tablespace {SPACE} as select count(*) as n from far;
create table part (id integer, at date) partition by range (at) tablespace {SPACE};
create table part_1 partition of part for values from ('2024-01-01') to ('2025-01-01');
create table part_2 partition of part default tablespace pg_default;
insert into part select i, date '2024-12-01' + i from generate_series(1, 60) i;
"""

STATEMENTS = [
    f"alter table person set tablespace {SPACE}",
    "alter table far set tablespace pg_default",
    f"alter table far set tablespace {SPACE}",
    f"alter index person_name set tablespace {SPACE}",
    "alter index far_pkey set tablespace pg_default",
    f"alter table part_2 set tablespace {SPACE}",
    "alter table part set tablespace pg_default",
    "alter materialized view counted set tablespace pg_default",
    f"alter table all in tablespace pg_default owned by current_user set tablespace {SPACE}",
    f"alter table all in tablespace {SPACE} owned by current_user set tablespace pg_default",
    f"alter index all in tablespace {SPACE} set tablespace pg_default",
    f"alter materialized view all in tablespace {SPACE} set tablespace pg_default nowait",
    f"create table near (a integer, b text) tablespace {SPACE}",
    f"create table part_3 partition of part for values from ('2030-01-01') to ('2031-01-01') tablespace {SPACE}",
    f"create index on part (id) tablespace {SPACE}",
    "alter table far drop column name",
    "alter table far alter column name type varchar(9)",
    "drop table far cascade",
    "drop table part",
    "cluster far using far_name",
    f"reindex (tablespace {SPACE}) table person",
    "reindex (tablespace pg_default) index far_name",
]


@pytest.fixture(scope="module", autouse=True)
def _space(server: Server) -> None:
    """A tablespace within the server's own directory; it stays there, empty."""
    with psycopg.connect(server.admin, autocommit=True) as admin:
        known = admin.execute(
            "select count(*) from pg_settings where name ~ 'in_place_tablespaces'"
        )
        if known.fetchone() != (1,):
            pytest.skip("the server makes no tablespace without a directory of its own")
        admin.execute("set allow_in_place_tablespaces = on")
        admin.execute("select pg_advisory_lock(7202)")
        found = admin.execute("select from pg_tablespace where spcname = 'clew \"space\"'")
        if not found.fetchall():
            admin.execute(f"create tablespace {SPACE} location ''")
            admin.execute(f"grant create on tablespace {SPACE} to public")


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database with rows, and a journal."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_statement(run: Run, sql: str) -> None:
    """What a statement moves to another tablespace, or takes from there, comes back to its own."""
    before = fingerprint(run.url)
    done = run.do(sql)
    after = fingerprint(run.url)
    undone = run.undo(done)
    assert fingerprint(run.url) == before
    redone = run.undo(undone)
    assert fingerprint(run.url) == after
    run.undo(redone)
    assert fingerprint(run.url) == before


def test_of_the_server(run: Run) -> None:
    """A tablespace itself is the server's: refused by name, whoever asks."""
    with pytest.raises(NotKnownExact) as refused:
        run.do(f"alter tablespace {SPACE} rename to other")
    assert refused.value.name == "alter-tablespace"
