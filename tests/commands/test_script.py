"""Migration files made ready to run: sections, directives, and what is taken over."""

from __future__ import annotations

import pytest

from commands.script import Script, read_script
from commands.sources import MigrationFile
from journal.errors import Refused
from journal.values import DatabaseKind


def script(text: str, kind: DatabaseKind = "sqlite", path: str = "1_a.sql") -> Script:
    """Return a text as a script."""
    file = MigrationFile(name="1_a", path=path, text=text, digest="", order=((0, 1), "1_a"))
    return read_script(file, kind)


def run(text: str, kind: DatabaseKind = "sqlite") -> list[tuple[int, str]]:
    """Return lines and texts of the statements that run."""
    return [(part.line, part.text) for part in script(text, kind).parts]


def test_only_the_way_forward_runs() -> None:
    """Of dbmate's sections only migrate:up runs, with lines of the file."""
    text = "-- about\n\n-- migrate:up\nselect 1;\n\nselect 2;\n-- migrate:down\nselect 3;\n"
    assert run(text) == [(4, "select 1"), (6, "select 2")]
    assert script(text).transaction


def test_option_of_dbmate_switches_the_transaction_off() -> None:
    """migrate:up transaction:false is the same as Clew's own directive."""
    assert not script("-- migrate:up transaction:false\r\nvacuum;\r\n").transaction
    assert not script("/* a */ -- clew: no-transaction\nvacuum;").transaction


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- migrate:down\nselect 1;", "line 1: expected one -- migrate:up"),
        ("-- migrate:up\n-- migrate:down\n-- migrate:up\n", "found up, down, up"),
        ("select 1;\n-- migrate:up\n", "line 1: SQL before -- migrate:up"),
        ("-- migrate:up transaction:no\n", "line 1: option transaction:no"),
        ("-- +goose Up\nselect 1;\n-- +goose Down\n", "line 1: sections of another tool"),
        ("a\n-- +migrate Down\n", "line 2: sections of another tool"),
        ("-- clew: no-transactions\nselect 1;", "line 1: directive 'no-transactions'"),
        ("select 1;\n-- clew: no-transaction\n", "line 2: directive after the first"),
        ("", "is empty"),
        (" \r\n", "is empty"),
        ("select 'a", "line 1: string is never closed"),
        ("select 1;\nsavepoint a;", "line 2: control of the transaction: savepoint a"),
        ("select 1;\n.read other.sql\n", "line 2: command of the sqlite3 shell .read other.sql"),
        ("rollback", "line 1: control of the transaction: rollback"),
        ("begin; select 1; commit; begin; select 2; commit;", "do not enclose"),
        ("select 1;\nbegin; select 2; commit", "line 2: BEGIN and COMMIT do not enclose"),
        ("begin; select 1", "do not enclose"),
        ("-- clew: no-transaction\nbegin;select 1;commit", "line 2: a transaction in a file"),
    ],
)
def test_files_that_cannot_run_are_refused(text: str, message: str) -> None:
    """What cannot run as it stands is refused with the file and the line."""
    with pytest.raises(Refused) as caught:
        script(text)
    assert caught.value.message.startswith("1_a.sql ")
    assert message in caught.value.message


def test_a_file_of_comments_is_an_empty_migration() -> None:
    """A file that holds only comments runs no statement, and says so."""
    assert script("-- This is an empty migration.").notes == ("no statement in the file",)


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ("BEGIN", "COMMIT", "sqlite"),
        ("begin immediate transaction", "end transaction", "sqlite"),
        ("BEGIN /* x */ WORK", "COMMIT AND NO CHAIN", "postgresql"),
        ("start transaction", "end", "postgresql"),
    ],
)
def test_outer_transaction_is_taken_over(first: str, last: str, kind: DatabaseKind) -> None:
    """A transaction around the whole file is taken over, and noted with its lines."""
    found = script(f"{first};\nselect 1;\n{last};", kind)
    assert [(part.number, part.text) for part in found.parts] == [(2, "select 1")]
    assert found.notes == ("transaction of the file taken over (lines 1, 3)",)


@pytest.mark.parametrize(
    "begin", ["begin isolation level serializable", "set transaction read only", "abort"]
)
def test_other_modes_of_transactions_are_refused(begin: str) -> None:
    """A transaction with modes of its own is not taken over silently."""
    with pytest.raises(Refused, match="control of the transaction"):
        script(f"{begin}; select 1; commit", "postgresql")


def test_foreign_keys_are_taken_over() -> None:
    """PRAGMA foreign_keys = off holds for the whole file, as table rebuilds are written."""
    text = (
        "alter table b add column y;\nPRAGMA foreign_keys=OFF;\nBEGIN;\n"
        "insert into new_a select * from a;\ndrop table a;\nCOMMIT;\npragma foreign_keys (1);"
    )
    with pytest.raises(Refused, match="do not enclose"):
        script(text)
    found = script(text.removeprefix("alter table b add column y;\n"))
    assert not found.foreign_keys
    assert [part.line for part in found.parts] == [3, 4]
    assert found.notes[1] == (
        "foreign_keys taken over (lines 1, 6): off throughout, checked at the end"
    )
    assert script("pragma main.foreign_keys = 'on'; select 1").foreign_keys


def test_rows_written_with_foreign_keys_on_and_off_are_refused() -> None:
    """A delete that would have cascaded must not run with foreign keys off unseen."""
    rebuild = "PRAGMA foreign_keys=OFF; drop table a; PRAGMA foreign_keys=ON;\n"
    assert len(run(f"create table b (x);\n{rebuild}create index i on b (x)")) == 3
    for sql in (
        "delete from p",
        "create table c as select 1",
        "drop table p",
        "with x as (select 1) delete from p",
    ):
        with pytest.raises(Refused, match="line 2: runs with foreign_keys on"):
            script(f"{rebuild}{sql}")


def test_asking_for_foreign_keys_is_no_switch() -> None:
    """PRAGMA foreign_keys without a value stays a statement of the file."""
    assert run("pragma foreign_keys") == [(1, "pragma foreign_keys")]


def test_strings_with_backslashes_switched_on_are_refused() -> None:
    """Switching standard_conforming_strings off would split the rest in another way."""
    assert run("set standard_conforming_strings = on", "postgresql")
    with pytest.raises(Refused, match="switches standard_conforming_strings"):
        script("SET standard_conforming_strings TO off", "postgresql")


def test_placeholders_of_flyway_are_refused() -> None:
    """A placeholder that Flyway would replace is not run as it stands."""
    with pytest.raises(Refused, match=r"line 2: placeholder \$\{schema\}"):
        script("select 1;\nselect '${schema}'", path="V1__a.sql")
    assert run("select '${schema}'")
