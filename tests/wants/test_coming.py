"""Migrations to come, rehearsed on scratch copies: what fails, why, and for which rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy.engine import make_url

from commands.doctor.finding import Finding
from commands.init import init
from commands.sources import read_sources
from journal.errors import Refused
from journal.opening import parse_url
from tests.support.roles import PASSWORD, STRANGER
from tests.support.server import Server
from tests.wants.examined import SCRATCH, Examined, kinds, only

TABLES = """
create table person (id integer primary key, email text, code text, born text);
create table pet (id integer primary key, owner integer, name text);
insert into person values (1, 'a', '17', '1815-12-10'), (2, 'a', 'x', '1881-01-01'), (3, null, null, 'never');
insert into pet values (1, 1, 'Rex'), (2, 7, 'Tom'), (3, 8, null), (4, null, null);
"""


@pytest.fixture
def living(examined: Examined) -> Examined:
    """Two tables with rows that are not all in order."""
    examined.write("1_tables", TABLES)
    examined.run(TABLES)
    return examined


def coming(living: Examined, *sql: str) -> list[Finding]:
    """Rehearse one migration of these statements."""
    living.write("2_coming", ";\n".join(sql) + ";\n")
    return living.findings(applied={"1_tables"})


def test_fine(living: Examined) -> None:
    """A migration that works on the rows there are has no finding."""
    assert coming(living, "alter table pet add column age integer", "update pet set age = 3") == []


def test_duplicates(living: Examined) -> None:
    """Values that a unique index refuses are counted and shown from the database itself."""
    found = only(coming(living, "create unique index one_email on person (email)"))
    assert (found.kind, found.where) == ("coming-duplicates", "2_coming.sql:1")
    query, tried = found.evidence
    assert (query.count, query.sample, query.scratch) == (1, (("a", 2),), False)
    assert tried.scratch
    assert ("23505" if living.postgresql else "UNIQUE") in tried.error


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("alter table person add constraint u unique (email)", 1),
        ("alter table person add constraint u unique (email, id / 10)", None),
        ("create unique index on person (lower(email), (1))", 1),
        ("create unique index on person (email) where id < 3", 1),
        ("create unique index on person ((id > 9)) where email is not null", 1),
    ],
)
def test_duplicates_of_expressions(living: Examined, sql: str, count: int | None) -> None:
    """Expressions and conditions of an index are asked for as the index has them."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    found = only(coming(living, sql))
    if count is None:
        assert found.kind == "coming-failure"  # no SQL at all
    else:
        assert (found.kind, found.evidence[0].count) == ("coming-duplicates", count)
        assert found.evidence[0].error == ""


def test_duplicates_with_nulls(living: Examined) -> None:
    """Nulls are alike only where the constraint says so."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    assert coming(living, "alter table pet add constraint u unique (name)") == []
    if "PostgreSQL 14" not in str(living.ask("select version()")):
        sql = "alter table pet add constraint u unique nulls not distinct (name)"
        assert only(coming(living, sql)).evidence[0].count == 1


def test_shown_on_one_line(living: Examined) -> None:
    """What was tried is shown on one line, comments left out and texts as they are."""
    said = "insert into person  -- why\n  (id, email)\tvalues (1, 'a  b')"
    found = only(coming(living, said))
    assert found.evidence[-1].query == "insert into person (id, email) values (1, 'a  b')"


def test_orphans(living: Examined) -> None:
    """Rows that a foreign key refuses are counted and shown; nulls are none of them."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    found = only(coming(living, "alter table pet add foreign key (owner) references person (id)"))
    assert (found.kind, found.evidence[0].count) == ("coming-orphans", 2)
    assert "2 rows refer to nothing" in found.what
    assert "23503" in found.evidence[1].error


def test_orphans_of_a_rebuilt_table(living: Examined) -> None:
    """Rows that a table made anew cannot take for a foreign key are told."""
    made = "create table pet_new (id integer primary key, owner integer references person (id))"
    found = only(coming(living, made, "insert into pet_new select id, owner from pet"))
    assert (found.kind, found.where) == ("coming-orphans", "2_coming.sql:2")
    assert ("(owner)=(7)" if living.postgresql else "2 rows of pet_new") in found.evidence[-1].error


