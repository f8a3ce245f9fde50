"""A connection that is lost in the middle, on either side: one line, and the copy goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from commands.copy import batch
from tests.copying.conftest import Journey, by_name, journey
from tests.support.server import Server

TABLE = (
    "CREATE TABLE t (id integer PRIMARY KEY, v text);\n"
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e');\n"
)


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch, server: Server) -> Callable[[str], None]:
    """End all sessions with a database when the second batch is written."""

    def begin(url: str) -> None:
        plain, times = batch.Writer.write, 0

        def losing(self: batch.Writer, some: batch.Batch) -> None:
            nonlocal times
            times += 1
            if times == 2:
                with psycopg.connect(server.admin, autocommit=True) as db:
                    db.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                        (url.rpartition("/")[2],),
                    )
            plain(self, some)

        monkeypatch.setattr(batch.Writer, "write", losing)

    return begin


def test_target(
    across: Journey, lose: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands is found later, the error is one line, and nothing is doubled."""
    across.begin(TABLE)
    lose(across.target.url)
    said = across.refused("--batch", "2", code=5)
    assert said.splitlines()[-1].startswith("error: ")
    monkeypatch.undo()
    assert across.target.json("status")["next"].startswith("clew copy --from ")
    done = by_name(across.copy("--batch", "2"))["t"]
    assert (done["rows"], done["inserted"], done["unchanged"]) == (5, 3, 2)
    assert not across.target.json("status")["incomplete"]


def test_source(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lose: Callable[[str], None],
) -> None:
    """A source that is lost once it was read takes nothing away from the copy."""
    one = journey(("postgresql", "sqlite"), request, tmp_path, capsys)
    one.begin(TABLE)
    lose(one.source.url)
    done = one.copy("--batch", "2")
    assert by_name(done)["t"]["inserted"] == 5
    assert all(check["passed"] for check in done["checks"])
