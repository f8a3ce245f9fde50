"""Languages and transforms: a superuser's."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Languages and transforms"

BASE = """
create schema app;
create language plain handler plpgsql_call_handler inline plpgsql_inline_handler
    validator plpgsql_validator;
create trusted language "Odd ""language"" 🙂" handler plpgsql_call_handler;
create function answer() returns integer language plain as $$ begin return 42; end $$;
create view answers as select answer();
create function app.from_hstore(internal) returns internal immutable language internal
    as 'textin';
create function to_point(internal) returns point immutable language internal as 'point_in';
create type app.thing as (a integer);
create function to_thing(internal) returns app.thing immutable language internal as 'record_in';
create transform for point language plain
    (from sql with function app.from_hstore(internal), to sql with function to_point(internal));
create function shifted(point) returns point transform for type point language plain
    as $$ begin return $1; end $$;
create view shifts as select shifted(point(1, 2));
"""

CASES = (
    Case("create language fresh handler plpgsql_call_handler", superuser=True),
    Case(
        "create trusted procedural language fresh handler plpgsql_call_handler"
        " inline plpgsql_inline_handler validator plpgsql_validator",
        superuser=True,
    ),
    Case("create or replace language plain handler plpgsql_call_handler", superuser=True),
    Case(
        "create or replace trusted language plain handler plpgsql_call_handler"
        " inline plpgsql_inline_handler validator plpgsql_validator",
        superuser=True,
    ),
    Case("alter language plain rename to simple", superuser=True),
    Case('alter language "Odd ""language"" 🙂" rename to "l 2"', superuser=True),
    Case('alter language "Odd ""language"" 🙂" owner to clew_owner', superuser=True),
    Case("comment on language plain is 'it''s plain'", superuser=True),
    Case('grant usage on language "Odd ""language"" 🙂" to clew_other', superuser=True),
    Case('revoke usage on language "Odd ""language"" 🙂" from public', superuser=True),
    Case('drop language "Odd ""language"" 🙂"', superuser=True),
    Case(
        'drop language "Odd ""language"" 🙂"',
        setup='grant usage on language "Odd ""language"" 🙂" to clew_other with grant option;'
        ' comment on language "Odd ""language"" 🙂" is \'odd\';',
        superuser=True,
    ),
    Case("drop language if exists none", superuser=True),
    Case("drop language plain cascade", superuser=True),
    Case("drop procedural language plain cascade", superuser=True),
    Case(
        "create function other() returns integer language plain as $$ begin return 1; end $$",
        superuser=True,
    ),
    Case("comment on language plpgsql is 'other'", "refused", "extension", superuser=True),
    # transforms
    Case(
        "create transform for app.thing language plain (to sql with function to_thing(internal))",
        superuser=True,
    ),
    Case(
        "create transform for box language plain"
        " (from sql with function app.from_hstore(internal))",
        superuser=True,
    ),
    Case(
        "create or replace transform for point language plain"
        " (to sql with function to_point(internal))",
        superuser=True,
    ),
    Case("comment on transform for point language plain is 'a point'", superuser=True),
    Case("drop transform for point language plain cascade", superuser=True),
    Case(
        "drop transform for point language plain",
        setup="drop function shifted(point) cascade;",
        superuser=True,
    ),
    Case("drop transform if exists for box language plain", superuser=True),
    Case("drop function to_point(internal) cascade", superuser=True),
    Case("alter function to_point(internal) rename to pointed", superuser=True),
    Case("drop schema app cascade", superuser=True),
)
