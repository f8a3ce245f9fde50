"""Numbers of a sequence while a run gives up: none is given twice."""

from __future__ import annotations

import psycopg
import pytest

from journal.opening import open_journal
from journal.postgresql.connection import Session
from tests.load.place import Place


def test_a_number_taken_while_a_run_gives_up(
    on_postgresql: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that asks for a number right then keeps it: the sequence is not put back behind it."""
    place = on_postgresql
    place.sql("create table t (id serial primary key, v integer)")
    place.type("init")
    ask = Session.query
    taken: list[int] = []
    with psycopg.connect(place.url, autocommit=True) as application:

        def number() -> int:
            row = application.execute("select nextval('t_id_seq')").fetchone()
            assert row is not None
            return int(row[0])

        def query(session: Session, sql: str, params: object = None) -> list[tuple[object, ...]]:
            if "setval" in sql:
                taken.append(number())
            return ask(session, sql, params)

        monkeypatch.setattr(Session, "query", query)
        with (
            open_journal(place.url) as journal,
            pytest.raises(KeyboardInterrupt),
            journal.recording(actor="dana") as run,
        ):
            run.execute("insert into t (v) values (1), (2)")
            raise KeyboardInterrupt
        assert len(taken) == 1
        assert number() > taken[0]
