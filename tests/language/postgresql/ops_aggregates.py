"""Aggregates, and functions that are called over a window."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Aggregates"

BASE = """
create schema app;
grant create on schema public, app to clew_other;
create schema "Odd ""schema"" 🙂";
create table sale (id integer primary key, shop text not null, amount integer not null);
insert into sale select i, 'shop ' || i % 3, i * 10 from generate_series(1, 30) i;

create function plus(integer, integer) returns integer immutable language sql
    as 'select coalesce($1, 0) + coalesce($2, 0)';
create function minus(integer, integer) returns integer immutable language sql
    as 'select $1 - $2';
create function doubled(integer) returns integer immutable language sql as 'select 2 * $1';
create function pick(integer[], double precision) returns integer immutable language sql
    as 'select ($1)[1 + floor($2 * (cardinality($1) - 1))]';
create function rank_among(integer[], integer) returns bigint immutable language sql
    as 'select count(*) + 1 from unnest($1) x where x < $2';

create aggregate total(integer) (sfunc = plus, stype = integer, initcond = '0');
create aggregate twice(integer) (sfunc = plus, stype = integer, finalfunc = doubled);
create aggregate app.spare(integer) (sfunc = public.plus, stype = integer);
create aggregate "Odd ""schema"" 🙂"."to tal'"(integer) (sfunc = plus, stype = integer);
create aggregate chosen(double precision order by integer)
    (sfunc = array_append, stype = integer[], finalfunc = pick);
create view totals as select shop, total(amount) from sale group by shop;
create view running as select id, total(amount) over (order by id) from sale;
create materialized view kept as select shop, twice(amount) as sum from sale group by shop;
create function of_shop(text) returns integer stable
    begin atomic select total(amount) from sale where shop = $1; end;
create view by_function as select of_shop('shop 1') as sum;

create type size as enum ('small', 'big');
create function lower_size(size, size) returns size immutable language sql
    as 'select least($1, $2)';
