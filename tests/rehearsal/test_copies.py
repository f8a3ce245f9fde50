"""Scratch copies: how they are made, refused, removed, and found when somebody left them."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.rehearse import rehearse as rehearsing
from journal.copying import footprint, leftovers
from journal.errors import Busy, NotFound, Refused, Unreachable, Usage
from journal.opening import parse_url
from journal.postgresql.scratch import making
from journal.scratch import Wanted
from tests.rehearsal.theatre import Theatre, against, items, only, programs
from tests.support.oracle import pg_program, sqlite_path
from tests.support.roles import PLAIN

SQL = "alter table person add column name text;\nupdate person set name = email;\n"


def wanted(**told: object) -> Wanted:
    """Say how a copy is to be made."""
    return msgspec.structs.replace(Wanted(programs=programs(), lock_timeout=1.0), **told)


@pytest.fixture
def stage(theatre: Theatre) -> Theatre:
    """A place with one good migration pending."""
    theatre.write("2_name", SQL)
    return theatre


@pytest.fixture
def lite(stage: Theatre) -> Theatre:
    """The same, on SQLite only."""
    if stage.postgresql:
        pytest.skip("about SQLite files")
    return stage


@pytest.fixture
def server_side(stage: Theatre) -> Theatre:
    """The same, on PostgreSQL only."""
    if not stage.postgresql:
        pytest.skip("about PostgreSQL databases")
    return stage


class Died(BaseException):
    """Somebody pressed Ctrl-C."""


def test_interrupted(stage: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is removed when somebody interrupts, wherever that is."""

    def die(*_: object, **__: object) -> None:
        assert len(stage.copies()) == 1
        raise Died

    monkeypatch.setattr(rehearsing, "there_and_back", die)
    with pytest.raises(Died):
        stage.rehearse()
    assert stage.copies() == []


def test_kept_and_left_over(stage: Theatre) -> None:
    """A kept copy stays and is named without a password; the next rehearsal finds it."""
    kept = stage.rehearse(wanted=wanted(kept=True), keep_left=True)
    (copy,) = stage.copies()
    assert kept.copy.kept
    assert Path(copy).name in kept.copy.url
    assert ":clew@" not in kept.copy.url
    answer = stage.rehearse(keep_left=True)
    assert answer.go
    assert copy in answer.leftovers
    assert copy in " ".join(one.evidence for one in items(answer, "leftover"))
    assert stage.copies() == [copy]
    if stage.postgresql:
        stage.drop(copy)


def test_a_copy_in_use_is_no_leftover(stage: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another rehearsal that is going on is not taken for a leftover."""
    seen = []

    def look(*_: object, **__: object) -> None:
        seen.append((stage.copies(), leftovers(parse_url(stage.place.url))))
        raise Died

    monkeypatch.setattr(rehearsing, "there_and_back", look)
    with pytest.raises(Died):
        stage.rehearse()
    ((copies, left),) = seen
    assert len(copies) == 1
    assert copies[0] not in left


def test_no_journal(stage: Theatre, tmp_path: Path) -> None:
    """Without a journal there is nothing to rehearse, and no copy is made."""
    if stage.postgresql:
        url = stage.database("clew_without_journal")
    else:
        url = f"sqlite:///{tmp_path / 'other.db'}"
        with closing(sqlite3.connect(tmp_path / "other.db")) as db:
            db.execute("create table x (id integer)")
    theatre = stage.place.target
    stage.place.url = url
    with pytest.raises(NotFound):
        rehearsing.rehearse(
            msgspec.structs.replace(theatre, url=parse_url(url)),
            rehearsing.Asked(paths=[stage.place.directory]),
            asker=stage.place.asker,
            wanted=wanted(),
            bounds=rehearsing.Bounds(),
        )
    if stage.postgresql:
        stage.place.url = theatre.url.render_as_string(hide_password=False).replace("+psycopg", "")
        stage.drop("clew_without_journal")
    assert stage.copies() == []


def test_sample(stage: Theatre) -> None:
    """A sample holds rows with all that they refer to, and the answer says what is weaker."""
    people, pets = numbers(stage, 100), numbers(stage, 90)
    stage.place.sql(f"insert into person select n + 10, 'x', 0 from ({people}) s")
    stage.place.sql(f"insert into pet select n + 10, 110 - n from ({pets}) s")
    answer = stage.rehearse(wanted=wanted(sample=5))
    assert answer.go, against(answer)
    assert answer.copy.sample == 5
    assert only(answer, "sample").verdict == "note"
    (one,) = answer.migrations
    assert 5 <= one.rows <= 10
    assert (one.returned, one.repeated) == ("exact", "exact")


def numbers(stage: Theatre, count: int) -> str:
    """Return a query of the numbers from 1 on."""
    if stage.postgresql:
        return f"select generate_series(1, {count}) as n"
    return (
        "with recursive s (n) as (select 1 union all select n + 1 from s"
        f" where n < {count}) select n from s"
    )


def test_odd_names(stage: Theatre) -> None:
    """Names that need quoting are copied, sampled, tried and told like any other."""
    stage.write(
        "3_odd",
        'create table "o dd\'s ""table""" ("a b" integer primary key, "select" text);\n'
        'insert into "o dd\'s ""table""" values (1, \'x\'), (2, \'y\');\n',
    )
    stage.apply()
    stage.write("4_more", 'update "o dd\'s ""table""" set "select" = \'z\';\n')
    for sample in (None, 1):
        answer = stage.rehearse(wanted=wanted(sample=sample))
        assert answer.go, against(answer)
        assert answer.migrations[0].rows == (sample or 2)


