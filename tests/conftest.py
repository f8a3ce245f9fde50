"""Fixtures: real databases, a fresh one for each test."""

from __future__ import annotations

import os
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from zlib import crc32

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.roles import OWNER, PASSWORD, make_roles
from tests.support.server import Server, Unavailable, shared, stop, version

settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("brief", parent=settings.get_profile("ci"), max_examples=10)
settings.register_profile(
    "nightly",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("CLEW_PROFILE", "ci"))

_numbers = count(1)
HOME = "CLEW_TEST_HOME"
"""Names the directory in which the workers of one session find their server."""


def pytest_configure(config: pytest.Config) -> None:
    """Make a place for the server, known to all workers; only the first process owns it.

    A shell's background job ignores Ctrl-C, and so would every program that the tests start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if HOME not in os.environ:
        home = tempfile.mkdtemp(prefix="clew-test-")
        Path(home).chmod(0o755)
        os.environ[HOME] = home
        config.add_cleanup(lambda: stop(Path(os.environ.pop(HOME))))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a sample does not need; the same on every worker.

    With another CLEW_TURN another part is played.
    """
    turn = int(os.environ.get("CLEW_TURN", "0"))
    left = [item for item in items if (crc32(item.nodeid.encode()) + turn) % _rate(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _rate(item: pytest.Item) -> int:
    """Say how many tests go by for each that runs: of a long list, or of all others."""
    if os.environ.get("CLEW_PROFILE") == "nightly":
        return 1
    listed = item.get_closest_marker("listed")
    if listed is None:
        return int(os.environ.get("CLEW_EVERY", "1"))
    return int(os.environ.get("CLEW_SAMPLE", "1")) * int(listed.kwargs.get("rate", 1))


def pytest_report_header() -> list[str]:
    """Say which databases the suite runs on."""
    return [f"databases: SQLite {sqlite3.sqlite_version}, {version()}"]


@pytest.fixture(scope="session")
def server() -> Server:
    """One PostgreSQL server, shared by all workers of a run."""
    named = os.environ.get("CLEW_TEST_PG_URL")
    try:
        admin = named or shared(Path(os.environ[HOME]))
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server: {error}")
    make_roles(admin)
    url = make_url(admin).set(username=OWNER, password=PASSWORD, database="postgres")
    return Server(admin, url.render_as_string(hide_password=False))


@pytest.fixture
def postgresql_url(server: Server) -> Iterator[str]:
    """A fresh PostgreSQL database, owned by an ordinary role."""
    name = f"clew_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as db:
        strategy = " STRATEGY file_copy" if db.info.server_version >= 150000 else ""  # 3 x faster
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0" + strategy)
        db.execute(made.format(sql.Identifier(name)))
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file."""
    path = tmp_path / "test.db"
    sqlite3.connect(path).close()
    path.touch()
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found
