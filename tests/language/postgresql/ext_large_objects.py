"""Large objects, and labels of security."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Large objects and security labels"

BASE = """
create schema app;
select lo_from_bytea(4711, 'picture');
select lo_create(4712);
create table app.raster (id integer primary key, image oid);
insert into app.raster values (1, 4711), (2, 4712);
create function app.put() returns void language sql as 'select lo_put(4711, 0, ''p'')';
"""

LARGE = ("refused", "large-object")

CASES = (
    Case("select lo_get(4711)"),
    Case("select lo_get(4711, 2, 3)"),
    Case("select loread(lo_open(4711, 262144), 4)"),
    Case("create table app.copied as select lo_get(image) as image from app.raster"),
    Case("select lo_create(0)", *LARGE),
    Case("select lo_creat(-1)", *LARGE),
    Case("select lo_from_bytea(0, 'x')", *LARGE),
    Case("select pg_catalog.lo_put(4711, 0, 'x')", *LARGE),
    Case("select lowrite(lo_open(4711, 131072), 'x')", *LARGE),
    Case("select lo_truncate(lo_open(4711, 131072), 1)", *LARGE),
    Case("select lo_unlink(image) from app.raster", *LARGE),
    Case("select lo_import('/etc/hostname')", *LARGE, superuser=True),
    Case("select lo_export(4711, '/nonexistent/file')", *LARGE, superuser=True),
    Case("select app.put()", *LARGE),
    Case("do $$ begin perform app.put(); end $$", *LARGE),
    Case("do $$ begin execute 'select lo_un' || 'link(4711)'; end $$", *LARGE),
    Case("do $$ begin execute 'select lo_cre' || 'ate(4713)'; end $$", *LARGE),
    Case("alter large object 4711 owner to clew_owner", "refused", "alter-large-object"),
    Case("grant select on large object 4711 to public", "refused", "grant-on-large"),
    Case("revoke all on large object 4711 from public", "refused", "revoke-on-large"),
    Case("comment on large object 4711 is 'x'", "refused", "comment-on-large-object"),
    Case("do $$ begin alter large object 4711 owner to clew_other; end $$", *LARGE, superuser=True),
    Case("do $$ begin grant select on large object 4711 to public; end $$", *LARGE),
    Case("do $$ begin comment on large object 4711 is 'x'; end $$", *LARGE),
    Case(
        "do $$ begin comment on large object 4711 is null; end $$",
        *LARGE,
        setup="comment on large object 4711 is 'x';",
    ),
    Case(
        "create trigger raster_image before update or delete on app.raster for each row"
        " execute function lo_manage(image)",
        setup="create extension lo;",
    ),
    Case(
        "delete from app.raster",
        *LARGE,
        setup="create extension lo; create trigger t before"
        " update or delete on app.raster for each row execute function lo_manage(image);",
    ),
    Case(
        "insert into app.raster values (3, 4711)",
        setup="create extension lo; create trigger t"
        " before update or delete on app.raster for each row execute function lo_manage(image);",
    ),
    Case(
        "update app.raster set image = 4712 where id = 1",
        *LARGE,
        setup="create extension lo;"
        " create trigger t before update or delete on app.raster for each row"
        " execute function lo_manage(image);",
    ),
    Case("drop table app.raster"),
    Case("alter table app.raster alter image type bigint", "rebuild"),
)
