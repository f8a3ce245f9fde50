"""Steps that are no SQL: transforms, batches, subjects that wait, programs and backups."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from tests.rehearsal.theatre import Theatre, against, items, only

HEAD = """
import json
from commands.transform import *
from commands.transform import Backup, Command

def born(n):
    if n is None:
        raise ValueError("no year")
    return n

people = Transform(
    name="people", source=Select(sql="select id, who, name, year from old", order="id"),
    subject="who", record=("id",),
    into=(Rows(table="target", columns={{
        "who": key("who"), "name": {rule}, "year": compute(born, "year"),
    }}),),
)
migration = Migration(steps=({steps},){settings})
"""


@pytest.fixture
def stage(theatre: Theatre) -> Theatre:
    """Three people in five records, of whom two disagree and one has no year."""
    theatre.write(
        "2_old",
        "create table old (id integer primary key, who integer, name text, year integer);\n"
        "create table target (who integer primary key, name text, year integer);\n"
        "insert into old values (1, 1, 'a', 1), (2, 1, 'A', 1), (3, 2, 'b', 2), (4, 2, 'b', 2),"
        " (5, 3, 'c', null);\n",
    )
    theatre.apply()
    return theatre


def write(stage: Theatre, *steps: str, rule: str = 'first("name")', **settings: str) -> None:
    """Write a Python migration."""
    said = "".join(f", {name}={value}" for name, value in settings.items())
    text = HEAD.format(steps=", ".join(("people", *steps)), rule=rule, settings=said)
    stage.place.write("3_people.py", text)


@pytest.mark.parametrize("settings", [{}, {"batched": "1"}])
def test_rejected_subjects(stage: Theatre, settings: dict[str, str]) -> None:
    """Rejected subjects are no-go unless so many are accepted; batches return like all else."""
    write(stage, **settings)
    answer = stage.rehearse()
    assert against(answer) == [("3_people", "rejected subjects")]
    (one,) = answer.migrations
    assert (one.rejected, one.returned, one.repeated) == (1, "exact", "exact")
    assert only(answer, "conflicts", "3_people").verdict == "note"


def test_subjects_that_wait(stage: Theatre) -> None:
    """Subjects that can go now are rehearsed first, as apply takes them first."""
    write(stage)
    stage.apply()
    stage.place.sql("update old set year = 3 where id = 5")
    stage.write("4_more", "create table more (id integer primary key);\n")
    answer = stage.rehearse()
    assert answer.go, against(answer)
    assert [one.migration for one in answer.migrations] == ["3_people", "4_more"]
    assert answer.migrations[0].returned == "exact"
    assert only(answer, "whole way back").verdict == "go"


def test_subjects_that_wait_on(stage: Theatre) -> None:
    """Subjects that cannot go yet keep nothing from being rehearsed."""
    write(stage)
    stage.apply()
    stage.write("4_more", "create table more (id integer primary key);\n")
    answer = stage.rehearse()
    assert answer.go, against(answer)
    assert only(answer, "returns", "3_people").verdict == "note"


def test_parked_conflicts(stage: Theatre) -> None:
    """Conflicts that wait for a person are counted, those that are open already too."""
    stage.place.sql("update old set year = 3 where id = 5")
    write(stage, rule='first("name", on_conflict="park", placeholder="?")')
    answer = stage.rehearse()
    assert answer.go, against(answer)
    assert "1 wait for a person" in only(answer, "conflicts", "3_people").evidence
    apply(stage.place.target, [stage.place.directory], asker=stage.place.asker)
    assert "1 conflicts wait" in only(stage.rehearse(), "open conflicts").evidence


def test_nothing_is_done_elsewhere(stage: Theatre, tmp_path: Path) -> None:
    """Programs are left out, and that is said; a backup leaves nothing in its place."""
    stage.place.sql("update old set year = 3 where id = 5")
    touched, backups = tmp_path / "touched", tmp_path / "backups"
    backups.mkdir()
    write(
        stage,
        f'Command(name="tell", argv=("touch", {str(touched)!r}))',
        f'Backup(to={str(backups)!r}, tables=("old",))',
    )
    answer = stage.rehearse()
    assert answer.go, against(answer)
    assert not touched.exists()
    assert list(backups.iterdir()) == []
    assert any("command tell was not run" in note for note in answer.migrations[0].notes)
    assert items(answer, "returns", "3_people")[0].verdict == "go"
