"""What cannot be recorded on a program's connection, and how the connection comes back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

import commands
from commands import recording
from journal.errors import NotExact, NotFound, Refused, TransactionOpen
from tests.drills.operator import Operator
from tests.program import programs
from tests.program.engines import engine_of
from tests.program.programs import goods


def test_other_drivers() -> None:
    """Another driver is refused in one line that names the one to use, before it connects."""
    other = create_engine(
        "postgresql+pg8000://nowhere/none",
        module=SimpleNamespace(paramstyle="format", __version__="1.31"),
    )
    with pytest.raises(Refused, match=r"found postgresql\+pg8000") as refused, recording(other):
        pass
    assert "postgresql+psycopg://" in refused.value.hint
    assert "clew record --" in refused.value.hint
    session: Any = Session()
    with pytest.raises(Refused, match="found Session"), recording(session):
        pass


def test_no_journal(url: str) -> None:
    """A database without a journal is told so."""
    with engine_of(url) as engine, pytest.raises(NotFound, match="journal"), recording(engine):
        pass


def test_open_transaction(operator: Operator) -> None:
    """A connection on which something was executed already is refused; one just begun is not."""
    operator.begin_with(programs.FOUND)
    with engine_of(operator.url) as engine:
        with engine.connect() as connection:
            connection.execute(insert(goods).values(id=7, name="before"))
            with pytest.raises(TransactionOpen), recording(connection):
                pass
            assert connection.execute(select(goods.c.id).where(goods.c.id == 7)).scalar() == 7
            connection.rollback()
            with recording(connection) as run:
                assert run.connection is connection
                connection.execute(insert(goods).values(id=8, name="within"))
        with engine.begin() as connection, recording(connection):
            connection.execute(insert(goods).values(id=9, name="begun"))
    found = operator.application("SELECT id FROM goods WHERE id > 3 ORDER BY 1")
    assert found == [(8,), (9,)]
    operator.fingerprint()


def test_nested(operator: Operator) -> None:
    """A block within a block is refused, and takes the outer one with it."""
    before = operator.begin_with(programs.FOUND)
    with (
        engine_of(operator.url) as engine,
        engine.connect() as connection,
        pytest.raises(Refused),
        recording(connection),
    ):
        connection.execute(insert(goods).values(id=7, name="outer"))
        with recording(connection):
            pass
    assert operator.fingerprint() == before


def _write(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    cursor.execute("INSERT INTO goods (id, name) VALUES (7, 'unseen')")
    cursor.close()


def _alter(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    cursor.execute("CREATE TABLE unseen (id integer)")
    cursor.close()


def _commit(connection: Connection) -> None:
    connection.connection.commit()


@pytest.mark.parametrize("act", [_write, _alter, _commit])
@pytest.mark.parametrize("after", ["nothing", "more"])
def test_past_sqlalchemy(act: Any, after: str, operator: Operator) -> None:
    """What a cursor of the driver does past SQLAlchemy is noticed, and nothing is kept of it."""
    before = operator.begin_with(programs.FOUND)
    with (
        engine_of(operator.url) as engine,
        engine.connect() as connection,
        pytest.raises((NotExact, Refused)),
        recording(connection),
    ):
        act(connection)
        if after == "more":
            connection.execute(insert(goods).values(id=8, name="seen"))
    assert operator.fingerprint() == before


def test_commit_of_the_driver(postgresql_operator: Operator) -> None:
    """A commit on psycopg's connection is refused before it keeps what has no record yet."""
    before = postgresql_operator.begin_with(programs.FOUND)
    with engine_of(postgresql_operator.url) as engine, engine.connect() as connection:
        with pytest.raises(Refused, match="driver"), recording(connection):
            connection.execute(insert(goods).values(id=7, name="half"))
            connection.connection.commit()
        connection.execute(text("SELECT 1"))
        connection.connection.commit()
    assert postgresql_operator.fingerprint() == before


def test_cursor_on_the_server(postgresql_operator: Operator) -> None:
    """A cursor on the server is refused: what reading from it does would not be seen."""
    postgresql_operator.begin_with(programs.FOUND)
    with (
        engine_of(postgresql_operator.url) as engine,
        pytest.raises(Refused, match="cursor on the server"),
        recording(engine) as run,
    ):
        run.connection.execution_options(stream_results=True).execute(select(goods))


