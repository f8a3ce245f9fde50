"""Operators, with what they are linked to."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Operators"

BASE = """
create schema app;
grant create on schema public, app to clew_other;
create schema "Odd ""schema"" 🙂";
create function near(integer, integer) returns boolean immutable language sql
    as 'select abs($1 - $2) < 3';
create function far(integer, integer) returns boolean immutable language sql
    as 'select abs($1 - $2) >= 3';
create function half(integer) returns integer immutable language sql as 'select $1 / 2';
create function glue(text, integer) returns text immutable language sql
    as 'select $1 || $2::text';
create function eulg(integer, text) returns text immutable language sql
    as 'select $2 || $1::text';

create operator <~> (function = near, leftarg = integer, rightarg = integer,
    commutator = <~>, negator = <!~>, restrict = eqsel, join = eqjoinsel);
create operator <!~> (function = far, leftarg = integer, rightarg = integer,
    commutator = <!~>, negator = <~>);
create operator @/ (function = half, rightarg = integer);
create operator app.||| (function = glue, leftarg = text, rightarg = integer);
create operator "Odd ""schema"" 🙂".*** (function = half, rightarg = integer);
create operator ==> (function = glue, leftarg = text, rightarg = integer, commutator = <==);

create table spot (
    id integer primary key,
    place integer not null default @/ 20,
    half integer generated always as (@/ place) stored,
    name text,
    constraint close_by check (place <~> half or place <!~> 0)
);
insert into spot (id, place, name) select i, i + 4, 'n' || i from generate_series(1, 20) i;
create index halves on spot ((@/ place));
create index few on spot (id) where place <~> 10;
create view neighbours as
    select a.id, b.id as other from spot a join spot b on a.place <~> b.place;
create view glued as select name operator(app.|||) id as text from spot;
"""

CASES = (
    # made
    Case("create operator %% (function = near, leftarg = integer, rightarg = integer)"),
    Case("create operator !/ (function = half, rightarg = integer)"),
    Case(
        "create operator === (function = near, leftarg = integer, rightarg = integer,"
        " commutator = ===, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges)"
    ),
    Case(
        "create operator @@> (function = glue, leftarg = text, rightarg = integer,"
        " commutator = operator(app.<@@))"
    ),
    Case(
        "create operator <== (function = eulg, leftarg = integer, rightarg = text,"
        " commutator = ==>)"
    ),
    Case("create operator app.<=> (procedure = near, leftarg = integer, rightarg = integer)"),
    Case(
        'create operator "Odd ""schema"" 🙂".<<->> (function = near, leftarg = integer,'
        " rightarg = integer)"
    ),
    Case(
        "do $$ begin create operator ~< (function = near, leftarg = integer, rightarg = integer,"
        " negator = !~<);"
        " create operator !~< (function = far, leftarg = integer, rightarg = integer,"
        " negator = ~<);"
        " create view pairs as select id from spot where id ~< place; end $$"
    ),
    Case(
        "create operator &&& (function = array_append, leftarg = anycompatiblearray,"
        " rightarg = anycompatible)"
    ),
    # altered
    Case("alter operator <~> (integer, integer) set (restrict = none, join = none)"),
    Case("alter operator <~> (integer, integer) set (restrict = neqsel)"),
    Case("alter operator <!~> (integer, integer) set (restrict = neqsel, join = neqjoinsel)"),
    Case("alter operator <!~> (integer, integer) set (restrict = none)"),
    Case(
        "alter operator %% (integer, integer) set (commutator = %%)",
        setup="create operator %% (function = near, leftarg = integer, rightarg = integer);",
        since=17,
    ),
    Case(
        "alter operator %% (integer, integer) set (negator = !%%)",
        setup="create operator %% (function = near, leftarg = integer, rightarg = integer);"
        " create operator !%% (function = far, leftarg = integer, rightarg = integer);",
        since=17,
    ),
    Case(
        "alter operator %% (integer, integer) set (merges, hashes)",
        setup="create operator %% (function = near, leftarg = integer, rightarg = integer,"
        " commutator = %%, restrict = eqsel, join = eqjoinsel);",
        since=17,
    ),
    Case("alter operator @/ (none, integer) set schema app"),
    Case("alter operator app.||| (text, integer) set schema public"),
    Case("alter operator <~> (integer, integer) set schema app"),
    Case("alter operator @/ (none, integer) owner to clew_other"),
    Case("comment on operator @/ (none, integer) is 'a half'"),
    Case('comment on operator "Odd ""schema"" 🙂".*** (none, integer) is $$it\'s odd$$'),
    Case("alter function near(integer, integer) rename to close"),
    Case("alter function half(integer) set schema app"),
    Case("alter schema app rename to application"),
    Case(
        "create or replace function near(integer, integer) returns boolean immutable"
        " language sql as 'select abs($1 - $2) < 3'"
    ),
    # dropped
    Case('drop operator "Odd ""schema"" 🙂".*** (none, integer)'),
    Case("drop operator if exists app.%%% (integer, integer)"),
    Case("drop operator app.||| (text, integer) cascade"),
    Case("drop operator <~> (integer, integer) cascade"),
    Case("drop operator <!~> (integer, integer) cascade"),
    Case("drop operator <~> (integer, integer), <!~> (integer, integer) cascade"),
    Case("drop operator @/ (none, integer) cascade"),
    Case("drop operator ==> (text, integer)"),
    Case("drop operator <== (integer, text)"),
    Case(
        "drop operator ==> (text, integer)",
        setup="create operator <== (function = eulg, leftarg = integer, rightarg = text,"
        " commutator = ==>);",
    ),
    Case("drop function near(integer, integer) cascade"),
    Case("drop function half(integer) cascade"),
    Case("drop function glue(text, integer) cascade"),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("drop table spot cascade"),
    # what stands on it
    Case("alter table spot drop column place cascade"),
    Case("drop view glued"),
    Case("drop index halves"),
    Case("alter table spot alter name type varchar(40)", setup="drop view glued;"),
    Case("update spot set place = place + 1"),
    Case("insert into spot (id) values (100)"),
)
