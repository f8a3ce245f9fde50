"""A database of each kind with a journal of some runs, and folds saved on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from commands.init import init
from commands.saving import save_anew
from tests.commands.places import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Three migrations, folds saved after the second one."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    url = f"sqlite:///{tmp_path / 'app.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    made = Place(kind=request.param, url=url, directory=directory)
    made.sql("create table person (id integer primary key, name text)")
    init(made.target, name="main", asker=made.asker)
    made.write("0001_rows.sql", "insert into person values (1, 'Ann'), (2, 'Bob');")
    made.write("0002_email.sql", "alter table person add column email text;")
    apply(made.target, [directory], asker=made.asker)
    with made.target.journal() as journal:
        assert save_anew(journal, actor="dana", behind=1)
    made.write("0003_more.sql", "update person set email = name where id = 1;")
    apply(made.target, [directory], asker=made.asker)
    return made