def test_other_files(sqlite_operator: Operator, tmp_path: Path) -> None:
    """A database in memory, and a connection with another file attached, are refused."""
    with (
        engine_of("sqlite://", poolclass=StaticPool) as engine,
        pytest.raises(Refused, match="in memory"),
        recording(engine),
    ):
        pass
    sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'other.db'}' AS other")
        connection.commit()
        with pytest.raises(Refused, match="other attached"), recording(connection):
            pass


def test_converted_values(sqlite_operator: Operator) -> None:
    """A connection that converts values by their declared types is refused."""
    sqlite_operator.begin_with(programs.FOUND)
    settings = {"connect_args": {"detect_types": sqlite3.PARSE_DECLTYPES}}
    with (
        engine_of(sqlite_operator.url, **settings) as engine,
        pytest.raises(Refused, match="converts values"),
        recording(engine),
    ):
        pass


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_sqlite_is_handed_back(ends: str, sqlite_operator: Operator) -> None:
    """A sqlite3 connection comes back as it was, and reads as its owner wants within."""
    sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.row_factory, raw.text_factory = sqlite3.Row, lambda text: text.decode().upper()
        before = (raw.isolation_level, raw.row_factory, raw.text_factory, raw.in_transaction)
        try:
            with recording(connection):
                found = connection.execute(select(goods.c.name).where(goods.c.id == 1)).scalar()
                connection.execute(insert(goods).values(id=1 if ends == "badly" else 7, name="x"))
        except IntegrityError:
            assert ends == "badly"
        assert found == "SALT"
        after = (raw.isolation_level, raw.row_factory, raw.text_factory, raw.in_transaction)
        assert after == before
        assert raw.execute("PRAGMA foreign_keys").fetchone()[0] == 0
        assert raw.execute("SELECT name FROM sqlite_temp_master").fetchall() == []
        connection.execute(insert(goods).values(id=9, name="after"))
        connection.rollback()
    assert sqlite_operator.application("SELECT count(*) FROM goods WHERE id = 9") == [(0,)]


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_postgresql_is_handed_back(ends: str, postgresql_operator: Operator) -> None:
    """A psycopg connection comes back as it was, and holds nothing."""
    postgresql_operator.begin_with(programs.FOUND)
    settings = {"connect_args": {"application_name": "shop", "options": "-c lock_timeout=7s"}}
    with engine_of(postgresql_operator.url, **settings) as engine, engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        try:
            with recording(connection):
                connection.execute(insert(goods).values(id=1 if ends == "badly" else 7, name="x"))
        except IntegrityError:
            assert ends == "badly"
        assert (raw.autocommit, raw.prepare_threshold) == (False, 5)
        asked = (
            "SELECT current_setting('application_name'), current_setting('lock_timeout'),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())),"
            " (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema())"
        )
        assert connection.execute(text(asked)).one() == ("shop", "7s", 0, 0)
        connection.execute(insert(goods).values(id=9, name="after"))
        connection.rollback()
    assert postgresql_operator.application("SELECT count(*) FROM goods WHERE id = 9") == [(0,)]


def test_other_connections_are_left_alone(postgresql_operator: Operator) -> None:
    """What another connection of the engine does meanwhile is nobody's but its own."""
    postgresql_operator.begin_with(programs.FOUND)
    with engine_of(postgresql_operator.url) as engine, engine.connect() as other:
        other.execute(text("CREATE TABLE other (id integer)"))
        with recording(engine) as run:
            other.execute(text("INSERT INTO other VALUES (1)"))
            run.connection.execute(insert(goods).values(id=7, name="x"))
        other.rollback()
    rows = [one for one in postgresql_operator.lines("log") if one["type"] == "RowsChanged"]
    assert len(rows) == 1
    postgresql_operator.fingerprint()


def test_a_foreign_package_is_named(tmp_path: Path) -> None:
    """Where a project's own package hides ours, importing the block says so."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "__init__.py").touch()
    home = str(Path(commands.__file__).parents[1])
    script = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {home!r}]\nfrom commands import recording"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False
    )
    assert "is not Clew's" in done.stderr.splitlines()[-1]
    assert "clew record --" in done.stderr.splitlines()[-1]
