"""A database with a journal of its own owner, and the roles of docs/operations.md in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.cli.typing_in import Typist
from tests.support.roles import OPERATIONS, OWNER, PASSWORD
from tests.support.server import Server

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
MIGRATION = """create type app.mood as enum ('glad', 'sad');
alter table app.person add column mood app.mood;
update app.person set mood = 'glad';
create table app.letter (id integer primary key);
"""


class Place:
    """What each role does there."""

    def __init__(self, admin: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.admin = admin
        self.typist = Typist("", home, capsys)

    def url(self, role: str) -> str:
        """Return the URL of a role."""
        made = make_url(self.admin).set(username=f"clew_{role}", password=PASSWORD)
        return made.render_as_string(hide_password=False)

    def type(self, role: str, *words: str, code: int = 0) -> str:
        """Type a verb as a role."""
        self.typist.url = self.url(role)
        return self.typist.type(*words, code=code)

    def sql(self, role: str, sql: str) -> list[tuple[object, ...]]:
        """Run SQL as a role."""
        url = self.admin if role == "admin" else self.url(role)
        with psycopg.connect(url, autocommit=True) as session:
            done = session.execute(sql.encode())
            return done.fetchall() if done.description else []


@pytest.fixture
def place(
    server: Server, postgresql_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    """A database as the page sets it up, its statements run as they stand there."""
    name = make_url(postgresql_url).database
    admin = make_url(server.admin).set(database=name).render_as_string(hide_password=False)
    place = Place(admin, tmp_path, capsys)
    setup, grants = BLOCKS[0], BLOCKS[1]
    for statement in setup.replace("DATABASE app", f'DATABASE "{name}"').split(";"):
        if statement.strip() and "CREATE ROLE" not in statement:
            place.sql("admin", statement)
    place.sql("writer", "create table app.person (id integer primary key, name text)")
    place.sql("writer", "insert into app.person values (1, 'Ada'), (2, 'a secret name')")
    place.type("keeper", "init", "--name", "roles")
    place.sql("keeper", grants)
    place.typist.file("0001_letters.sql", MIGRATION)
    yield place
    for role in OPERATIONS:
        place.sql("admin", f"reassign owned by {role} to {OWNER}; drop owned by {role}")
