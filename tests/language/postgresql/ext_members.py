"""What belongs to an extension, and what is attached to it."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Members of extensions"

BASE = """
create schema app;
create extension hstore;
create extension pg_trgm;
create table app.setting (name text primary key, value text);
insert into app.setting values ('a', '1');
create sequence app.ticket;
create function app.own(integer) returns integer language sql as 'select $1';
alter extension hstore add table app.setting;
alter extension hstore add sequence app.ticket;
create table app.person (id integer primary key, name text not null);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
"""

MEMBER = ("refused", "extension-member")


def _case(statement: str, setup: str = "") -> Case:
    return Case(statement, *MEMBER, setup=setup, superuser=True)


CASES = (
    _case("grant execute on function akeys(hstore) to clew_other"),
    _case("revoke execute on function akeys(hstore) from public"),
    _case("grant execute on all functions in schema public to clew_other"),
    _case("comment on function akeys(hstore) is 'mine'"),
    _case("comment on function akeys(hstore) is null", "comment on function akeys(hstore) is 'x';"),
    _case("alter function akeys(hstore) cost 7"),
    _case("alter function akeys(hstore) rename to my_keys"),
    _case("alter function akeys(hstore) set schema app"),
    _case("alter function akeys(hstore) owner to clew_owner"),
    _case(
        "create or replace function akeys(hstore) returns text[] immutable language sql"
        " as 'select null::text[]'"
    ),
    _case("alter type hstore owner to clew_owner"),
    _case("grant usage on type hstore to clew_other"),
    _case("comment on type hstore is 'mine'"),
    _case("alter table app.setting add column more text"),
    _case("create index on app.setting (value)"),
    _case(
        "create trigger t before insert on app.setting for each row execute function"
        " tsvector_update_trigger('x', 'y', 'z')"
    ),
    _case("grant select on app.setting to clew_other"),
    _case("comment on column app.setting.value is 'x'"),
    _case("alter table app.setting enable row level security"),
    _case("alter sequence app.ticket increment by 5"),
    _case("drop index app.setting_value", "create index setting_value on app.setting (value);"),
    _case(
        "drop trigger t on app.setting",
        "create trigger t before insert on app.setting for each row"
        " execute function tsvector_update_trigger('x', 'y', 'z');",
    ),
    _case("alter table app.setting drop constraint setting_pkey"),
    _case("alter operator family gin_trgm_ops using gin drop function 1 (text, text)"),
    _case("alter extension hstore drop table app.setting"),
    Case("insert into app.setting values ('b', '2')", "refused", "unknown-table", superuser=True),
    Case("update app.setting set value = '3'", "refused", "unknown-table", superuser=True),
    Case("delete from app.setting", "refused", "unknown-table", superuser=True),
    Case("drop extension hstore", "refused", "extension", superuser=True),
    Case("create view app.settings as select * from app.setting", superuser=True),
    Case("create index person_name on app.person using gin (name gin_trgm_ops)"),
    Case("alter table app.person add attrs hstore default 'a=>1'"),
    Case("alter table app.person alter name type hstore using hstore('n', name)", "rebuild"),
)
