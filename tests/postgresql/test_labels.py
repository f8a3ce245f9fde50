"""Labels of security: no provider is there, and labels that stand are not passed over."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import NotKnownExact, StatementFailed
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = """
create table person (id integer, name text, note text);
insert into person values (1, 'Ada', 'x');
create view names as select name from person;
"""
LABEL = """
set allow_system_table_mods = on;
insert into pg_seclabel values ('{}'::regclass, 'pg_class'::regclass, {}, 'nobody', 'secret');
"""


def test_no_provider(postgresql_url: str) -> None:
    """SECURITY LABEL fails as the server says it, with the server's own SQLSTATE."""
    statement = "security label on table person is 'secret'"
    run = Run(postgresql_url, BASE)
    with psycopg.connect(postgresql_url) as db, pytest.raises(psycopg.Error) as plain:
        db.execute(statement)
    with pytest.raises(StatementFailed) as failed:
        run.do(statement)
    assert failed.value.sqlstate == plain.value.sqlstate == "22023"
    run.database.close()


@pytest.mark.parametrize(
    ("label", "statement"),
    [
        (LABEL.format("person", 0), "drop table person cascade"),
        (LABEL.format("person", 2), "alter table person drop column name cascade"),
        (LABEL.format("person", 3), "alter table person drop column name cascade"),
        (LABEL.format("names", 0), "drop view names"),
        (
            LABEL.format("names", 0),
            "create or replace view names as select name, 1 as n from person",
        ),
        ("", LABEL.format("names", 0).partition(";")[2]),
    ],
)
def test_labelled(server: Server, postgresql_url: str, label: str, statement: str) -> None:
    """What bears a label, and would come back without, is not dropped."""
    url = make_url(server.admin).set(database=make_url(postgresql_url).database)
    text = url.render_as_string(hide_password=False)
    run = Run(text, BASE + (label or "set allow_system_table_mods = on;"))
    before = fingerprint(text)
    with pytest.raises(NotKnownExact) as refused:
        run.do(statement)
    assert refused.value.name == "security-label"
    run.database.abort()
    assert fingerprint(text) == before
    run.database.close()
