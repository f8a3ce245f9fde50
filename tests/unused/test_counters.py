"""What PostgreSQL counted of reads and writes, as evidence."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from tests.drills.operator import Operator
from tests.unused.test_drop_unused import drop, refused, write

TABLE = """
CREATE TABLE request_log (id integer PRIMARY KEY, path text);
INSERT INTO request_log SELECT n, '/p' FROM generate_series(1, 50) n"""
ONE = 'tables=("request_log",)'


@pytest.fixture
def platform(postgresql_operator: Operator) -> Operator:
    """A log on a server that counts."""
    postgresql_operator.begin_with(TABLE)
    return postgresql_operator


def settled(db: psycopg.Connection[Any]) -> None:
    """Wait until all others are gone: a session counts what it did when it ends."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    end = time.monotonic() + 60
    while (row := db.execute(f"{others} AND pid <> pg_backend_pid()".encode()).fetchone()) != (0,):
        assert time.monotonic() < end, row
        time.sleep(0.005)


def use(platform: Operator, *statements: str) -> None:
    """Run statements as an application, and let the server count them now."""
    with psycopg.connect(platform.url, autocommit=True) as db:
        settled(db)
        for statement in statements:
            db.execute(statement.encode())
        db.execute("SELECT pg_stat_force_next_flush()")


def reset(platform: Operator, admin: str) -> None:
    """Let the server begin to count anew."""
    with psycopg.connect(admin, autocommit=True) as db:
        settled(db)
        db.execute("SELECT pg_stat_reset()")


@pytest.fixture
def counted(platform: Operator, server: Any) -> Operator:
    """A server that began to count just now."""
    name = platform.url.rpartition("/")[2].partition("?")[0]
    reset(platform, server.admin.rpartition("/")[0] + f"/{name}")
    return platform


def signs(platform: Operator, words: str = ONE) -> dict[str, tuple[str, int]]:
    """Apply, and return how reads and writes speak, with their numbers."""
    found = drop(platform, words)["request_log"]
    return {what: (found[what]["speaks"], found[what]["count"]) for what in ("reads", "writes")}


def test_nobody(counted: Operator) -> None:
    """No read and no write since the server counts: unused; before that, nobody can tell."""
    assert signs(counted) == {"reads": ("unused", 0), "writes": ("unused", 0)}


def test_counted_too_short(counted: Operator) -> None:
    """Where the server began to count after the time asked for, nothing counted proves little."""
    found = signs(counted, f'{ONE}, since="2020-01-01"')
    assert found == {"reads": ("unclear", 0), "writes": ("unclear", 0)}


def test_written_since(counted: Operator) -> None:
    """Writes that all came after the time asked for are use; rows put in before are not told apart."""
    use(counted, "INSERT INTO request_log VALUES (51, '/new')")
    refused(counted, f'{ONE}, since="2020-01-01"', said="1 row written since 20")
    assert signs(counted)["writes"] == ("unclear", 1)


def test_read_often(counted: Operator) -> None:
    """A few reads may be those of backups and dry runs; many are use."""
    read = "SELECT count(*) FROM request_log WHERE path = '/p'"
    use(counted, *[read] * 20, *["SELECT 1 FROM request_log WHERE id = 7"] * 5)
    refused(counted, f"{ONE}, reads=20", said="reads since 20")
    assert signs(counted)["reads"][0] == "unclear"


def test_read_long_ago(counted: Operator) -> None:
    """Where the server tells the last read, one long ago is no use; many lately are."""
    use(counted, *["SELECT count(*) FROM request_log"] * 120)
    refused(counted, ONE, said="more than 100")
    with psycopg.connect(counted.url) as db:
        told = db.info.server_version >= 160000
    if told:
        assert signs(counted, f'{ONE}, since="2999-01-01"')["reads"][0] == "unused"
    else:
        refused(counted, f'{ONE}, since="2999-01-01"', said="more than 100")


def test_our_own(counted: Operator) -> None:
    """What a rollback wrote when it brought the table back is told apart from what others write."""
    before = counted.fingerprint()
    write(counted, ONE)
    counted.type("apply", str(counted.migrations))
    counted.back("before:0001_drop")
    use(counted)
    found = drop(counted, f'{ONE}, since="2020-01-01"')["request_log"]
    assert found["writes"]["count"] == 0
    assert "50 more by runs of the journal" in found["writes"]["found"]
    assert found["journal"]["speaks"] == "unused"
    counted.back("before:0001_drop")
    use(counted, "UPDATE request_log SET path = '/x' WHERE id < 4")
    refused(counted, f'{ONE}, since="2020-01-01"', said="3 rows written since")
    use(counted, "UPDATE request_log SET path = '/p' WHERE id < 4")
    assert counted.fingerprint() == before


def test_partitions(postgresql_operator: Operator) -> None:
    """What is read of a partition is read of the table; waived for one, it is for all of it."""
    platform = postgresql_operator
    before = platform.begin_with(
        "CREATE TABLE request_log (id integer, at date) PARTITION BY RANGE (at);\n"
        "CREATE TABLE log_new PARTITION OF request_log FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);\n"
        "CREATE TABLE log_old PARTITION OF request_log DEFAULT;\n"
        "INSERT INTO request_log VALUES (1, '2026-02-01'), (2, '2020-01-01')"
    )
    use(platform, *["SELECT 1 FROM request_log WHERE at > '2026-01-01'"] * 150)
    checks = refused(platform, ONE, said="log_new is used: 15")
    assert [one["name"] for one in checks if not one["passed"]] == ["public.log_new is unused"]
    drop(platform, f'{ONE}, waive={{"request_log": "a report that nobody reads"}}')
    assert not any("log" in name for name in platform.fingerprint())
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_heirs(postgresql_operator: Operator) -> None:
    """A table that inherits is not dropped unasked; named as well, both go and come back."""
    platform = postgresql_operator
    before = platform.begin_with(
        "CREATE TABLE request_log (id integer, note text);\n"
        "CREATE TABLE log_of_old (more text) INHERITS (request_log);\n"
        "INSERT INTO request_log VALUES (1, 'x');\n"
        "INSERT INTO log_of_old VALUES (2, 'y', 'z')"
    )
    refused(platform, ONE, said="public.log_of_old with 1 row inherits from it")
    drop(platform, 'tables=("request_log", "log_of_old")')
    assert not any("log" in name for name in platform.fingerprint())
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before