def test_orphans_at_the_end(living: Examined) -> None:
    """What is checked only at the end of a migration is found too."""
    if living.postgresql:
        sql = "alter table pet add foreign key (owner) references person deferrable initially deferred not valid"
        found = coming(living, sql, "update pet set owner = 9 where id = 1")
    else:
        made = "create table pet_new (id integer primary key, owner integer references person (id))"
        found = coming(
            living,
            "pragma foreign_keys = off",
            made,
            "insert into pet_new select id, owner from pet",
        )
    assert only(found).kind == "coming-orphans"


def test_nulls(living: Examined) -> None:
    """Nulls where none are to be, and new columns without a value, are counted."""
    if not living.postgresql:
        found = only(coming(living, "alter table pet add column age integer not null"))
        assert found.kind == "coming-failure"
        return
    first, second = coming(
        living,
        "alter table pet alter column name set not null",
        "alter table person add column age integer not null",
    )
    assert (first.kind, first.evidence[0].count) == ("coming-nulls", 2)
    assert (second.kind, second.evidence[0].count) == ("coming-nulls", 3)


def test_checks(living: Examined) -> None:
    """Rows that a condition forbids are counted."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    found = only(coming(living, "alter table pet add check (owner < 8 and id > 0)"))
    assert (found.kind, found.evidence[0].count) == ("coming-check", 1)


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("alter table person alter column id type uuid using id::text::uuid", 3),
        ("alter table person alter column code type integer using code::integer", 1),
        ("alter table person alter column code type numeric(5,1) using code::numeric", 1),
        ("alter table person alter column code type boolean using code::boolean", 2),
        ("alter table person alter column born type date using born::date", 3),
    ],
)
def test_casts(living: Examined, sql: str, count: int) -> None:
    """Values that cannot be cast are counted where a type's form is known, else all are shown."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    found = only(coming(living, sql))
    assert (found.kind, found.evidence[0].count) == ("coming-cast", count)
    assert found.evidence[1].error.startswith("invalid input syntax")
    assert "22" in found.consequence


