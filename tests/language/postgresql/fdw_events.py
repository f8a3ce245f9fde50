"""Event triggers: made, switched and dropped, and fired by what Clew does itself."""

from __future__ import annotations

from tests.language.cases import Case, Outcome

SECTION = "Event triggers"

BASE = """
create schema app;
create table app.person (id integer primary key, name text);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create table app.log (at bigint generated always as identity, said text);
create function app.quiet() returns event_trigger language plpgsql as $$ begin end $$;
create function app.telling() returns event_trigger language plpgsql as $$
begin insert into app.log (said) values (tg_event || ' ' || tg_tag); end $$;
create function app."Od""d 🙂"() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger silent on ddl_command_start execute function app.quiet();
create event trigger tagged on ddl_command_end
    when tag in ('CREATE TABLE', 'ALTER TABLE') execute function app.quiet();
create event trigger "Ev ""ent 🙂" on sql_drop execute function app."Od""d 🙂"();
create event trigger off on table_rewrite execute function app.quiet();
alter event trigger off disable;
comment on event trigger tagged is 'some of them';
"""

_TELLING = "create event trigger telling on ddl_command_end execute function app.telling()"
_DROPS = "create event trigger telling on sql_drop execute function app.telling()"
_ALWAYS = f"{_TELLING}; alter event trigger telling enable always"


def _case(statement: str, setup: str = "", outcome: Outcome = "exact") -> Case:
    """Return a case for a superuser, who may switch off what writes since version 17."""
    since = 17 if setup or "telling" in statement else 0
    return Case(statement, outcome, setup=setup, since=since, superuser=True)


CASES = (
    _case("create event trigger fresh on ddl_command_start execute function app.quiet()"),
    _case("create event trigger fresh on ddl_command_end execute procedure app.quiet()"),
    _case(
        "create event trigger fresh on sql_drop when tag in ('DROP TABLE', 'DROP VIEW')"
        " execute function app.telling()"
    ),
    _case("create event trigger fresh on table_rewrite execute function app.quiet()"),
    # The server marks the database for it, and keeps the mark.
    Case(
        "create event trigger fresh on login execute function app.quiet()",
        "refused",
        "database",
        since=17,
        superuser=True,
    ),
    _case('create event trigger "Fre ""sh 🙂" on sql_drop execute function app."Od""d 🙂"()'),
    _case(_TELLING),
    _case("alter event trigger silent disable"),
    _case("alter event trigger silent enable replica"),
    _case("alter event trigger silent enable always"),
    _case("alter event trigger off enable"),
    _case("alter event trigger silent rename to silence"),
    _case('alter event trigger "Ev ""ent 🙂" rename to "other ""one"'),
    _case("alter event trigger silent owner to postgres"),
    _case("comment on event trigger silent is 'hush'"),
    _case("comment on event trigger tagged is null"),
    _case("drop event trigger silent"),
    _case("drop event trigger if exists nothing, tagged cascade"),
    _case('drop event trigger "Ev ""ent 🙂"'),
    _case("drop function app.quiet() cascade"),
    _case("alter function app.quiet() rename to hush"),
    _case("alter function app.quiet() set schema public"),
    _case("alter schema app rename to application"),
    _case("drop schema app cascade"),
    _case(
        "create or replace function app.quiet() returns event_trigger language plpgsql as"
        " $$ begin perform 1; end $$"
    ),
    _case("do $$ begin drop event trigger silent; end $$"),
    # They fire on the user's statement, whose rows come back; on Clew's own they do not.
    _case("create table app.fresh (a integer)", _TELLING),
    _case("create table app.fresh (a integer)", _DROPS),
    _case("create table app.fresh (a integer)", _ALWAYS),
    _case("alter table app.person add column age integer", _TELLING),
    _case("alter table app.person drop column name", _TELLING, "rebuild"),
    _case("alter table app.person drop column name", _DROPS, "rebuild"),
    _case("alter table app.person alter column id type bigint", _TELLING, "rebuild"),
    _case("drop table app.person", _DROPS),
    _case("drop table app.person", _ALWAYS),
    _case("update app.person set name = 'x'", _TELLING),
    _case("insert into app.person values (21, 'x')", _ALWAYS),
    _case("alter event trigger telling disable", _TELLING),
    _case("drop event trigger telling", _TELLING),
    _case("drop event trigger telling", _ALWAYS),
    _case("create index on app.person (name)", _TELLING),
    _case("comment on table app.person is 'x'", _TELLING),
)
