"""Casts: by a function, by input and output, or by nothing at all."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Casts"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create type mood as enum ('sad', 'ok');
create type app.pair as (a integer, b integer);
create type "Odd ""schema"" 🙂"."Ty pe'" as enum ('x', 'y');
create domain positive as integer check (value > 0);
create function mood_of(integer) returns mood immutable language sql
    as $$ select case when $1 > 0 then 'ok' else 'sad' end::public.mood $$;
create function number_of(mood) returns integer immutable language sql
    as $$ select case when format('%s', $1) = 'ok' then 1 else 0 end $$;
create function pair_of(integer) returns app.pair immutable language sql
    as 'select row($1, $1)::app.pair';
create function odd_of(text) returns "Odd ""schema"" 🙂"."Ty pe'" immutable language sql
    as $$ select 'x'::"Odd ""schema"" 🙂"."Ty pe'" $$;
create function wide(mood, integer, boolean) returns text immutable language sql
    as $$ select format('%s', $1) $$;
create cast (integer as mood) with function mood_of(integer) as assignment;
create cast (mood as integer) with function number_of(mood) as implicit;
create cast (app.pair as text) with inout;
create cast (text as "Odd ""schema"" 🙂"."Ty pe'") with function odd_of(text);

create table person (
    id integer primary key,
    mood mood not null default 1,
    number integer generated always as (number_of('sad')) stored,
    constraint cheerful check (mood + 1 > 0)
);
insert into person (id, mood) select i, case when i % 2 = 0 then 'ok' else 'sad' end::mood
    from generate_series(1, 20) i;
create index by_number on person ((mood::integer));
create view numbers as select id, mood + 1 as number, id::mood as other from person;
create view texts as select row(1, 2)::app.pair::text as text;
"""

CASES = (
    # made
    Case("create cast (integer as app.pair) with function pair_of(integer)"),
    Case("create cast (integer as app.pair) with function pair_of(integer) as assignment"),
    Case("create cast (integer as app.pair) with function pair_of(integer) as implicit"),
    Case("create cast (mood as varchar) with function wide(mood, integer, boolean)"),
    Case("create cast (text as app.pair) with inout"),
    Case("create cast (mood as text) with inout as implicit"),
    Case('create cast ("Odd ""schema"" 🙂"."Ty pe\'" as app.pair) with inout'),
    Case("create cast (person as text) with inout as assignment"),
    Case("create cast (mood[] as text) with inout"),
    Case("create cast (bytea as text) without function as assignment", superuser=True),
    Case("create cast (integer as positive) with inout", setup="set client_min_messages = error;"),
    Case(
        "do $$ begin create cast (integer as app.pair) with function pair_of(integer);"
        " create view paired as select 1::app.pair as pair; end $$"
    ),
    Case("comment on cast (integer as mood) is 'it''s a mood'"),
    Case(
        "comment on cast (integer as mood) is null",
        setup="comment on cast (integer as mood) is 'said';",
    ),
    # changed along with others
    Case("alter function mood_of(integer) rename to mood_from"),
    Case("alter function number_of(mood) set schema app"),
    Case("alter type mood rename to temper"),
    Case("alter type app.pair set schema public"),
    Case("alter type mood rename value 'ok' to 'fine'"),
    Case("alter schema app rename to application"),
    Case("alter type app.pair rename attribute a to first"),
    Case(
        "create or replace function mood_of(integer) returns mood immutable language sql"
        " as $$ select 'sad'::public.mood $$"
    ),
    # dropped
    Case('drop cast (text as "Odd ""schema"" 🙂"."Ty pe\'")'),
    Case("drop cast if exists (text as mood)"),
    Case("drop cast (app.pair as text)", "refused", "cast-in-use"),
    Case("drop cast (app.pair as text)", setup="drop view texts;"),
    Case("drop cast (integer as mood)", "refused", "cast-in-use"),
    Case("drop cast (mood as integer)", "refused", "cast-in-use"),
    Case("drop function mood_of(integer) cascade"),
    Case("drop function number_of(mood) cascade", "rebuild"),
    Case("drop type app.pair cascade"),
    Case('drop type "Odd ""schema"" 🙂"."Ty pe\'" cascade'),
    Case("drop type mood cascade", "rebuild"),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("drop table person cascade"),
    Case(
        'drop cast (text as "Odd ""schema"" 🙂"."Ty pe\'")',
        setup='comment on cast (text as "Odd ""schema"" 🙂"."Ty pe\'") is \'odd\';',
    ),
    # one that would read what stands another way
    Case(
        "create cast (text as mood) with function mood_in(text)",
        "refused",
        "cast-in-use",
        setup="create function mood_in(text) returns mood immutable language sql"
        " as $$ select 'sad'::public.mood $$;"
        " create view by_text as select name::mood as mood from"
        " (select 'ok'::text as name offset 0) x;",
    ),
    # what stands on it
    Case("alter table person drop column mood cascade", "rebuild"),
    Case(
        "alter table person alter mood type integer",
        "rebuild",
        setup="drop view numbers; drop index by_number;"
        " alter table person drop constraint cheerful;",
    ),
    Case("alter type mood add value 'great'", "refused", "built-on"),
    Case(
        "alter type mood add value 'great'",
        "rebuild",
        setup="alter table person drop column number;",
    ),
    Case("drop view numbers"),
    Case("update person set mood = 0"),
    Case("insert into person (id) values (100)"),
)