# --- a scratch database that is given -------------------------------------------------------


def test_given(stage: Theatre, tmp_path: Path) -> None:
    """A given scratch database is filled, and is empty again at the end."""
    name = 'clew scratch\'s "own"'
    if stage.postgresql:
        url = make_url(stage.place.url).set(database=name)
        with psycopg.connect(stage.place.url, autocommit=True) as db:
            db.execute('DROP DATABASE IF EXISTS "clew scratch\'s ""own"""')
            db.execute('CREATE DATABASE "clew scratch\'s ""own""" TEMPLATE template0')
        into = url.set(drivername="postgresql+psycopg")
    else:
        into = parse_url(f"sqlite:///{tmp_path / name}.db")
    for _ in range(2):  # the second time proves that it was emptied
        answer = stage.rehearse(wanted=wanted(into=into))
        assert answer.go, against(answer)
    if stage.postgresql:
        with psycopg.connect(stage.place.url, autocommit=True) as db:
            db.execute('DROP DATABASE "clew scratch\'s ""own"""')
    else:
        assert not list(tmp_path.glob("clew scratch*"))


def test_given_and_not_empty(stage: Theatre, tmp_path: Path) -> None:
    """A scratch database with anything in it is refused, and nothing is written to it."""
    if stage.postgresql:
        text = stage.database("clew_not_empty")
        with psycopg.connect(text, autocommit=True) as db:
            db.execute("create table precious (id integer)")
    else:
        text = f"sqlite:///{tmp_path / 'precious.db'}"
        with closing(sqlite3.connect(tmp_path / "precious.db")) as db:
            db.execute("create table precious (id integer)")
    with pytest.raises(Refused, match="expected"):
        stage.rehearse(wanted=wanted(into=parse_url(text)))
    if stage.postgresql:
        with psycopg.connect(text, autocommit=True) as db:
            found = db.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace"
            )
            assert found.fetchall() == [("precious",)]
        stage.drop("clew_not_empty")
    else:
        with closing(sqlite3.connect(tmp_path / "precious.db")) as db:
            assert db.execute("select name from sqlite_master").fetchall() == [("precious",)]


def test_given_and_not_there(stage: Theatre) -> None:
    """A scratch URL that leads nowhere, or to another kind of database, is an error."""
    nowhere = {
        "sqlite": "sqlite:////no/such/directory/x.db",
        "postgresql": "postgresql://me:secret@127.0.0.1:1/x",
    }
    with pytest.raises(Unreachable) as error:
        stage.rehearse(wanted=wanted(into=parse_url(nowhere[stage.place.kind])))
    assert "secret" not in error.value.message
    other = nowhere["sqlite" if stage.postgresql else "postgresql"]
    with pytest.raises(Usage, match="expected a scratch URL of"):
        stage.rehearse(wanted=wanted(into=parse_url(other)))


def test_the_database_itself_is_no_scratch(stage: Theatre) -> None:
    """The database that is rehearsed for cannot be its own scratch copy."""
    with pytest.raises(Refused):
        stage.rehearse(wanted=wanted(into=parse_url(stage.place.url)))


# --- SQLite -------------------------------------------------------------------------------------


def test_write_ahead_log(lite: Theatre) -> None:
    """What stands only in a write-ahead log is copied, and the log is not folded in."""
    with closing(sqlite3.connect(sqlite_path(lite.place.url))) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma wal_autocheckpoint = 0")
        db.execute("insert into person values (4, 'd', 1)")
        db.commit()
        answer = lite.rehearse()
        assert answer.go, against(answer)
        assert answer.migrations[0].rows == 4


