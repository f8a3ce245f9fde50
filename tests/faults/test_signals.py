"""Ctrl-C, SIGTERM and SIGHUP: one line, nothing half done, and the next command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.faults.scene import FILES, PATIENCE, Said, Witness, command

SLOW = {
    True: "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s)"
    " INSERT INTO fresh SELECT 1, count(*) FROM s",
    False: "SELECT pg_sleep(600)",
}
"""A statement that does not end by itself, by whether it is one of SQLite."""


def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def started(witness: Witness, *words: str) -> subprocess.Popen[str]:
    """Begin a verb in a process of its own, and wait until its run is on record."""
    known = len(witness.lines("log"))
    process = subprocess.Popen(
        command(witness.url, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    until(lambda: len(witness.lines("log")) > known or process.poll() is not None)
    return process


def asleep(witness: Witness) -> bool:
    """Tell whether the statement runs in the server; of SQLite's one can only wait."""
    if witness.sqlite:
        time.sleep(0.5)
        return True
    return bool(at_work(witness))


def at_work(witness: Witness) -> int:
    """Count the sessions with the database in which something of ours runs."""
    with psycopg.connect(witness.url, autocommit=True) as db:
        found = db.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%pg_sleep%'"
        ).fetchone()
    assert found
    return int(found[0])


def ended(process: subprocess.Popen[str]) -> Said:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=PATIENCE)
    return Said(process.returncode, out, err)


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM], 143),
        ([signal.SIGINT, signal.SIGINT], 130),
    ],
    ids=["ctrl-c", "sigterm", "twice"],
)
def test_a_statement_that_runs_is_ended(
    witness: Witness, signals: list[signal.Signals], code: int
) -> None:
    """In the middle of a statement: it ends in the server too, one line, a failed run on record."""
    before = witness.found()
    witness.file("0001_change.sql", f"UPDATE person SET name = 'x';\n{SLOW[witness.sqlite]};\n")
    process = started(witness, "apply", str(witness.migrations))
    until(lambda: asleep(witness))
    for one in signals:
        process.send_signal(one)
        time.sleep(0.1)
    said = ended(process)
    assert (said.code, said.err, said.out) == (code, "error: interrupted\n", "")
    if not witness.sqlite:
        assert not at_work(witness)
    witness.judge(before)
    assert witness.failures()[-1]["error"] == "interrupted by the operator"
    witness.file(*FILES["sql"])
    witness.type("apply", str(witness.migrations))
    witness.back("2")
    witness.judge(before)


def test_three_times_ends_at_once(server_witness: Witness) -> None:
    """Who insists is let go; the next command closes the run that was left."""
    before = server_witness.found()
    server_witness.file("0001_change.sql", "UPDATE person SET name = 'x';\nSELECT pg_sleep(600);\n")
    process = started(server_witness, "apply", str(server_witness.migrations))
    until(lambda: at_work(server_witness))
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    said = ended(process)
    assert said.code == 130
    assert said.error.startswith("interrupted")
    until(lambda: not at_work(server_witness))
    server_witness.judge(before)


def test_a_killed_process_leaves_no_statement_at_work(server_witness: Witness) -> None:
    """The server misses a client that was killed within seconds, and lets go of its locks."""
    before = server_witness.found()
    server_witness.file("0001_change.sql", "UPDATE person SET name = 'x';\nSELECT pg_sleep(600);\n")
    process = started(server_witness, "apply", str(server_witness.migrations))
    until(lambda: at_work(server_witness))
    process.kill()
    ended(process)
    until(lambda: not at_work(server_witness))
    server_witness.judge(before)
    server_witness.file(*FILES["sql"])
    answer = server_witness.json("apply", str(server_witness.migrations))
    assert len(answer["interrupted"]) == 1


def test_batches_before_an_interrupt_stand(witness: Witness) -> None:
    """A batched transform that is interrupted stands at a batch, and goes on from there."""
    before = witness.found("batched")
    name, text = FILES["batched"]
    slow = witness.home / "slow"
    slow.touch()
    wait = (
        "\n\ndef name(text):\n"
        "    import os, time\n"
        f"    if text == 'p120' and os.path.exists({str(slow)!r}):\n"
        "        time.sleep(600)\n"
        "    return text\n\n\nmigration = "
    )
    text = text.replace("\nmigration = ", wait, 1).replace('first("name")', 'compute(name, "name")')
    witness.file(name, text.replace("first, key", "compute, key"))
    process = started(witness, "apply", str(witness.migrations))
    until(lambda: witness.application("SELECT count(*) FROM fresh") == [(100,)])
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said = ended(process)
    assert (said.code, said.err) == (130, "error: interrupted\n")
    slow.unlink()
    witness.type("verify")
    assert witness.application("SELECT count(*) FROM fresh") == [(100,)]
    assert witness.failures()[-1]["stayed"]
    witness.type("apply", str(witness.migrations))
    assert witness.application("SELECT count(*) FROM fresh") == [(200,)]
    witness.back("before:0001_change")
    witness.judge(before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_recorded(witness: Witness, number: signal.Signals) -> None:
    """The program gets the signal, and what it had done by then is on record."""
    before = witness.found()
    ready = witness.home / "ready"
    word = "sqlite3" if witness.sqlite else "psycopg"
    where = witness.url.removeprefix("sqlite:///")
    where = where.replace("+psycopg", "")
    script = (
        f"import {word}, pathlib, time\n"
        f"db = {word}.connect({where!r})\n"
        "db.execute(\"UPDATE person SET name = 'x' WHERE id = 1\"); db.commit(); db.close()\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(600)\n"
    )
    file = witness.home / "program.py"
    file.write_text(script)
    python = command(witness.url)[0]
    process = started(witness, "record", "--", python, str(file))
    until(lambda: ready.exists() or process.poll() is not None)
    process.send_signal(number)
    said = ended(process)
    assert said.code == 128 + number, said
    assert "1 row changed" in said.out + said.err
    witness.type("verify")
    witness.back("2")
    witness.judge(before)


MOMENTS = [("rollback", 0.2), ("backup", 0.4)]
if os.environ.get("CLEW_PROFILE") == "nightly":
    MOMENTS = [
        (verb, after / 20) for verb in ("rollback", "verify", "backup") for after in range(20)
    ]


@pytest.mark.parametrize(("verb", "after"), MOMENTS)
def test_an_interrupt_at_any_moment(lite: Witness, verb: str, after: float) -> None:
    """Whenever it comes, the database is as before or as after, and nothing is left in the way."""
    before = lite.found()
    lite.type("apply", str(lite.migrations))
    done = lite.judge(lite.fingerprint())
    to = lite.home / "backups"
    words = {
        "rollback": ["rollback", "2", "--yes"],
        "verify": ["verify"],
        "backup": ["backup", "take", "--to", str(to)],
    }[verb]
    process = subprocess.Popen(
        command(lite.url, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: listens(process.pid) or process.poll() is not None)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    said = ended(process)
    assert said.code in (0, 130)
    assert said.code == 0 or said.err == "error: interrupted\n"
    lite.judge(before, done)
    said = lite.attempt(*words)
    assert said.code == 0, said.err
    if verb == "backup":
        for one in to.iterdir():
            lite.type("backup", "verify", str(one))


def listens(process: int) -> bool:
    """Tell whether a process takes SIGTERM itself, as Clew does once it has begun."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return True
    (caught,) = [line.split()[1] for line in lines if line.startswith("SigCgt:")]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))
