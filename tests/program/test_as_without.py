"""What a program sees of its own statements: the same as without us, told once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy.exc
from sqlalchemy import Connection

from commands import recording
from journal.errors import NotKnownExact
from tests.drills.operator import Operator
from tests.program import programs
from tests.program.engines import engine_of

SPOKEN = """
create table t (id integer primary key, v text);
insert into t values (1, 'a'), (2, 'b');
create view shown as select v from t;
create table heir (more text) inherits (t);
create function said() returns trigger language plpgsql as
    'begin raise notice ''%'', new.v; return new; end';
create trigger said before insert or update on t for each row execute function said()
"""


def test_notices_once(postgresql_operator: Operator) -> None:
    """A notice is heard once, also of a statement that the capture runs again, and none of ours."""
    postgresql_operator.begin_with(SPOKEN)
    heard: list[Any] = []
    with engine_of(postgresql_operator.url) as engine, engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.add_notice_handler(lambda one: heard.append(one.message_primary))
        with recording(connection):
            run(connection, "insert into t values (3, 'c')", "insert into t values (4, 'd')")
            run(connection, "do $$begin execute 'update t set v = v where id = 1'; end$$")
            run(connection, "drop table t cascade")
        run(connection, "do $$begin raise notice 'after'; end$$")
    assert heard == ["c", "d", "a", "drop cascades to 2 other objects", "after"]


def test_setting_that_fails(postgresql_operator: Operator) -> None:
    """A SET or LOCK that fails in a nested block is the program's to catch; the rest goes on."""
    before = postgresql_operator.begin_with(SPOKEN)
    with engine_of(postgresql_operator.url) as engine, recording(engine) as block:
        for sql in ("set work_mem to 'x'", "lock table nowhere", "deallocate nothing"):
            with (
                pytest.raises(sqlalchemy.exc.DBAPIError),
                block.connection.begin_nested(),
            ):
                run(block.connection, sql)
        run(block.connection, "set local work_mem to '3MB'", "delete from t")
    postgresql_operator.back("2")
    assert postgresql_operator.fingerprint() == before


def test_disabled_triggers(postgresql_operator: Operator) -> None:
    """DISABLE TRIGGER USER switches off the user's triggers, and not the capture."""
    before = postgresql_operator.begin_with(SPOKEN)
    with engine_of(postgresql_operator.url) as engine, recording(engine) as block:
        run(
            block.connection,
            "update t set v = 'x'",
            "alter table t disable trigger user",
            "insert into t values (5, 'silent')",
            "alter table t enable trigger user",
            "update t set v = v || '!'",
        )
    postgresql_operator.back("2")
    assert postgresql_operator.fingerprint() == before


def test_foreign_dates(postgresql_operator: Operator) -> None:
    """A program may write its dates in any style."""
    before = postgresql_operator.begin_with(SPOKEN)
    with engine_of(postgresql_operator.url) as engine, recording(engine) as block:
        run(block.connection, "set datestyle = 'German'", "delete from t where id = 1")
    postgresql_operator.back("2")
    assert postgresql_operator.fingerprint() == before


def test_errors_of_the_driver(sqlite_operator: Operator) -> None:
    """A statement that cannot be prepared raises what the driver raises."""
    sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as block:
        for sql in ("insert into nowhere values (1)", "create table goods (x)", "delete from"):
            with (
                pytest.raises(sqlalchemy.exc.OperationalError),
                block.connection.begin_nested(),
            ):
                run(block.connection, sql)


def test_rows_that_cannot_be_read(sqlite_operator: Operator) -> None:
    """Rows that the driver fails to read are an error of its own; the rest goes on."""
    before = sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as block:
        broken = "insert into goods (name) values (cast(x'ff' as text)) returning name"
        with pytest.raises(sqlalchemy.exc.OperationalError), block.connection.begin_nested():
            block.connection.exec_driver_sql(broken)
        run(block.connection, "delete from goods")
    sqlite_operator.back("2")
    assert sqlite_operator.fingerprint() == before


def test_last_rowid(sqlite_operator: Operator) -> None:
    """last_insert_rowid() tells of the program's rows, before the block, within it and after."""
    sqlite_operator.begin_with(programs.FOUND)
    asked = "select last_insert_rowid()"
    with engine_of(sqlite_operator.url) as engine, engine.connect() as connection:
        with connection.begin():
            run(connection, "insert into goods (id, name) values (70, 'seventy')")
        with recording(connection):
            assert connection.exec_driver_sql(asked).scalar() == 70
            run(connection, "insert into goods (id, name) values (80, 'eighty')")
            run(connection, "create table more (a)", "update goods set name = name || '!'")
        assert connection.exec_driver_sql(asked).scalar() == 80


def test_queries_that_count_changes(sqlite_operator: Operator) -> None:
    """A query of changes(), by a view too, is refused: it would count the journal's rows."""
    sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as block:
        run(block.connection, "create view counting as select total_changes() as n")
        for sql in ("select changes()", "select n from counting"):
            with pytest.raises(NotKnownExact, match="counts the journal's changes"):
                run(block.connection, sql)


def test_strict_table(sqlite_operator: Operator) -> None:
    """OR IGNORE passes over a row of a STRICT table for the constraint that comes first."""
    strict = "create table s (a integer not null, b real) strict;\ninsert into s values (1, 1)"
    before = sqlite_operator.begin_with(strict)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as block:
        run(block.connection, "insert or ignore into s (b) values (replace('x', 'x', 'y'))")
        run(block.connection, "insert or replace into s values (2, 2), (3, 3)")
    sqlite_operator.back("2")
    assert sqlite_operator.fingerprint() == before


def test_reference_to_no_key(sqlite_operator: Operator) -> None:
    """OR REPLACE works in a table without a key that another refers to, as it does without us."""
    odd = "create table up (a, b);\ncreate table down (a integer references up);\ninsert into up values (1, 1)"
    before = sqlite_operator.begin_with(odd)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as block:
        run(block.connection, "insert or replace into up values (2, 3)")
    sqlite_operator.back("2")
    assert sqlite_operator.fingerprint() == before


def run(connection: Connection, *statements: str) -> None:
    """Execute statements as they stand."""
    for sql in statements:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
