"""Real tools of others on SQLite: what they did, also when they failed half-way, goes back."""

from __future__ import annotations

import sys
import textwrap

import pytest

from tests.record.recorder import Recorder

INI = """
[alembic]
script_location = {home}/alembic
sqlalchemy.url =
"""
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(os.environ["CLEW_DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISIONS = {
    "a1": (
        None,
        """
        op.create_table("person", sa.Column("id", sa.Integer, primary_key=True),
                        sa.Column("name", sa.String(40), nullable=False), sa.Column("age", sa.Integer))
        op.create_index("person_name", "person", ["name"])
        op.bulk_insert(sa.table("person", sa.column("name"), sa.column("age")),
                       [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 40}])
        """,
    ),
    "b2": (
        "a1",
        """
        with op.batch_alter_table("person") as batch:
            batch.alter_column("age", type_=sa.String(10), nullable=False, server_default="?")
            batch.add_column(sa.Column("email", sa.String))
            batch.drop_index("person_name")
        op.execute("update person set email = lower(name) || '@example.org'")
        """,
    ),
    "c3": (
        "b2",
        """
        op.create_table("visit", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("insert into visit values (1), (2)")
        op.execute("update person set age = 'x'")
        op.add_column("person", sa.Column("more", sa.Integer))
        op.execute("insert into nowhere values (1)")
        """,
    ),
}
SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {before!r}


def upgrade():
{body}

def downgrade():
    raise NotImplementedError
"""


@pytest.fixture
def alembic(recorder: Recorder) -> Recorder:
    """A project of Alembic's, the last of whose revisions fails half-way."""
    pytest.importorskip("alembic")
    versions = recorder.home / "alembic" / "versions"
    versions.mkdir(parents=True)
    (recorder.home / "alembic.ini").write_text(INI.format(home=recorder.home))
    (recorder.home / "alembic" / "env.py").write_text(ENV)
    for revision, (before, body) in REVISIONS.items():
        text = SCRIPT.format(
            revision=revision, before=before, body=textwrap.indent(textwrap.dedent(body), "    ")
        )
        (versions / f"{revision}.py").write_text(text)
    recorder.begin()
    return recorder


def upgrade(place: Recorder, to: str) -> tuple[str, ...]:
    """Return the command line of an upgrade."""
    return (sys.executable, "-m", "alembic", "-c", str(place.home / "alembic.ini"), "upgrade", to)


def test_alembic(alembic: Recorder) -> None:
    """Upgrades are recorded one by one, batches that rebuild a table too, and taken back."""
    before = alembic.fingerprint()
    first = alembic.record(*upgrade(alembic, "a1"))
    assert (first.exit_code, first.lost) == (0, ())
    between = alembic.fingerprint()
    second = alembic.record(*upgrade(alembic, "b2"))
    after = alembic.fingerprint()
    assert alembic.go(second.first) == between
    assert alembic.go(first.first) == before
    assert alembic.go(second.head) == after
    assert alembic.sql("select version_num from alembic_version") == [("b2",)]


def test_alembic_fails_half_way(alembic: Recorder) -> None:
    """What a failed upgrade left behind is on record, goes back, and the next one works."""
    alembic.record(*upgrade(alembic, "b2"))
    before = alembic.fingerprint()
    answer = alembic.record(*upgrade(alembic, "head"))
    assert answer.exit_code == 1
    assert b"nowhere" in alembic.err
    if alembic.kind == "sqlite":  # its driver commits before DDL
        assert any("visit" in one for one in answer.schema)
    assert alembic.go(answer.first) == before
    script = alembic.home / "alembic" / "versions" / "c3.py"
    script.write_text(script.read_text().replace("nowhere", "visit(id) select 3 where 1 or"))
    script.write_text(script.read_text().replace("where 1 or values (1)", "where 1 = 1"))
    again = alembic.record(*upgrade(alembic, "head"))
    assert again.exit_code == 0
    assert alembic.go(answer.first) == before


def test_nothing_to_upgrade(alembic: Recorder) -> None:
    """A tool that finds nothing to do leaves nothing to take back."""
    alembic.record(*upgrade(alembic, "b2"))
    assert alembic.record(*upgrade(alembic, "b2")).back == ""
