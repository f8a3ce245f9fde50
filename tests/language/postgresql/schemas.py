"""Schemas: made, renamed, moved and dropped."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Schemas"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create table app.person (id integer primary key, name text not null);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create view "Odd ""schema"" 🙂".names as select name from app.person;
"""

CASES = (
    Case("create schema fresh"),
    Case("create schema if not exists app"),
    Case("create schema fresh create table t (a integer) create view v as select a from t"),
    Case("alter schema app rename to application"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("drop schema app cascade"),
    Case("comment on schema app is 'people'"),
)
