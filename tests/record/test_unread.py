"""What no reader of definitions accounts for is named when another program changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.rollback import preview
from tests.record.recorder import Recorder

SETUP = (
    "create table t (a integer primary key, b integer)",
    "create aggregate added(integer) (sfunc = int4pl, stype = integer)",
    "create operator === (leftarg = integer, rightarg = integer, function = int4eq)",
    "select lo_create(4711)",
    "create type span as range (subtype = integer)",
)
UNREAD = {
    "select lo_create(4712)": ("large-object", "large object 4712 came"),
    "select lo_put(4711, 0, 'abc')": ("large-object", "bytes of large objects changed"),
    "do $$ begin execute format('alter database %I set work_mem = ''5MB''', current_database()); end $$": (
        "role-setting",
        "settings of the database came",
    ),
    "do $$ begin execute format('comment on database %I is ''x''', current_database()); end $$": (
        "shared-comment",
        "comment on the database came",
    ),
}
"""Statements, each with the name and the words of what cannot be taken back."""


@pytest.fixture
def server_side(postgresql_url: str, tmp_path: Path) -> Recorder:
    """A database with a few things that no reader accounts for."""
    recorder = Recorder(kind="postgresql", url=postgresql_url, directory=tmp_path, home=tmp_path)
    recorder.begin(*SETUP)
    return recorder


@pytest.mark.parametrize("sql", UNREAD)
def test_named(server_side: Recorder, sql: str) -> None:
    """It is told in the answer, and a way back over it is refused by that name."""
    answer = server_side.child(sql, "insert into t values (1, 2)")
    assert answer.exit_code == 0, server_side.err
    assert [(one.name, one.what) for one in answer.lost] == [UNREAD[sql]]
    back = preview(server_side.target, str(answer.first))
    assert [one.name for one in back.irreversible] == [answer.lost[0].name]


def test_accounted_for(server_side: Recorder) -> None:
    """What comes along with what is accounted for is not named, and all of it goes back."""
    before = server_side.fingerprint()
    answer = server_side.child(
        "create type other_span as range (subtype = integer)",
        "drop type span",
        "insert into t values (1, 2)",
    )
    assert (answer.exit_code, answer.lost) == (0, ()), server_side.err
    assert server_side.go(answer.first) == before
