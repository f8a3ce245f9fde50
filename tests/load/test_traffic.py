"""Verbs while an application writes: nothing is lost, nothing is half done, nothing overwritten."""

from __future__ import annotations

import os
import sys

import pytest

from tests.load.application import ACCOUNTS, BEGUN, prepare, sound, traffic
from tests.load.place import Place
from tests.support.oracle import fingerprint

ROUNDS = 10 if os.environ.get("CLEW_PROFILE") == "nightly" else 1
PATIENT = ("--lock-timeout", "60")
ALLOWED = {"SQLITE_BUSY"}
"""Errors that an application may meet: on SQLite nobody writes beside a writer."""


@pytest.fixture(params=["delete", "wal", "postgresql"])
def bank(request: pytest.FixtureRequest) -> Place:
    """An application's accounts, with a journal beside them."""
    postgresql = request.param == "postgresql"
    place: Place = request.getfixturevalue("on_postgresql" if postgresql else "on_sqlite")
    if not postgresql:
        place.sql(f"PRAGMA journal_mode = {request.param}")
    prepare(place)
    return place


def schema_of(place: Place) -> dict[str, str]:
    """Return what the oracle sees, but for the application's rows."""
    mine = ("rows account", "rows public.account", "rows ledger", "rows public.ledger")
    return {name: text for name, text in fingerprint(place.url).items() if name not in mine}


def test_migrations_there_and_back(bank: Place) -> None:
    """DDL beside the application's columns goes there and back; every transfer stands."""
    before = schema_of(bank)
    bank.file("0001_note.sql", "alter table account add column note text;\n")
    bank.file("0002_index.sql", "create index account_moves on account (moves);\n")
    bank.file("0003_log.sql", "create table audit (id integer primary key, note text);\n"
              "insert into audit select id, 'seen' from account;\n")  # fmt: skip
    with traffic(bank) as told:
        for _ in range(ROUNDS):
            bank.type("apply", str(bank.migrations), *PATIENT)
            bank.type("rollback", "before:0001_note", "--yes", *PATIENT)
    assert set(told.errors) <= ALLOWED, told.errors
    assert told.transfers > 0
    assert schema_of(bank) == before
    bank.proved()


def test_rows_that_the_application_wrote_since(bank: Place) -> None:
    """A rollback refuses rows that were written since, and keeps them where it is told to."""
    bank.file("0001_note.sql", "alter table account add column note text default 'new';\n")
    bank.file("0002_bonus.sql", "update account set note = 'seen';\n")
    with traffic(bank) as told:
        bank.type("apply", str(bank.migrations), *PATIENT)
        written = told_of(bank)
        while told_of(bank) - written < 20:  # some accounts are surely written since
            pass
        refused = bank.type("rollback", "before:0002_bonus", "--yes", *PATIENT, code=3)
        assert "written since" in refused.err
        assert bank.sql("select count(*) from account where note = 'seen'") == [(ACCOUNTS,)]
        kept = bank.type(
            "rollback", "before:0002_bonus", "--yes", "--if-changed", "keep", *PATIENT,
            "--format", "json",
        ).json()  # fmt: skip
    assert set(told.errors) <= ALLOWED, told.errors
    sound(bank)
    left = bank.sql("select count(*) from account where note = 'seen'")[0][0]
    assert left == kept["changed_count"] > 0
    bank.proved()


def told_of(bank: Place) -> int:
    """Count transfers."""
    return int(bank.sql("select count(*) from ledger")[0][0])


FAILS = "update account set moves = moves where id = 1;\nselect no_such_function();\n"


def test_a_migration_that_fails(bank: Place) -> None:
    """What a failing migration wrote is gone, what the application wrote meanwhile stands."""
    bank.file("0001_fails.sql", FAILS)
    with traffic(bank) as told:
        for _ in range(3 * ROUNDS):
            bank.type("apply", str(bank.migrations), *PATIENT, code=5)
    assert set(told.errors) <= ALLOWED, told.errors
    bank.proved()


