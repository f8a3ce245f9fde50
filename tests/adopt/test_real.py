"""Tools that run here for real: what they leave is recognised."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.doctor.ledger.bookkeeping import bookkeeping_findings
from commands.init import init
from commands.status import status
from tests.commands.places import Place

pytest.importorskip("alembic")
django = pytest.importorskip("django.contrib")

ENV = """
from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""
REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels = {name!r}, {before!r}, None
def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True))
"""
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
from sqlalchemy.engine import make_url
url = make_url({url!r})
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends." + {{"sqlite": "sqlite3"}}.get(url.get_backend_name(), "postgresql"),
    "NAME": url.database, "USER": url.username, "PASSWORD": url.password,
    "HOST": url.host, "PORT": url.port,
}}}}
"""


def run(*words: str, cwd: Path, **env: str) -> None:
    """Run a Python tool in a process of its own."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def findings(place: Place, directory: Path) -> list[tuple[str, str]]:
    """Return what doctor finds in the bookkeeping and a directory of files."""
    with place.target.database() as session:
        return [(one.kind, one.where) for one in bookkeeping_findings(session, directory)]


def test_alembic(place: Place, tmp_path: Path) -> None:
    """Alembic keeps the newest revisions only, all heads of them, and these are imported."""
    home = tmp_path / "alembic"
    (home / "versions").mkdir(parents=True)
    (home / "env.py").write_text(ENV)
    for name, before in (("a1", None), ("b1", "a1"), ("b2", "a1")):
        text = REVISION.format(name=name, before=before, table=f"t_{name}")
        (home / "versions" / f"{name}_x.py").write_text(text)
    url = place.url.replace("postgresql://", "postgresql+psycopg://")
    script = (
        "from alembic.config import Config; from alembic import command;"
        f"c = Config(); c.set_main_option('script_location', {str(home)!r});"
        f"c.set_main_option('sqlalchemy.url', {url!r}); command.upgrade(c, 'heads')"
    )
    run("-c", script, cwd=home)
    made = init(place.target, asker=place.asker)
    assert [(one.tool, one.migrations) for one in made.imported] == [("alembic", 2)]
    (found,) = status(place.target, [place.directory]).imported
    assert found.migrations == ("b1", "b2")
    assert findings(place, home) == []
    place.sql("drop table t_a1")
    assert findings(place, home) == [("bookkeeping-effect-missing", "a1")]


def test_django(place: Place, tmp_path: Path) -> None:
    """Django's migrations are known with their apps, in the order in which they ran."""
    home = tmp_path / "site"
    home.mkdir()
    (home / "settings.py").write_text(SETTINGS.format(url=place.url))
    run("-m", "django", "migrate", cwd=home, DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=".")
    init(place.target, asker=place.asker)
    (found,) = status(place.target, [place.directory]).imported
    assert found.tool == "django"
    assert found.migrations[0] == "contenttypes.0001_initial"
    assert "auth.0012_alter_user_first_name_max_length" in found.migrations
    assert found.applied_at[0].startswith("20")
    assert len(found.applied_at) == len(found.migrations)
    assert findings(place, Path(django.__path__[0])) == []
    place.sql("delete from django_migrations where name = '0012_alter_user_first_name_max_length'")
    ((kind, _),) = findings(place, Path(django.__path__[0]))
    assert kind == "bookkeeping-pending-files"
