"""Monitoring: what a check sees of each state, that it ends in time, and that it only reads."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.cli.typing_in import Typist


def _metrics(typist: Typist, *words: str) -> dict[str, float]:
    answer = typist.type("status", str(typist.migrations), "--metrics", *words)
    found = re.findall(r"^(clew_\w+)\{.*\} (\S+)$", answer, re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_metrics(typist: Typist) -> None:
    """Each number that people alert on has a gauge of its own, with a help and a type."""
    before = time.time() - 5
    typist.begin()
    typist.file("0003_more.sql", "create table more (id integer primary key);\n")
    found = _metrics(typist)
    head = typist.json("status")["head"]
    assert found["clew_journal_info"] == 1
    assert found["clew_head_position"] == head["position"]
    assert before < found["clew_last_entry_timestamp_seconds"] <= time.time() + 5
    assert found["clew_migrations_applied"] == 2
    assert found["clew_migrations_pending"] == 1
    zero = ("conflicts_open", "subjects_waiting", "runs_incomplete", "drift_differences", "held")
    assert all(found[f"clew_{name}"] == 0 for name in zero)
    assert found["clew_clean"] == 1
    typist.application("alter table person add column beside text")
    assert _metrics(typist)["clew_drift_differences"] == 1
    assert _metrics(typist)["clew_clean"] == 0
    lines = typist.type("status", "--metrics").splitlines()
    named = re.findall(r"^# TYPE (\w+) gauge$", "\n".join(lines), re.MULTILINE)
    assert len({*named}) == len(named) == len(lines) / 3


def test_a_quick_look_leaves_drift_out(typist: Typist) -> None:
    """What was not looked at is no number and no claim: it is left out, and said."""
    typist.begin()
    typist.application("alter table person add column beside text")
    found = _metrics(typist, "--quick")
    assert "clew_drift_differences" not in found
    answer = typist.json("status", "--quick")
    assert (answer["drift"], answer["drift_read"], answer["files_read"]) == ([], False, False)
    assert "drift was not looked for" in typist.type("status", "--quick")
    assert "clew_migrations_pending" not in typist.type("status", "--metrics")


def test_exit_codes(typist: Typist) -> None:
    """Each state that a check tells apart has its exit code, as the page says."""
    typist.type("status", "--exit-code", code=4)
    typist.begin()
    directory = str(typist.migrations)
    typist.type("status", directory, "--exit-code")
    typist.file("0003_more.sql", "create table more (id integer primary key);\n")
    typist.type("status", directory, "--exit-code", code=1)
    typist.type("apply", directory)
    typist.application("alter table person add column beside text")
    typist.type("status", directory, "--exit-code", code=1)
    typist.type("status", directory, "--exit-code", "--quick")
    typist.type("status", "--metrics", "--format", "json", code=2)


def test_unreachable(typist: Typist) -> None:
    """A database that is not there ends with 5, and the URL is as it was typed, less the password."""
    for url in ("postgresql://dana:hunter2@127.0.0.1:9/app", "sqlite:////nowhere/at/all.db"):
        typist.url = url
        typist.type("status", "--exit-code", "--timeout", "30", code=5)
        assert "hunter2" not in typist.err
        assert "+psycopg" not in typist.err
    assert "/nowhere/at/all.db" in typist.err


def test_a_server_that_never_answers(typist: Typist, tmp_path) -> None:
    """A check ends in the time it was given where the server takes the call and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"postgresql://dana@127.0.0.1:{silent.getsockname()[1]}/app"
        script = "from commands.cli.main import main; main()"
        words = ["--db", url, "status", "--timeout", "1", "--format", "json"]
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert done.returncode == 5
    assert "no answer within 1 seconds" in done.stderr
    assert done.stdout == ""


def test_nothing_is_written(typist: Typist, tmp_path: Path) -> None:
    """A check needs no right to write, and leaves the database as it was."""
    typist.begin()
    if typist.url.startswith("sqlite"):
        file = Path(typist.url.removeprefix("sqlite:///"))
        before = file.read_bytes(), sorted(file.parent.glob(f"{file.name}*"))
    else:
        forbidden = {"options": "-c default_transaction_read_only=on"}
        url = make_url(typist.url).update_query_dict(forbidden)
        typist.url = url.render_as_string(hide_password=False)
    typist.type("status", str(typist.migrations), "--metrics")
    typist.type("status", "--exit-code")
    if typist.url.startswith("sqlite"):
        assert (file.read_bytes(), sorted(file.parent.glob(f"{file.name}*"))) == before
