"""The gate: what may run, told from the words."""

from __future__ import annotations

import pytest

from journal.errors import NotKnownExact, Refused
from journal.postgresql.gate import classify

PASSES = {
    "schema": [
        "create table t (a int)",
        "CREATE UNLOGGED TABLE IF NOT EXISTS t (a int)",
        "create temp table t as select 1",
        "create or replace view v as select 1",
        "create recursive view v (n) as select 1",
        "create unique index on t (a)",
        "create or replace function f() returns int language sql as $$ select 1 $$",
        "create procedure p() language sql as 'select 1'",
        "create procedure p() begin atomic select 1; select case when true then 1 end; end;",
        "create rule r as on insert to t do also (delete from u; delete from v)",
        "create constraint trigger c after insert on t for each row execute function f()",
        "create type mood as enum ('a', 'b')",
        "create type pair as (a int, b int)",
        "create domain d as int check (value > 0)",
        "create schema if not exists s",
        "create sequence s start 5",
        "alter table only t add column b int",
        "alter type mood add value 'c'",
        "alter view v rename to w",
        "drop table if exists t, u cascade",
        "comment on column t.a is 'x'",
        "grant select on t to bob",
        "revoke all on schema s from public",
        "select * into t from u",
        "reindex table t",
        "/* a /* nested */ comment */ -- and another\n create table t (a int)",
        "create policy p on t using (true)",
        "cluster t using i",
        "cluster (verbose) t",
        "reassign owned by bob to alice",
        "drop owned by bob cascade",
    ],
    "rows": [
        "insert into t values ('begin; drop table clew.entry')",
        "update t set a = 1 returning *",
        "delete from t",
        "merge into t using u on t.a = u.a when matched then delete",
        "truncate t",
        "with x as (delete from t returning *) select * from x",
        "with x as (select 1) insert into t select * from x",
        "copy t (a, b) from stdin",
        "do $$ begin perform 1; end $$",
        "call p(1)",
        "explain analyze delete from t",
        "fetch all from c",
        "move 3 in c",
    ],
    "query": [
        "select 1",
        "values (1)",
        "(select 1) union (select 2)",
        "with x as (select 1) select * from x",
        "select * from t for update",
        "select $$ insert into t $$",
        "select position from clew.log",
        "explain delete from t",
        "show search_path",
        "notify channel, 'x'",
        "checkpoint",
    ],
    "setting": [
        "set search_path = app, public",
        "set local statement_timeout = 0",
        "set client_encoding = 'UTF8'",
        "set constraints all deferred",
        "reset search_path",
        "lock table t in share mode",
        "analyze t",
        "declare c cursor for select 1",
        "declare c scroll cursor without hold for select 1",
        "close c",
        "listen channel",
        "unlisten *",
        "discard plans",
    ],
    "outside": [
        "create index concurrently i on t (a)",
        "create unique index concurrently if not exists i on t (a)",
        "drop index concurrently i",
        "vacuum (full) t",
        "reindex table concurrently t",
        "cluster",
        "cluster (verbose)",
    ],
}
UNKNOWN = {
    "create user mapping for bob server s": "create-user-mapping",
    "create subscription s connection 'host=a' publication p": "create-subscription",
    "create user bob": "create-role",
    "alter system set a = 1": "alter-system",
    "alter role bob superuser": "alter-role",
    "alter table t detach partition p concurrently": "detach-partition-concurrently",
    "drop user bob": "drop-role",
    "create tablespace x location '/x'": "create-tablespace",
    "create database d": "create-database",
    "grant admin to bob": "grant-role",
    "grant connect on database d to bob": "grant-on-database",
    "comment on role bob is 'x'": "comment-on-role",
    "security invoker": "security-invoker",
    "copy t to stdout": "copy-to",
    "copy (select 1 from t) to program 'cat'": "copy-to",
    "set role bob": "set-role",
    "set session authorization bob": "set-role",
    "set session_replication_role = replica": "session-replication-role",
    "set client_encoding = 'latin1'": "client-encoding",
    "reset all": "reset-all",
    "discard all": "discard",
    "discard temp": "discard",
    "declare c cursor with hold for select 1": "cursor-with-hold",
    "load 'x'": "load",
    "select lo_create(1)": "large-object",
    "select lo_export(1, '/x')": "large-object",
    "select lowrite(0, 'x')": "large-object",
    "select dblink_exec('x', 'delete from t')": "dblink",
}
REFUSED = [
    "begin",
    "start transaction",
    "commit",
    "rollback to x",
    "savepoint x",
    "prepare transaction 'x'",
    "set transaction isolation level serializable",
    "\\d t",
    "insert into clew.entry values (1)",
    'delete from "clew" . "image"',
    "drop schema clew cascade",
    "alter table clew.head disable trigger all",
    "select 1; commit",
    "insert into t values (1); insert into t values (2)",
    "create procedure p() begin atomic select 1; end; end",
]


@pytest.mark.parametrize(
    ("kind", "sql"), [(kind, sql) for kind, texts in PASSES.items() for sql in texts]
)
def test_known_statements_pass(kind: str, sql: str) -> None:
    """Everyday SQL is told what it is for, whatever stands in its strings and comments."""
    assert classify(sql) == kind
    assert classify(f"{sql};") == kind


@pytest.mark.parametrize(("sql", "name"), UNKNOWN.items())
def test_unknown_statements_are_named(sql: str, name: str) -> None:
    """What is not known to be exact is refused under the name that waives it."""
    with pytest.raises(NotKnownExact) as refused:
        classify(sql)
    assert refused.value.name == name


@pytest.mark.parametrize("sql", REFUSED)
def test_control_and_the_journal_are_refused(sql: str) -> None:
    """Control of the transaction, psql's commands and writes to the journal cannot be waived."""
    with pytest.raises(Refused) as refused:
        classify(sql)
    assert not isinstance(refused.value, NotKnownExact)
