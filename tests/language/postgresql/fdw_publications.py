"""Publications: of tables, columns, rows, schemas and everything."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Publications"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create table app.person (id integer primary key, name text not null, age integer, note text);
insert into app.person select i, 'p' || i, i, null from generate_series(1, 20) i;
create table app.town (id integer primary key, name text);
insert into app.town values (1, 'a'), (2, 'b');
create table "Odd ""schema"" 🙂"."Ta ble" ("I d" integer primary key, "va""lue" text);
create table app.event (id integer, day date) partition by range (day);
create table app.event_2024 partition of app.event for values from ('2024-01-01') to ('2025-01-01');
create table app.parent (a integer primary key);
create table app.child (b integer) inherits (app.parent);
create publication people for table app.person;
create publication towns for table app.town, app.person with (publish = 'insert, update');
create publication empty;
create publication "Od""d ☃" for table "Odd ""schema"" 🙂"."Ta ble";
create publication events for table app.event with (publish_via_partition_root = true);
comment on publication people is 'all of them';
"""

_COLUMNS = "create publication columns for table app.person (id, name)"
_FILTER = "create publication rows for table app.person where (age > 10 and name <> 'x''y')"
_SCHEMA = "create publication whole for tables in schema app"
_ALL = "create publication all_of_them for all tables"

CASES = (
    Case("create publication fresh"),
    Case("create publication fresh for table app.town"),
    Case("create publication fresh for table app.town, only app.parent"),
    Case("create publication fresh for table app.parent"),
    Case("create publication fresh with (publish = 'delete, truncate')"),
    Case("create publication fresh with (publish = '')"),
    Case("create publication fresh for table app.event with (publish_via_partition_root)"),
    Case('create publication "q\'uo""te 🙂" for table "Odd ""schema"" 🙂"."Ta ble"'),
    Case(_COLUMNS, since=15),
    Case(_FILTER, since=15),
    Case("create publication either for table app.person (id, age) where (id > 5)", since=15),
    Case('create publication q for table "Odd ""schema"" 🙂"."Ta ble" ("I d")', since=15),
    Case(_SCHEMA, since=15, superuser=True),
    Case(f"{_SCHEMA}, table app.town", since=15, superuser=True),
    Case(_ALL, superuser=True),
    Case(f"{_ALL} with (publish = 'insert')", superuser=True),
    Case(
        "create publication fresh for table app.person with (publish_generated_columns = stored)",
        since=18,
    ),
    Case("alter publication empty add table app.town"),
    Case("alter publication towns drop table app.person"),
    Case("alter publication towns set table app.event, app.parent"),
    Case("alter publication people set table app.person"),
    Case("alter publication people set (publish = 'insert')"),
    Case("alter publication towns set (publish = 'insert, update, delete, truncate')"),
    Case("alter publication events set (publish_via_partition_root = false)"),
    Case("alter publication people rename to persons"),
    Case('alter publication people rename to "per ""sons 🙂"'),
    Case("alter publication empty owner to clew_other", superuser=True),
    Case("alter publication people owner to clew_other", superuser=True),
    Case("comment on publication people is 'other'"),
    Case("comment on publication people is null"),
    Case("comment on publication towns is E'it''s\\nnew'"),
    Case("alter publication empty add tables in schema app", since=15, superuser=True),
    Case("alter publication whole drop tables in schema app", "exact", "", _SCHEMA, 15, True),
    Case("alter publication whole set table app.town", "exact", "", _SCHEMA, 15, True),
    Case("alter publication people add table app.town (id)", since=15),
    Case("alter publication people set table app.person (id, age)", since=15),
    Case("alter publication people set table app.person where (age < 5)", since=15),
    Case("alter publication columns set table app.person", setup=_COLUMNS, since=15),
    Case("alter publication rows set table app.person where (age > 11)", setup=_FILTER, since=15),
    Case("drop publication people"),
    Case("drop publication people, towns, empty cascade"),
    Case("drop publication if exists nothing, towns"),
    Case('drop publication "Od""d ☃"'),
    Case("drop publication columns", setup=_COLUMNS, since=15),
    Case("drop publication rows", setup=_FILTER, since=15),
    Case("drop publication whole", setup=_SCHEMA, since=15, superuser=True),
    Case("drop publication all_of_them", setup=_ALL, superuser=True),
    # What a publication names is changed beneath it.
    Case("drop table app.town"),
    Case("drop table app.person cascade"),
    Case("drop table app.event"),
    Case("drop table app.event_2024"),
    Case("drop table app.parent cascade"),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("drop schema app cascade", setup=_SCHEMA, since=15, superuser=True),
    Case("alter schema app rename to application", setup=_SCHEMA, since=15, superuser=True),
    Case("alter schema app rename to application"),
    Case("alter table app.person rename to human"),
    Case("alter table app.person set schema public"),
    Case("alter table app.person rename column name to title", setup=_COLUMNS, since=15),
    Case("alter table app.person rename column age to years", setup=_FILTER, since=15),
    Case("alter table app.person drop column note", "rebuild"),
    Case("alter table app.person drop column age", "rebuild"),
    Case("alter table app.person alter column age type bigint", "rebuild"),
    Case("alter table app.person drop column age", "rebuild", setup=_COLUMNS, since=15),
    Case("alter table app.person drop column note", "rebuild", setup=_FILTER, since=15),
    Case("alter table app.person drop column age cascade", "rebuild", setup=_FILTER, since=15),
    Case("alter table app.person drop column name cascade", "rebuild", setup=_COLUMNS, since=15),
    Case("alter table app.person add column extra integer default 3"),
    Case("alter table app.event detach partition app.event_2024"),
    Case(
        "create table app.event_2025 partition of app.event"
        " for values from ('2025-01-01') to ('2026-01-01')"
    ),
    Case("drop table app.person cascade", setup=_ALL, superuser=True),
    Case("alter table app.person drop column age", "rebuild", setup=_ALL, superuser=True),
    Case("create table app.fresh (a integer primary key)", setup=_ALL, superuser=True),
    Case("do $$ begin create publication by_function for table app.town; end $$"),
    Case("do $$ begin drop publication people; end $$"),
)