WALLETS = """
from commands.transform import Migration, Rows, Select, Transform, constant, first, key

migration = Migration(
    {batched}
    steps=(
        Transform(
            name="wallets",
            source=Select(sql="SELECT id, balance FROM account", order="id"),
            subject="id",
            into=(
                Rows(table="wallet", columns={{"id": key("id"), "opened": first("balance")}}),
                Rows(
                    table="account",
                    match=("id",),
                    columns={{"id": key("id"), "seen": constant(1)}},
                ),
            ),
        ),
    ),
)
"""
WALLET = (
    "create table wallet (id integer primary key, opened integer not null);\n"
    "alter table account add column seen integer;\n"
)


@pytest.mark.parametrize("batched", ["", "batched=20,"])
def test_a_transform_of_rows_that_move(bank: Place, batched: str) -> None:
    """A transform reads one moment, whole or batch by batch, and writes beside the transfers."""
    bank.file("0001_wallet.sql", WALLET)
    bank.file("0002_wallets.py", WALLETS.format(batched=batched))
    with traffic(bank) as told:
        bank.type("apply", str(bank.migrations), *PATIENT)
    assert set(told.errors) <= ALLOWED, told.errors
    opened = bank.sql("select count(*), sum(opened) from wallet")[0]
    assert opened == (ACCOUNTS, ACCOUNTS * BEGUN) if not batched else opened[0] == ACCOUNTS
    assert bank.sql("select count(*) from account where seen = 1") == [(ACCOUNTS,)]
    sound(bank)
    bank.proved()


def test_a_backup_of_one_moment(bank: Place) -> None:
    """A backup taken meanwhile holds whole transfers only, and restores to a sound ledger."""
    backups = bank.home / "backups"
    with traffic(bank) as told:
        for _ in range(ROUNDS):
            taken = bank.type("backup", "take", "--to", str(backups), *PATIENT)
    assert set(told.errors) <= ALLOWED, told.errors
    bank.type("backup", "verify", *map(str, backups.iterdir()))
    before = sound(bank)
    newest = max(backups.iterdir())
    at = bank.type("status", "--format", "json").json()["head"]["position"]
    bank.type("backup", "restore", str(newest), "--yes", *PATIENT)
    assert sound(bank) < before, taken.out
    bank.type("rollback", str(at), "--yes", *PATIENT)
    assert sound(bank) == before
    bank.proved()


def test_what_is_erased_beside_transfers(bank: Place) -> None:
    """An erasure takes a row's past from the journal, and nothing from the application."""
    bank.file("0001_note.sql", "alter table account add column note text;\n")
    bank.file("0002_seen.sql", "update account set note = 'seen';\n")
    bank.type("apply", str(bank.migrations))
    with traffic(bank) as told:
        for number in range(1, 3 + ROUNDS):
            bank.type(
                "erase", "row", "account", str(number), "--reason", "asked", "--yes", *PATIENT
            )
            bank.type("verify")
    assert set(told.errors) <= ALLOWED, told.errors
    bank.proved()


RECORDED = """
import sys
from sqlalchemy import create_engine, text
with create_engine(sys.argv[1]).begin() as db:
    db.execute(text("create table letter (id integer primary key, account integer)"))
    db.execute(text("insert into letter select id, id from account"))
"""


def test_a_recorded_program_beside_transfers(bank: Place) -> None:
    """A recorded program is in no transfer's way, and whose rows are on record is told."""
    program = bank.home / "program.py"
    program.write_text(RECORDED)
    url = bank.url.replace("postgresql://", "postgresql+psycopg://")
    with traffic(bank) as told:
        done = bank.type("record", *PATIENT, "--", sys.executable, str(program), url)
    assert set(told.errors) <= ALLOWED, told.errors
    assert bank.sql("select count(*) from letter") == [(ACCOUNTS,)]
    assert "letter: 200 rows added" in done.err + done.out
    assert "also there" in done.err + done.out
    sound(bank)
    bank.proved()