def test_a_writer_at_work(lite: Theatre) -> None:
    """A writer that has begun keeps nobody from copying; one that writes to the file does."""
    with closing(sqlite3.connect(sqlite_path(lite.place.url), isolation_level=None)) as db:
        db.execute("begin immediate")
        db.execute("update person set born = 1")
        copying = rehearsing.scratch_copy(parse_url(lite.place.url), wanted())
        with copying as copied, closing(sqlite3.connect(str(copied.url.database))) as copy:
            assert copy.execute("select min(born) from person").fetchone() == (1815,)
        db.execute("rollback")
        db.execute("begin exclusive")
        with pytest.raises(Busy):
            rehearsing.scratch_copy(parse_url(lite.place.url), wanted(lock_timeout=0.1)).__enter__()
        db.execute("rollback")
    assert lite.copies() == []


def test_a_file_that_is_read_only(lite: Theatre) -> None:
    """A file that may only be read can be rehearsed for."""
    file = Path(sqlite_path(lite.place.url))
    file.chmod(stat.S_IRUSR)
    assert lite.rehearse().go


def test_the_copy_is_private(lite: Theatre) -> None:
    """Nobody else reads the copy."""
    with rehearsing.scratch_copy(parse_url(lite.place.url), wanted()) as copied:
        file = Path(str(copied.url.database))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_no_sample_of_virtual_tables(lite: Theatre) -> None:
    """A virtual table cannot be sampled, which is said."""
    lite.place.sql("create virtual table v using fts5 (x)")
    with pytest.raises(Refused, match="virtual"):
        lite.rehearse(wanted=wanted(sample=1))


def test_a_sample_keeps_all_but_rows(lite: Theatre) -> None:
    """Definitions, rowids, places of sequences and numbers of the header come with a sample."""
    lite.place.sql(
        "create table a (id integer primary key autoincrement, x text) strict",
        "create table w (k text primary key, v any) strict, without rowid",
        "create table g (x integer, y integer generated always as (x * 2) stored)",
        "create index by_x on a (x) where x is not null",
        "create view both as select * from a, w",
        "create trigger t after insert on a begin insert into w values (new.x, 1); end",
        "insert into a (x) values ('p'), ('q'), ('r')",
        "insert into g (rowid, x) values (7, 1)",
        "pragma user_version = 9",
    )
    with (
        rehearsing.scratch_copy(parse_url(lite.place.url), wanted(sample=2)) as copied,
        closing(sqlite3.connect(sqlite_path(lite.place.url))) as db,
        closing(sqlite3.connect(str(copied.url.database))) as copy,
    ):
        texts = "select type, name, tbl_name, sql from sqlite_master order by 1, 2"
        assert copy.execute(texts).fetchall() == db.execute(texts).fetchall()
        assert copy.execute("select count(*) from a").fetchone() == (2,)
        assert copy.execute("select count(*) from w").fetchone() == (2,)
        assert copy.execute("select rowid, x, y from g").fetchall() == [(7, 1, 2)]
        assert copy.execute("select seq from sqlite_sequence where name = 'a'").fetchone() == (3,)
        assert copy.execute("pragma user_version").fetchone() == (9,)


# --- PostgreSQL -----------------------------------------------------------------------------------


def test_no_right_to_create_databases(server_side: Theatre, server: object) -> None:
    """A role without CREATEDB is told what it may do instead, and does that."""
    admin = getattr(server, "admin")  # noqa: B009 - told apart from the fixture's type
    name = make_url(server_side.place.url).database
    plain = make_url(server_side.place.url).set(username=PLAIN)
    server_side.place.url = plain.render_as_string(hide_password=False)
    try:
        with pytest.raises(Refused, match="may not create databases") as error:
            server_side.rehearse()
        assert "--scratch" in error.value.hint
        with psycopg.connect(admin, autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{name}_s" OWNER clew_owner TEMPLATE template0'.encode())
        into = parse_url(plain.set(database=f"{name}_s").render_as_string(hide_password=False))
        answer = server_side.rehearse(wanted=wanted(into=into))
        assert answer.go, against(answer)
    finally:
        with psycopg.connect(admin, autocommit=True) as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}_s" WITH (FORCE)'.encode())


