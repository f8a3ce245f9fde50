"""Alembic as it is from PyPI, its revisions journaled by the line in ``env.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic import command
from sqlalchemy.exc import DBAPIError

from commands import journaled
from journal import open_journal
from journal.errors import Refused, Usage
from journal.events import RunFailed
from projections import Runs, replay
from tests.drills.operator import Operator
from tests.support.oracle import fingerprint
from tests.tools.alembic_project import ENV, FAILING, NAMES, AlembicProject, plain

FOUND = "CREATE TABLE found (id integer PRIMARY KEY);\nINSERT INTO found VALUES (1)"


@pytest.fixture
def project(operator: Operator, tmp_path: Path) -> AlembicProject:
    """A project whose ``env.py`` has the line."""
    return AlembicProject(tmp_path / "alembic", operator.url)


@pytest.fixture
def without(twin: str, tmp_path: Path) -> AlembicProject:
    """The same project without us, on a database of its own."""
    return AlembicProject(tmp_path / "without", twin, env=plain())


def found_at(project: AlembicProject) -> dict[str, str]:
    """Return what the oracle sees, the table aside that stood there before."""
    found = fingerprint(project.url.replace("+psycopg", ""))
    return {name: text for name, text in found.items() if "found" not in name}


def head(operator: Operator) -> int:
    """Return the last position."""
    return int(operator.json("status")["head"]["position"])


def runs(operator: Operator) -> list[tuple[str, str]]:
    """Return the migrations that count as applied, in order, with how they came to."""
    with open_journal(operator.url) as journal:
        applied = replay(Runs, journal.read()).applied
    status = operator.json("status")
    stamped = {one["name"] for one in status["stamped"] if one["done"]}
    assert {one.name for one in applied} == {*status["applied"], *stamped}
    return [(one.name, one.how) for one in applied]


def test_upgrade(operator: Operator, project: AlembicProject, without: AlembicProject) -> None:
    """Each revision is a run in one transaction with its version, and comes back exactly."""
    before = operator.begin_with(FOUND)
    project.upgrade()
    after = operator.fingerprint()
    stages = {}
    for name in NAMES:
        without.upgrade(name)
        stages[name] = found_at(without)
    assert found_at(project) == stages["c3d2"]
    assert runs(operator) == [(name, "run") for name in NAMES]
    assert {one["evidence"] for one in operator.lines("log")[2:]} == {"captured"}
    top = head(operator)
    for name, known in (("b2e1", "a1f0"), ("c3d2", "b2e1")):
        operator.back(f"before:{name}")
        assert found_at(project) == stages[known]
        assert project.current() == known
        assert [one for one, _ in runs(operator)][-1] == known
        operator.back(str(top))
        assert operator.fingerprint() == after
    operator.back("before:a1f0")
    assert operator.fingerprint() == before
    assert project.current() == ""
    project.upgrade()
    assert operator.fingerprint() == after


def test_downgrade(operator: Operator, project: AlembicProject, without: AlembicProject) -> None:
    """A downgrade is journaled as one, and comes back exactly itself."""
    operator.begin_with(FOUND)
    project.upgrade("b2e1")
    upgraded, top = operator.fingerprint(), head(operator)
    project.downgrade("a1f0")
    assert runs(operator) == [("a1f0", "run")]
    assert "alembic downgrade b2e1: mail addresses, computed" in operator.type("log")
    without.upgrade("b2e1")
    without.downgrade("a1f0")
    assert found_at(project) == found_at(without)
    project.downgrade("base")
    assert runs(operator) == []
    operator.back(str(top))
    assert operator.fingerprint() == upgraded
    assert runs(operator) == [("a1f0", "run"), ("b2e1", "run")]
    project.upgrade()
    assert [name for name, _ in runs(operator)] == list(NAMES)


def test_failing(operator: Operator, project: AlembicProject, without: AlembicProject) -> None:
    """A revision that fails leaves nothing half done, on SQLite too, and its attempt is kept."""
    before = operator.begin_with(FOUND)
    for one in (project, without):
        one.revision("d4c3", FAILING)
        with pytest.raises(DBAPIError):
            one.upgrade()
    if operator.sqlite:
        assert "table half" in found_at(without)  # as it is without us
    assert "half" not in str(found_at(project).keys())
    assert project.current() == "c3d2"
    with open_journal(operator.url) as journal:
        failed = [one.event for one in journal.read()][-1]
    assert isinstance(failed, RunFailed)
    assert failed.sqlstate in ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY")
    assert "d4c3" in operator.type("log")
    assert [name for name, _ in runs(operator)] == list(NAMES)
    project.revision("d4c3", FAILING.replace('(2)")\n\n\n', '(30)")\n\n\n'))
    project.upgrade()
    assert project.current() == "d4c3 (head)"
    operator.back("before:a1f0")
    assert operator.fingerprint() == before


def test_nothing_to_do(operator: Operator, project: AlembicProject) -> None:
    """Commands that change nothing leave no entry behind, and the locks alone."""
    operator.begin_with(FOUND)
    assert project.current() == ""
    assert head(operator) == 2
    project.upgrade()
    top = head(operator)
    project.upgrade()
    assert project.current() == "c3d2 (head)"
    assert "CREATE TABLE person" in project.upgrade("a1f0", sql=True)
    assert head(operator) == top
    operator.fingerprint()


def test_autogenerate(operator: Operator, tmp_path: Path) -> None:
    """What Alembic finds by itself leaves the journal out, and what the project leaves out."""
    found = FOUND.replace("integer PRIMARY", "integer NOT NULL PRIMARY")
    operator.begin_with(found + ";\nCREATE TABLE aside (id integer PRIMARY KEY)")
    told = (
        "connection=connection, target_metadata=metadata, include_schemas=True,"
        " include_name=lambda name, kind, parents: name != 'aside'"
    )
    env = ENV.replace("connection=connection", told).replace(
        "config = context.config",
        "from sqlalchemy import Column, Integer, MetaData, Table\n\nmetadata = MetaData()\n"
        "Table('found', metadata, Column('id', Integer, primary_key=True))\n"
        "config = context.config",
    )
    project = AlembicProject(tmp_path / "alembic", operator.url, env=env)
    for name in NAMES:
        (project.versions / f"{name}.py").unlink()
    command.check(project.config())
    assert "No new upgrade operations" in project.said.getvalue()
    operator.fingerprint()


def test_stamp(operator: Operator, project: AlembicProject) -> None:
    """A stamp is journaled as a stamp, never as a revision that ran."""
    before = operator.begin_with(FOUND)
    project.stamp("a1f0")
    assert runs(operator) == [("a1f0", "stamped")]
    assert project.current() == "a1f0"
    operator.fingerprint()
    operator.back("2")
    assert operator.fingerprint() == before
    assert project.current() == ""


def test_transaction_per_migration(operator: Operator, tmp_path: Path) -> None:
    """Whatever Alembic is told of transactions, each revision has one, and its own commits."""
    before = operator.begin_with(FOUND)
    told = "connection=connection, transaction_per_migration=True, transactional_ddl=False"
    env = ENV.replace("connection=connection", told).replace(
        "            context.run_migrations()",
        "            with context.begin_transaction():\n                context.run_migrations()",
    )
    project = AlembicProject(tmp_path / "alembic", operator.url, env=env)
    project.upgrade()
    assert [name for name, _ in runs(operator)] == list(NAMES)
    operator.back("before:a1f0")
    assert operator.fingerprint() == before


def test_autocommit_block(operator: Operator, project: AlembicProject) -> None:
    """What wants to leave the transaction is refused before anything of it happens."""
    operator.begin_with(FOUND)
    project.upgrade()
    before = operator.fingerprint()
    project.revision(
        "d4c3",
        FAILING.replace(
            '    op.execute("UPDATE',
            '    with op.get_context().autocommit_block():\n        pass\n    op.execute("UPDATE',
        ),
    )
    with pytest.raises(Refused, match="autocommit_block"):
        project.upgrade()
    assert operator.fingerprint() == before


def test_misused(operator: Operator, tmp_path: Path) -> None:
    """What is no context, and a block that runs no migration, are told so."""
    before = operator.begin_with(FOUND)
    with pytest.raises(Usage, match="context of Alembic"), journaled(SimpleNamespace()):
        pass
    env = ENV.replace("            context.run_migrations()", "            pass")
    project = AlembicProject(tmp_path / "alembic", operator.url, env=env)
    with pytest.raises(Usage, match="were not"):
        project.upgrade()
    assert operator.fingerprint() == before
    assert runs(operator) == []


def test_branches(operator: Operator, project: AlembicProject) -> None:
    """Revisions that branch and merge are runs like any other."""
    before = operator.begin_with(FOUND)
    body = 'import sqlalchemy as sa\nfrom alembic import op\n\n\ndef upgrade():\n    op.create_table("{0}", sa.Column("id", sa.Integer))\n\n\ndef downgrade():\n    op.drop_table("{0}")\n'
    for name, down in (("left", "'c3d2'"), ("right", "'c3d2'"), ("both", "('left', 'right')")):
        project.revision(name, f"revision, down_revision = {name!r}, {down}\n" + body.format(name))
    project.upgrade("heads")
    assert project.current() == "both (head) (mergepoint)"
    assert {name for name, _ in runs(operator)} == {*NAMES, "left", "right", "both"}
    after = operator.fingerprint()
    operator.back("before:both")
    operator.back("before:a1f0")
    assert operator.fingerprint() == before
    project.upgrade("heads")
    assert operator.fingerprint() == after


def test_by_its_command(operator: Operator, project: AlembicProject) -> None:
    """The command ``alembic`` itself, in a process of its own, journals by the same line."""
    operator.begin_with(FOUND)
    (project.home / "alembic.ini").write_text(
        f"[alembic]\nscript_location = {project.home}\npath_separator = os\n"
        f"sqlalchemy.url = {project.url}\n"
    )
    done: Any = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "alembic.ini", "upgrade", "head"],
        cwd=project.home,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "CLEW_ACTOR": "ada"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [name for name, _ in runs(operator)] == list(NAMES)
    assert {one["actor"] for one in operator.lines("log")[2:]} == {"ada"}
