"""An application that moves money between accounts, and keeps a ledger that nobody can fool.

Each transfer takes from one account, gives to another and writes what it did into the ledger, in
one transaction. So the sum of all accounts never changes, and each account is what the ledger says:
a lost update, half a transaction or a row that somebody else overwrote shows at once.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.load.place import Place
from tests.support.oracle import pg_program, sqlite_path

ACCOUNTS = 200
BEGUN = 1000
TABLES = (
    "CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL,"
    " moves integer NOT NULL DEFAULT 0)",
    "CREATE TABLE ledger (payer integer NOT NULL, payee integer NOT NULL, amount integer NOT NULL)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    f" WHERE i < {ACCOUNTS}) INSERT INTO account (id, balance) SELECT i, {BEGUN} FROM n",
)
TRANSFER = (
    "UPDATE account SET balance = balance - {amount}, moves = moves + 1 WHERE id = {payer}",
    "UPDATE account SET balance = balance + {amount}, moves = moves + 1 WHERE id = {payee}",
    "INSERT INTO ledger (payer, payee, amount) VALUES ({payer}, {payee}, {amount})",
)
WRONG = """
SELECT a.id, a.balance, a.moves, x.amount, x.moves FROM account a LEFT JOIN (
    SELECT id, sum(amount) AS amount, count(*) AS moves FROM (
        SELECT payee AS id, amount FROM ledger UNION ALL SELECT payer, -amount FROM ledger) y
    GROUP BY id) x ON x.id = a.id
WHERE a.balance <> {begun} + coalesce(x.amount, 0) OR a.moves <> coalesce(x.moves, 0)
"""
_DRAWN = f"""\\set payer random(1, {ACCOUNTS - 1})
\\set payee random(:payer + 1, {ACCOUNTS})
\\set amount random(-9, 9)
"""
_SCRIPT = _DRAWN + ";\n".join(("BEGIN", *TRANSFER, "COMMIT;\n"))


class Traffic:
    """What an application did: transfers, and each error that it met with how often."""

    def __init__(self) -> None:
        self.transfers = 0
        self.longest = 0.0
        self.errors: dict[str, int] = {}

    def failed(self, error: str) -> None:
        """Count an error."""
        self.errors[error] = self.errors.get(error, 0) + 1


def prepare(place: Place) -> None:
    """Make the application's tables, as found before any journal."""
    place.sql(*TABLES)
    place.type("init")


def sound(place: Place) -> int:
    """Hold accounts against the ledger; return how many transfers there were."""
    assert place.sql(WRONG.format(begun=BEGUN)) == []
    ((count,),) = place.sql("SELECT count(*) FROM ledger")
    ((total,),) = place.sql("SELECT sum(balance) FROM account")
    assert total == ACCOUNTS * BEGUN
    return int(count)


@contextmanager
def traffic(place: Place, *, writers: int = 3) -> Iterator[Traffic]:
    """Let an application write while the block runs: pgbench, or threads that do the same."""
    told = Traffic()
    program = None if place.sqlite else _pgbench()
    begun = sound(place)
    if program is None:
        with _threads(place, told, writers):
            _going(place, begun)
            yield told
    else:
        with _bench(place, told, program, writers):
            _going(place, begun)
            yield told
    told.transfers = sound(place) - begun


def _going(place: Place, begun: int) -> None:
    end = time.monotonic() + 120
    while place.sql("SELECT count(*) FROM ledger")[0][0] <= begun:
        assert time.monotonic() < end, "the application does not write"
        time.sleep(0.02)


def _pgbench() -> tuple[str, dict[str, str]] | None:
    program, env = pg_program("pgbench")
    if Path(program).exists():
        return program, env
    found = shutil.which("pgbench")
    return (found, dict(os.environ)) if found else None


@contextmanager
def _bench(
    place: Place, told: Traffic, program: tuple[str, dict[str, str]], writers: int
) -> Iterator[None]:
    script = place.home / "transfer.pgbench"
    text = _SCRIPT
    for name in ("amount", "payer", "payee"):
        text = text.replace(f"{{{name}}}", f":{name}")
    script.write_text(text)
    command = [program[0], "-n", "-f", str(script), "-c", str(writers), "-T", "3600"]
    command += ["--failures-detailed", "--max-tries=1", place.url]
    with subprocess.Popen(
        command, env=program[1], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield
        finally:
            alive = running.poll() is None
            running.terminate()
            _, said = running.communicate(timeout=60)
    for line in said.splitlines():
        if "ERROR" in line or "aborted" in line:
            told.failed(line.split("ERROR:")[-1].strip())
    assert alive or told.errors, said
    with psycopg.connect(place.url, autocommit=True) as db:  # what it began is over
        end = time.monotonic() + 60
        while db.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'"
            " AND datname = current_database()"
        ).fetchone() != (0,):
            assert time.monotonic() < end
            time.sleep(0.02)


@contextmanager
def _threads(place: Place, told: Traffic, writers: int) -> Iterator[None]:
    ended = threading.Event()
    threads = [threading.Thread(target=_write, args=(place, told, ended)) for _ in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _write(place: Place, told: Traffic, ended: threading.Event) -> None:
    """Transfer until it is over; busy is tried again, anything else is told and ends it."""
    chance = random.Random(threading.get_ident())
    try:
        while not ended.is_set():
            payer, payee = sorted(chance.sample(range(1, ACCOUNTS + 1), 2))
            amount = chance.randint(-9, 9)
            done = [one.format(payer=payer, payee=payee, amount=amount) for one in TRANSFER]
            begun = time.monotonic()
            if place.sqlite:
                _transfer_sqlite(place, told, done)
            else:
                place.sql(*done)
            told.longest = max(told.longest, time.monotonic() - begun)
    except Exception as error:  # noqa: BLE001 - the test looks at it
        told.failed(f"{type(error).__name__}: {error}")


def _transfer_sqlite(place: Place, told: Traffic, statements: list[str]) -> None:
    db = sqlite3.connect(sqlite_path(place.url), isolation_level=None, timeout=5)
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in statements:
            db.execute(statement)
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_BUSY":
            raise
        told.failed("SQLITE_BUSY")
    finally:
        db.close()