create aggregate lowest(size) (sfunc = lower_size, stype = size);
create table shirt (id integer primary key, size size);
insert into shirt values (1, 'small'), (2, 'big');
create view smallest as select lowest(size) from shirt;
"""

CASES = (
    # made
    Case("create aggregate sum_up(integer) (sfunc = plus, stype = integer)"),
    Case(
        "create aggregate sum_up(integer) (sfunc = plus, stype = integer, initcond = '5',"
        " finalfunc = doubled, finalfunc_modify = shareable, sspace = 16, combinefunc = plus,"
        " parallel = safe)"
    ),
    Case("create aggregate rows_of(*) (sfunc = int8inc, stype = int8, initcond = '0')"),
    Case("create aggregate least_of(integer) (sfunc = int4smaller, stype = integer, sortop = <)"),
    Case(
        "create aggregate moving(integer) (sfunc = plus, stype = integer, msfunc = plus,"
        " minvfunc = minus, mstype = integer, minitcond = '0', mfinalfunc = doubled)"
    ),
    Case(
        "create aggregate middle(double precision order by integer)"
        " (sfunc = array_append, stype = integer[], finalfunc = pick, initcond = '{}')"
    ),
    Case(
        "create aggregate place_of(integer order by integer) (sfunc = array_append,"
        " stype = integer[], finalfunc = rank_among, initcond = '{}', hypothetical)"
    ),
    Case(
        "create aggregate lists(anycompatible) (sfunc = array_append, stype = anycompatiblearray)"
    ),
    Case("create aggregate named(value integer) (sfunc = plus, stype = integer)"),
    Case("create aggregate old_style (basetype = integer, sfunc = plus, stype = integer)"),
    Case(
        "create aggregate joined(variadic text[]) (sfunc = texts, stype = text)",
        setup="create function texts(text, variadic text[]) returns text language sql"
        " as $$ select concat($1, array_to_string($2, '')) $$;",
    ),
    Case('create aggregate app."Tot ""al"" 🙂"(integer) (sfunc = plus, stype = integer)'),
    Case(
        "create aggregate total(integer, integer) (sfunc = three, stype = integer)",
        setup="create function three(integer, integer, integer) returns integer language sql"
        " as 'select $1 + $2 + $3';",
    ),
    Case(
        "create aggregate spread(numeric) (sfunc = numeric_avg_accum, stype = internal,"
        " finalfunc = numeric_avg, serialfunc = numeric_avg_serialize,"
        " deserialfunc = numeric_avg_deserialize, combinefunc = numeric_avg_combine,"
        " sspace = 128, parallel = safe)",
        superuser=True,
    ),
    Case(
        "create aggregate share(double precision order by double precision) (sfunc ="
        " ordered_set_transition, stype = internal, finalfunc = percentile_cont_float8_final,"
        " finalfunc_modify = read_write)",
        superuser=True,
    ),
    Case(
        'create aggregate ranks(variadic "any" order by variadic "any") (sfunc ='
        " ordered_set_transition_multi, stype = internal, finalfunc = rank_final,"
        " finalfunc_extra, hypothetical)",
        superuser=True,
    ),
    Case(
        "create function my_rank() returns bigint language internal window as 'window_rank'",
        superuser=True,
    ),
    Case(
        "drop function my_rank() cascade",
        setup="create function my_rank() returns bigint language internal window as 'window_rank';"
        " create view ranked as select id, my_rank() over (order by amount) from sale;",
        superuser=True,
    ),
    Case(
        "do $$ begin create aggregate inner_one(integer) (sfunc = plus, stype = integer);"
        " create view inner_view as select inner_one(amount) from sale; end $$"
    ),
    Case(
        "create aggregate granted(integer) (sfunc = plus, stype = integer)",
        setup="alter default privileges revoke execute on functions from public;"
        " alter default privileges grant execute on functions to clew_other;",
    ),
    # replaced
    Case(
        "create or replace aggregate total(integer)"
        " (sfunc = plus, stype = integer, initcond = '100')"
    ),
    Case(
        "create or replace aggregate total(integer)"
        " (sfunc = int4pl, stype = integer, initcond = '0', finalfunc = doubled)"
    ),
    Case("create or replace aggregate app.spare(integer) (sfunc = int4larger, stype = integer)"),
    Case(
        "create or replace aggregate chosen(double precision order by integer) (sfunc ="
        " array_append, stype = integer[], finalfunc = pick, initcond = '{1}')"
    ),
    Case(
        "do $$ begin drop view totals; drop view running; drop view by_function;"
        " drop function of_shop; drop aggregate total(integer);"
        " create aggregate total(integer) (sfunc = plus, stype = integer); end $$"
    ),
    # altered
    Case("alter aggregate total(integer) rename to sum_of"),
    Case('alter aggregate "Odd ""schema"" 🙂"."to tal\'"(integer) rename to "t 2"'),
    Case("alter aggregate total(integer) set schema app"),
    Case("alter aggregate app.spare(integer) set schema public"),
    Case("alter aggregate total(integer) owner to clew_other"),
    Case("alter aggregate chosen(double precision order by integer) rename to picked"),
    Case("alter routine total(integer) rename to sum_of"),
    Case("comment on aggregate total(integer) is 'it''s the sum'"),
    Case("comment on aggregate chosen(double precision order by integer) is 'one of them'"),
    Case(
        "comment on aggregate total(integer) is null",
        setup="comment on aggregate total(integer) is 'said';",
    ),
    Case("grant execute on function total(integer) to clew_other"),
    Case("revoke execute on function total(integer) from public"),
    Case("alter schema app rename to application"),
    Case("alter function plus(integer, integer) rename to add_up"),
    Case("alter function plus(integer, integer) set schema app"),
    Case(
        "create or replace function plus(integer, integer) returns integer immutable"
        " language sql as 'select $1 + $2'"
    ),
    Case("alter function plus(integer, integer) stable parallel safe"),
    # dropped
    Case("drop aggregate app.spare(integer)"),
    Case("drop aggregate if exists app.spare(integer)"),
    Case("drop aggregate if exists app.none(integer)"),
    Case("drop aggregate total(integer) cascade"),
    Case("drop aggregate twice(integer) cascade"),
    Case("drop aggregate chosen(double precision order by integer)"),
    Case("drop aggregate app.spare(integer), chosen(double precision order by integer)"),
    Case("drop routine app.spare(integer)"),
    Case(
        "drop aggregate rows_of(*)",
        setup="create aggregate rows_of(*) (sfunc = int8inc, stype = int8, initcond = '0');",
    ),
    Case("drop function plus(integer, integer) cascade"),
    Case("drop function pick(integer[], double precision) cascade"),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("drop table sale cascade"),
    Case(
        "drop aggregate app.spare(integer)",
        setup="comment on aggregate app.spare(integer) is 'spare';"
        " grant execute on function app.spare(integer) to clew_other;"
        " revoke execute on function app.spare(integer) from public;"
        " alter aggregate app.spare(integer) owner to clew_other;",
    ),
    # what stands on it
    Case("alter type size add value 'huge'", "rebuild"),
    Case("alter type size rename value 'big' to 'large'"),
    Case("drop type size cascade", "rebuild"),
    Case(
        "alter table sale alter amount type bigint using amount",
        setup="drop view totals; drop view running; drop materialized view kept;"
        " drop view by_function; drop function of_shop;",
        outcome="rebuild",
    ),
    Case("alter table sale drop column amount cascade", "rebuild"),
)
