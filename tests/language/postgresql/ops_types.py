"""Base types, shell types and ranges with a canonical function: a superuser's, but for shells."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Base types, shell types and canonical ranges"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create type waiting;
create type app.tiny;
"""

_COMPLEX = """
create type weight;
create function weight_in(cstring) returns weight immutable strict language internal as 'int4in';
create function weight_out(weight) returns cstring immutable strict language internal as 'int4out';
create function weight_send(weight) returns bytea immutable strict language internal as 'int4send';
create function weight_recv(internal) returns weight immutable strict language internal
    as 'int4recv';
"""
_WEIGHT = f"""
set client_min_messages = error;
{_COMPLEX}
create type weight (input = weight_in, output = weight_out, receive = weight_recv,
    send = weight_send, like = integer, category = 'W', preferred = true, default = '7',
    delimiter = ';');
create function weight_less(weight, weight) returns boolean immutable strict language internal
    as 'int4lt';
create operator < (function = weight_less, leftarg = weight, rightarg = weight);
create function weight_max(weight, weight) returns weight immutable strict language internal
    as 'int4larger';
create aggregate heaviest(weight) (sfunc = weight_max, stype = weight);
create cast (integer as weight) without function as assignment;
create table parcel (id integer primary key, weight weight, weights weight[]);
insert into parcel select i, i::text::weight, array[i::text::weight]
    from (select generate_series(1, 20) as i) x where false;
insert into parcel select i, i::weight, array[i::weight] from generate_series(1, 20) i;
create view heavy as select heaviest(weight) from parcel;
"""
_SPAN = """
set client_min_messages = error;
create type span;
create function span_canonical(span) returns span immutable strict language internal
    as 'int4range_canonical';
create function span_diff(integer, integer) returns double precision immutable strict
    language internal as 'int4range_subdiff';
"""
_STAY = f"""
{_SPAN}
create type span as range (subtype = integer, canonical = span_canonical,
    subtype_diff = span_diff, multirange_type_name = spans);
create table stay (id integer primary key, span span, spans spans);
insert into stay select i, span(i, i + 2, '[]'), spans(span(i, i + 1))
    from generate_series(1, 20) i;
create index by_span on stay using gist (span);
create view bounds as select lower(span), upper(span) from stay;
"""

CASES = (
    # shells
    Case("create type fresh", superuser=True),
    Case('create type "Odd ""schema"" 🙂"."Sh ell\'"', superuser=True),
    Case("alter type waiting owner to clew_other", superuser=True),
    Case("comment on type waiting is 'not yet'", superuser=True),
    Case("drop type waiting", superuser=True),
    Case("drop type waiting, app.tiny", superuser=True),
    Case("drop type if exists waiting", superuser=True),
    Case("drop schema app cascade", superuser=True),
    Case("create type waiting as enum ('a', 'b')", superuser=True),
    Case(
        "create function waiting_in(cstring) returns waiting immutable strict"
        " language internal as 'int4in'",
        setup="set client_min_messages = error;",
        superuser=True,
    ),
    # base types
    Case(
        "create type weight (input = weight_in, output = weight_out, like = integer)",
        setup=f"set client_min_messages = error; {_COMPLEX}",
        superuser=True,
    ),
    Case(
        "create type weight (input = weight_in, output = weight_out, receive = weight_recv,"
        " send = weight_send, internallength = 4, passedbyvalue, alignment = int4,"
        " storage = plain, category = 'W', preferred = false, default = '3', delimiter = '!',"
        " collatable = false)",
        setup=f"set client_min_messages = error; {_COMPLEX}",
        superuser=True,
    ),
    Case("alter type weight rename to mass", setup=_WEIGHT, superuser=True),
    Case("alter type weight set schema app", setup=_WEIGHT, superuser=True),
    Case("alter type weight owner to clew_owner", setup=_WEIGHT, superuser=True),
    Case("alter type weight set (send = none)", setup=_WEIGHT, superuser=True),
    Case("comment on type weight is 'it''s heavy'", setup=_WEIGHT, superuser=True),
    Case("revoke usage on type weight from public", setup=_WEIGHT, superuser=True),
    Case("alter function weight_in(cstring) rename to weight_read", setup=_WEIGHT, superuser=True),
    Case("drop type weight cascade", setup=_WEIGHT, superuser=True),
    Case("drop function weight_out(weight) cascade", setup=_WEIGHT, superuser=True),
    Case("drop table parcel cascade", setup=_WEIGHT, superuser=True),
    Case("alter table parcel drop column weight cascade", setup=_WEIGHT, superuser=True),
    Case("update parcel set weight = 3", setup=_WEIGHT, superuser=True),
    Case("drop aggregate heaviest(weight) cascade", setup=_WEIGHT, superuser=True),
    # ranges
    Case(
        "create type span as range (subtype = integer, canonical = span_canonical)",
        setup=_SPAN,
        superuser=True,
    ),
    Case(
        "create type span as range (subtype = integer, canonical = span_canonical,"
        " subtype_diff = span_diff, multirange_type_name = spans)",
        setup=_SPAN,
        superuser=True,
    ),
    Case("alter type span rename to stretch", setup=_STAY, superuser=True),
    Case("alter type span set schema app", setup=_STAY, superuser=True),
    Case("comment on type span is 'from and to'", setup=_STAY, superuser=True),
    Case("drop type span cascade", setup=_STAY, superuser=True),
    Case("drop function span_canonical(span) cascade", setup=_STAY, superuser=True),
    Case("drop table stay cascade", setup=_STAY, superuser=True),
    Case("alter table stay drop column span cascade", setup=_STAY, superuser=True),
    Case("update stay set span = span(1, 5)", setup=_STAY, superuser=True),
    Case("create type dates as range (subtype = date)", superuser=True),
)