def test_foreign_key_types(living: Examined) -> None:
    """A foreign key between types that differ fails whatever the rows are, and says both."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    living.run('create table "Team" (id uuid primary key); delete from pet;')
    sql = 'ALTER TABLE ONLY public.pet ADD CONSTRAINT t FOREIGN KEY (owner) REFERENCES "Team"'
    found = only(coming(living, sql))
    assert found.kind == "coming-foreign-key-types"
    assert "pet.owner is integer and Team.id is uuid" in found.what
    assert "42804" in found.evidence[0].error
    assert [one.count for one in found.evidence[1:]] == [1, 1]


def test_one_hides_no_other(living: Examined) -> None:
    """A statement that fails hides no later one, and what fails with it is counted to it."""
    found = coming(
        living,
        "create unique index a on person (email)",
        "alter table nowhere add column x integer",
        "create table made as select id / 0 as x from pet",
        "create index b on made (x)",
        "insert into person (id) values (1)",
    )
    assert [(one.kind, one.where) for one in found] == [
        ("coming-duplicates", "2_coming.sql:1"),
        ("coming-failure", "2_coming.sql:2"),
        *([("coming-cast", "2_coming.sql:3")] if living.postgresql else []),
        ("coming-duplicates", "2_coming.sql:5"),
    ]
    if living.postgresql:
        assert "1 later statement" in found[2].consequence


def test_rows_that_are_needed(living: Examined) -> None:
    """What works only with the rows there are does not fail."""
    made = "create table toy (id integer primary key, pet integer not null references pet (id))"
    assert coming(living, made, "insert into toy values (1, 4)") == []
    found = only(coming(living, made, "insert into toy values (1, 5)"))
    assert (found.kind, found.where) == ("coming-orphans", "2_coming.sql:2")


def test_made_on_the_way(living: Examined) -> None:
    """Rows of what an earlier migration to come makes are asked for on the copy."""
    living.write("2_a", "create table made as select owner from pet where owner > 6;")
    living.write("3_b", "insert into made values (7);\ncreate unique index u on made (owner);\n")
    found = only(living.findings(applied={"1_tables"}))
    assert (found.kind, found.where) == ("coming-duplicates", "3_b.sql:2")
    assert (found.evidence[0].count, found.evidence[0].scratch) == (1, True)


def test_each_file_in_a_transaction(living: Examined) -> None:
    """What must be committed before it is used works in a file after."""
    if not living.postgresql:
        pytest.skip("about PostgreSQL")
    living.run("create type mood as enum ('good');")
    living.write("2_a", "alter type mood add value 'bad';")
    living.write("3_b", "create table m (x mood default 'bad');\ninsert into m default values;\n")
    living.write("4_c", "-- clew: no-transaction\ncreate index concurrently i on person (email);\n")
    assert living.findings(applied={"1_tables"}) == []


def test_named_file(living: Examined) -> None:
    """A file named by itself is rehearsed, whatever else is known."""
    living.write("2_coming", "create unique index one_email on person (email);")
    (file,) = read_sources([living.place.directory / "2_coming.sql"], living.place.kind).files
    found = only(living.findings(files=(), coming=[file]))
    assert found.kind == "coming-duplicates"


def test_with_a_journal(living: Examined) -> None:
    """A database with a journal is examined as one without, and its journal is left out."""
    init(living.place.target, asker=living.place.asker)
    found = only(coming(living, "create unique index one_email on person (email)"))
    assert found.kind == "coming-duplicates"


@contextmanager
def reader(living: Examined, server: Server, *, own: bool) -> Iterator[tuple[str, str]]:
    """A role that may only read here, and with ``own`` an empty database of its own."""
    url = make_url(living.place.url)
    name = f"{url.database}_reader"
    admin = psycopg.connect(living.place.url, autocommit=True)
    with admin, psycopg.connect(server.admin, autocommit=True) as root:
        admin.execute(f"grant select on all tables in schema public to {STRANGER}".encode())
        if own:
            root.execute(f'create database "{name}" owner {STRANGER} template template0'.encode())
        try:
            role = url.set(username=STRANGER, password=PASSWORD)
            yield (
                role.render_as_string(hide_password=False),
                role.set(database=name).render_as_string(hide_password=False),
            )
        finally:
            if own:
                root.execute(f'drop database "{name}" with (force)'.encode())
            admin.execute(f"revoke all on all tables in schema public from {STRANGER}".encode())


def test_only_read(server_side: Examined, server: Server) -> None:
    """A role that may only read examines with a scratch database of its own."""
    server_side.write("1_tables", TABLES)
    server_side.run(TABLES)
    server_side.write("2_coming", "create unique index one_email on person (email);")
    server_side.write("3_wanted", "create table wanted (id integer);")
    with reader(server_side, server, own=True) as (url, own):
        scratch = replace(SCRATCH, into=parse_url(own))
        found = server_side.findings(url=url, scratch=scratch, applied={"1_tables", "3_wanted"})
        assert kinds(found) == [
            ("coming-duplicates", "2_coming.sql:1"),
            ("missing-table", "wanted"),
        ]
        with psycopg.connect(own) as db:
            query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
            assert db.execute(query).fetchone() == (0,)


def test_no_right_to_copy(server_side: Examined, server: Server) -> None:
    """Where not all can be copied, that is said, and what is wanted is found all the same."""
    server_side.write("1_tables", TABLES)
    server_side.run(TABLES)
    server_side.write("2_coming", "create unique index one_email on person (email);")
    server_side.write("3_wanted", "create table wanted (id integer);")
    with reader(server_side, server, own=True) as (url, own):
        server_side.run(f'revoke select on pet from "{make_url(url).username}"')
        scratch = replace(SCRATCH, into=parse_url(own))
        found = server_side.findings(url=url, scratch=scratch, applied={"1_tables", "3_wanted"})
    assert kinds(found) == [("missing-table", "wanted"), ("not-rehearsed", "2_coming.sql")]
    assert "permission denied" in found[-1].what


def test_no_place_to_try(server_side: Examined, server: Server) -> None:
    """Who may not create databases and names none is told so, and nothing is done."""
    server_side.write("1_a", "create table a (id integer);")
    with reader(server_side, server, own=False) as (url, _), pytest.raises(Refused) as refused:
        server_side.findings(url=url)
    assert "may not create databases" in refused.value.message
    assert "--scratch" in refused.value.hint
