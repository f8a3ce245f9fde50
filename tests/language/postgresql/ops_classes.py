"""Operator families, operator classes and access methods: a superuser's."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Operator classes and access methods"

BASE = """
create schema app;
create function flipped(integer, integer) returns integer immutable strict language sql
    as 'select case when $1 > $2 then -1 when $1 < $2 then 1 else 0 end';
create function flipped(integer, bigint) returns integer immutable strict language sql
    as 'select case when $1 > $2 then -1 when $1 < $2 then 1 else 0 end';
create function hashed(integer) returns integer immutable strict language sql
    as 'select hashint4($1)';
create operator family spare using btree;
create operator family mixed using btree;
create operator class down for type integer using btree family mixed as
    operator 1 >, operator 2 >=, operator 3 =, operator 4 <=, operator 5 <,
    function 1 flipped(integer, integer);
alter operator family mixed using btree add
    operator 1 > (integer, bigint), operator 3 = (integer, bigint),
    function 1 (integer, bigint) flipped(integer, bigint);
create operator class app."Odd ""class"" 🙂" for type integer using hash as
    operator 1 =, function 1 hashed(integer);
create operator class boxes for type box using gist as
    operator 3 &&, function 1 gist_box_consistent(internal, box, smallint, oid, internal),
    function 2 gist_box_union(internal, internal),
    function 5 gist_box_penalty(internal, internal, internal),
    function 6 gist_box_picksplit(internal, internal), function 7 gist_box_same(box, box, internal);
create table spot (id integer primary key, place integer, area box);
insert into spot select i, i % 7, box(point(i, i), point(i + 0.5, i + 0.5))
    from generate_series(1, 30) i;
create index downwards on spot (place down);
create index by_hash on spot using hash (place app."Odd ""class"" 🙂");
alter table spot add constraint apart exclude using gist (area boxes with &&);
create view ordered as select place from spot order by place using >;
"""

_CLASS = (
    "operator 1 >, operator 2 >=, operator 3 =, operator 4 <=, operator 5 <,"
    " function 1 flipped(integer, integer)"
)

CASES = (
    # families
    Case("create operator family fresh using btree", superuser=True),
    Case('create operator family app."Odd ""family""" using hash', superuser=True),
    Case("alter operator family spare using btree rename to other", superuser=True),
    Case("alter operator family spare using btree set schema app", superuser=True),
    Case("alter operator family spare using btree owner to clew_other", superuser=True),
    Case("comment on operator family mixed using btree is 'of two types'", superuser=True),
    Case(
        "alter operator family spare using btree add operator 1 < (integer, bigint),"
        " function 1 (integer, bigint) flipped(integer, bigint)",
        superuser=True,
    ),
    Case(
        "alter operator family mixed using btree add operator 5 < (integer, bigint)",
        superuser=True,
    ),
    Case(
        "alter operator family mixed using btree drop operator 1 (integer, bigint)",
        superuser=True,
    ),
    Case(
        "alter operator family mixed using btree drop operator 1 (integer, bigint),"
        " operator 3 (integer, bigint), function 1 (integer, bigint)",
        superuser=True,
    ),
    Case("drop operator family spare using btree", superuser=True),
    Case("drop operator family if exists none using btree", superuser=True),
    Case("drop operator family mixed using btree cascade", superuser=True),
    # classes
    Case(f"create operator class up for type integer using btree as {_CLASS}", superuser=True),
    Case(
        f"create operator class up for type integer using btree family spare as {_CLASS}",
        superuser=True,
    ),
    Case(
        "create operator class ordered_first default for type spot using btree as"
        " operator 1 *< (record, record), operator 2 *<= (record, record),"
        " operator 3 *= (record, record), operator 4 *>= (record, record),"
        " operator 5 *> (record, record),"
        " function 1 btrecordimagecmp(record, record)",
        superuser=True,
    ),
    Case(
        "create operator class area for type box using gist as operator 3 &&,"
        " operator 15 <-> (box, point) for order by float_ops,"
        " function 1 gist_box_consistent(internal, box, smallint, oid, internal),"
        " function 2 gist_box_union(internal, internal),"
        " function 5 gist_box_penalty(internal, internal, internal),"
        " function 6 gist_box_picksplit(internal, internal),"
        " function 7 gist_box_same(box, box, internal),"
        " function 8 gist_box_distance(internal, box, smallint, oid, internal)",
        superuser=True,
    ),
    Case(
        "create operator class words for type text[] using gin as operator 1 && (anyarray, anyarray),"
        " function 1 btint4cmp(integer, integer),"
        " function 2 ginarrayextract(anyarray, internal, internal),"
        " function 3 ginqueryarrayextract(anyarray, internal, smallint, internal, internal,"
        " internal, internal),"
        " function 4 ginarrayconsistent(internal, smallint, anyarray, integer, internal,"
        " internal, internal, internal), storage integer",
        superuser=True,
    ),
    Case("alter operator class down using btree rename to downwards", superuser=True),
    Case("alter operator class down using btree set schema app", superuser=True),
    Case("alter operator class down using btree owner to clew_other", superuser=True),
    Case("comment on operator class down using btree is 'it''s down'", superuser=True),
    Case("drop operator class down using btree cascade", superuser=True),
    Case('drop operator class app."Odd ""class"" 🙂" using hash cascade', superuser=True),
    Case("drop operator class boxes using gist cascade", superuser=True),
    Case("drop operator class if exists none using btree", superuser=True),
    Case("create index again on spot (place down, id)", superuser=True),
    Case("drop index downwards", superuser=True),
    Case("alter table spot drop constraint apart", superuser=True),
    Case("alter table spot drop column area", superuser=True),
    Case("drop table spot cascade", superuser=True),
    Case("drop schema app cascade", superuser=True),
    Case("drop function flipped(integer, integer) cascade", superuser=True),
    Case("alter function flipped(integer, integer) rename to turned", superuser=True),
    Case(
        "create type backwards as range (subtype = integer, subtype_opclass = down)",
        superuser=True,
    ),
    Case(
        "create table divided (id integer, place integer) partition by range (place down)",
        superuser=True,
    ),
    Case(
        "drop operator class down using btree cascade",
        setup="create table divided (id integer, place integer) partition by range (place down);",
        superuser=True,
    ),
    # access methods
    Case("create access method rows_too type table handler heap_tableam_handler", superuser=True),
    Case("create access method trees type index handler bthandler", superuser=True),
    Case(
        'drop access method "Odd ""method"""',
        setup='create access method "Odd ""method""" type index handler bthandler;',
        superuser=True,
    ),
    Case(
        "drop access method rows_too cascade",
        setup="create access method rows_too type table handler heap_tableam_handler;"
        " create table kept (id integer primary key, name text) using rows_too;"
        " insert into kept values (1, 'a'), (2, 'b');",
        superuser=True,
    ),
    Case(
        "create table kept (id integer primary key) using rows_too",
        setup="create access method rows_too type table handler heap_tableam_handler;",
        superuser=True,
    ),
    Case(
        "comment on access method rows_too is 'heap'",
        setup="create access method rows_too type table handler heap_tableam_handler;",
        superuser=True,
    ),
)
