"""What programmers define, seen by the readers beside what others do and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import ChangedSince, NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = """
create function plus(integer, integer) returns integer immutable language sql
    as 'select coalesce($1, 0) + $2';
create function jitter(integer, integer) returns integer volatile language sql
    as 'select coalesce($1, 0) + $2';
create function near(integer, integer) returns boolean immutable language sql
    as 'select abs($1 - $2) < 3';
create aggregate total(integer) (sfunc = plus, stype = integer);
create aggregate unsteady(integer) (sfunc = jitter, stype = integer);
create operator <~> (function = near, leftarg = integer, rightarg = integer);
create type mood as enum ('sad', 'ok');
create table t (id integer primary key, n integer);
insert into t select i, i from generate_series(1, 10) i;
"""

Making = Callable[[str], Run]


@pytest.fixture
def make(postgresql_url: str) -> Iterator[Making]:
    """Makes the database with more, and a run over it."""
    made: list[Run] = []

    def _make(more: str = "") -> Run:
        made.append(Run(postgresql_url, BASE + more))
        return made[0]

    yield _make
    for one in made:
        one.database.close()


@pytest.mark.parametrize(
    "theirs",
    [
        "create aggregate other(integer) (sfunc = plus, stype = integer)",
        "create operator %% (function = near, leftarg = integer, rightarg = integer)",
        "create cast (mood as text) with inout",
        'create collation other from "C"',
    ],
)
def test_theirs(make: Making, theirs: str) -> None:
    """What another session defines while a run is under way is none of the run's doing."""
    run = make("")
    entry = run.open()
    with psycopg.connect(run.url, autocommit=True) as other:
        other.execute(theirs.encode())
    sql = "create operator @/ (function = abs, rightarg = integer)"
    effect = run.database.execute(sql, run=entry)
    assert [c.after.path[-1] for c in effect.changes if c.after] == ["@/(NONE, integer)"]
    run.database.abort()


def test_built_on_since(make: Making) -> None:
    """What somebody built on an operator since is not dropped with it."""
    run = make("")
    done = run.do("create operator %% (function = near, leftarg = integer, rightarg = integer)")
    with psycopg.connect(run.url, autocommit=True) as other:
        other.execute("create view theirs as select id from t where id %% n")
    before = fingerprint(run.url)
    with pytest.raises(ChangedSince):
        run.undo(done)
    run.database.abort()
    assert fingerprint(run.url) == before


def test_named_by_oid(make: Making) -> None:
    """An operator that a row names by its oid is not dropped: it would come back with another."""
    run = make("create table named (o regoperator); insert into named values ('<~>(int, int)');")
    with pytest.raises(NotKnownExact) as refused:
        run.do("drop operator <~> (integer, integer)")
    assert refused.value.name == "object-reference"


def test_volatile_within(make: Making) -> None:
    """An aggregate is as volatile as the functions that it is made of, not as it says itself."""
    run = make("create materialized view sums as select unsteady(n) as sum from t;")
    with pytest.raises(NotKnownExact) as refused:
        run.do("drop materialized view sums")
    assert refused.value.name == "materialized-view"


def test_a_superusers(make: Making, server: Server) -> None:
    """What only a superuser can make again is not dropped along by the owner of its schema."""
    run = make("create schema app;")
    url = make_url(server.admin).set(database=make_url(run.url).database)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute("create operator family app.words using btree")
    run.read()
    with pytest.raises(NotKnownExact) as refused:
        run.do("drop schema app cascade")
    assert refused.value.name == "superuser"


LOCALES = (
    "create collation fresh (provider = icu, locale = 'sv')",
    "create collation fresh (provider = icu, locale = 'und', deterministic = false)",
    "create collation fresh from german",
    "alter collation german rename to deutsch",
    "alter collation nocase refresh version",
    "drop collation german cascade",
    "drop collation nocase cascade",
    "alter table word alter folded type text",
)
ICU = """
create collation german (provider = icu, locale = 'de-u-co-phonebk');
create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation old (provider = icu, locale = 'sv', version = '1');
create collation older (provider = icu, locale = 'sv', version = '1');
create table word (id integer primary key, text text, folded text collate nocase unique,
    former text collate older);
insert into word select i, 'w' || i, 'W' || i from generate_series(1, 20) i;
create index by_german on word (text collate german);
create view sorted as select text from word order by text collate german;
"""


@pytest.fixture
def icu(make: Making, postgresql_url: str) -> Run:
    """A database with collations of ICU."""
    with psycopg.connect(postgresql_url, autocommit=True) as session:
        try:
            session.execute("create collation pg_temp.tried (provider = icu, locale = 'de')")
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this server was built without ICU")
    return make(ICU)


@pytest.mark.parametrize("statement", [*LOCALES, "alter collation old refresh version"])
def test_locales(icu: Run, statement: str) -> None:
    """Collations of ICU come back with their locale, version and what is built on them."""
    before = fingerprint(icu.url)
    done = icu.do(statement)
    after = fingerprint(icu.url)
    undone = icu.undo(done)
    assert fingerprint(icu.url) == before
    icu.undo(undone)
    assert fingerprint(icu.url) == after


def test_built_on(icu: Run) -> None:
    """A version is not refreshed under a column: only dropping the collation brings it back."""
    with pytest.raises(NotKnownExact) as refused:
        icu.do("alter collation older refresh version")
    assert refused.value.name == "built-on"