def test_template(server_side: Theatre) -> None:
    """A template is copied whole while nobody is connected, and refused otherwise."""
    answer = server_side.rehearse(wanted=wanted(way="template"))
    assert answer.go, against(answer)
    assert "template" in answer.copy.how
    with psycopg.connect(server_side.place.url), pytest.raises(Refused, match="template"):
        server_side.rehearse(wanted=wanted(way="template"))
    with pytest.raises(Refused, match="whole"):
        server_side.rehearse(wanted=wanted(way="template", sample=1))


def test_without_programs(server_side: Theatre, tmp_path: Path) -> None:
    """Without pg_dump a template is left, and definitions are compared by the catalogs."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    with pytest.raises(Refused, match="pg_dump"):
        server_side.rehearse(wanted=wanted(programs=nothing))
    answer = server_side.rehearse(wanted=wanted(programs=nothing, way="template"))
    assert answer.go, against(answer)
    assert answer.compared_by == "the catalogs"


def test_others_go_on(server_side: Theatre) -> None:
    """While a copy is made, an application writes and reads; what it has not committed is not in it."""
    with psycopg.connect(server_side.place.url) as application:
        application.execute("update person set born = 1")
        with making.closing_session(parse_url(server_side.place.url), 1.0) as session:
            url = parse_url(server_side.place.url)
            with rehearsing.scratch_copy(url, wanted()) as copied:
                application.execute("insert into person values (9, 'z', 1)")
                plain = copied.url.set(drivername="postgresql")
                with psycopg.connect(plain.render_as_string(hide_password=False)) as copy:
                    rows = copy.execute("select min(born), count(*) from person").fetchone()
                assert rows == (1815, 3)
                held = session.query(
                    "SELECT mode FROM pg_locks WHERE relation = 'person'::regclass AND pid <> %s",
                    (application.info.backend_pid,),
                )
                assert held == []
        application.rollback()


def test_settings_of_the_database(server_side: Theatre) -> None:
    """Settings of the database hold in the copy too, lists and odd ones among them."""
    name = make_url(server_side.place.url).database
    server_side.place.sql(
        f'alter database "{name}" set search_path to "$user", public, "o dd"',
        f'alter database "{name}" set datestyle to german',
        f"alter database \"{name}\" set timezone to 'Asia/Tokyo'",
    )
    with rehearsing.scratch_copy(parse_url(server_side.place.url), wanted()) as copied:
        plain = copied.url.set(drivername="postgresql").render_as_string(hide_password=False)
        for setting in ("search_path", "datestyle", "timezone"):
            show = f"show {setting}".encode()
            with psycopg.connect(plain) as copy, psycopg.connect(server_side.place.url) as db:
                assert copy.execute(show).fetchone() == db.execute(show).fetchone()


def test_a_sample_keeps_keys_through_partitions(server_side: Theatre) -> None:
    """Rows that a partition refers to, and partitions that are referred to, come along."""
    server_side.place.sql(
        "create table part (id integer primary key, boss integer references part (id))"
        " partition by range (id)",
        "create table part_1 partition of part for values from (0) to (100)",
        "create table part_2 partition of part for values from (100) to (200)",
        "insert into part select n, null from generate_series(1, 99) n",
        "insert into part select n, n - 100 from generate_series(101, 199) n",
        "create table counted (id serial primary key, x integer generated always as (1) stored)",
        "insert into counted select from generate_series(1, 50)",
    )
    with rehearsing.scratch_copy(parse_url(server_side.place.url), wanted(sample=4)) as copied:
        plain = copied.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as copy:
            assert copy.execute("select count(*) from part_2").fetchone() == (4,)
            count = copy.execute("select count(*) from part_1").fetchone()
            assert count
            assert 4 <= count[0] <= 8
            assert copy.execute("select last_value from counted_id_seq").fetchone() == (50,)


def test_while_another_run_is_at_work(stage: Theatre) -> None:
    """A run that holds the journal neither waits for a rehearsal nor keeps it waiting."""
    target = stage.place.target
    with target.journal() as journal:
        journal.database.hold("apply at work", wait=1.0)
        answer = stage.rehearse()
        assert answer.go, against(answer)
        journal.database.release()


def test_newer_programs(server_side: Theatre) -> None:
    """Programs newer than the server do as well as its own."""
    newest = Path(pg_program("pg_dump")[0]).parent
    answer = server_side.rehearse(wanted=wanted(programs=newest))
    assert answer.go, against(answer)


def test_partitioned_tables_are_there(server_side: Theatre) -> None:
    """A partitioned table is one that was there, though it holds no rows itself."""
    server_side.place.sql("create table part (id integer) partition by range (id)")
    found = footprint(parse_url(server_side.place.url), programs=programs())
    assert "public.part" in found.stored
    assert "public.part" not in found.tables
