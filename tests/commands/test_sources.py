"""Directories of migration files, in every shape they come in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from commands.sources import read_sources
from journal.errors import NotFound, Refused
from journal.values import DatabaseKind


def write(directory: Path, *names: str) -> Path:
    """Write files that select something."""
    for name in names:
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("select 1;\n")
    return directory


def names(directory: Path, kind: DatabaseKind = "sqlite") -> list[str]:
    """Return the migrations of a directory in their order."""
    return [file.name for file in read_sources([directory], kind).files]


def test_numbers_are_ordered_as_numbers(tmp_path: Path) -> None:
    """Numeric prefixes order by value, and files without one come last, by name."""
    write(tmp_path, "10_c.sql", "2_b.sql", "0001_a.sql", "seed.sql", "20240101120000_d.sql")
    expected = ["0001_a", "2_b", "10_c", "20240101120000_d", "seed"]
    assert names(tmp_path) == expected


def test_prisma_directories(tmp_path: Path) -> None:
    """A directory with migration.sql is one migration that bears the directory's name."""
    write(tmp_path, "20240102_b/migration.sql", "20240101_a/migration.sql", "notes/readme.txt")
    (tmp_path / "migration_lock.toml").write_text("provider")
    found = read_sources([tmp_path], "sqlite").files
    assert [(f.name, f.path) for f in found] == [
        ("20240101_a", "20240101_a/migration.sql"),
        ("20240102_b", "20240102_b/migration.sql"),
    ]


def test_flyway_versions(tmp_path: Path) -> None:
    """Flyway's versions order number by number: V1, V1.1, V2, V10."""
    write(tmp_path, "V10__d.sql", "V2__c.sql", "V1_1__b.sql", "V1__a.sql")
    assert names(tmp_path) == ["V1__a", "V1_1__b", "V2__c", "V10__d"]


@pytest.mark.parametrize(
    "name", ["R__views.sql", "U2__undo.sql", "B1__base.sql", "afterMigrate.sql"]
)
def test_flyway_files_that_do_not_run_are_refused(tmp_path: Path, name: str) -> None:
    """Repeatable, undo, baseline and callback files of Flyway are refused by name."""
    write(tmp_path, "V1__a.sql", name)
    with pytest.raises(Refused, match=name.removesuffix(".sql")):
        names(tmp_path)


def test_same_flyway_version_twice_is_refused(tmp_path: Path) -> None:
    """Two files of one Flyway version have no order."""
    write(tmp_path, "V1__a.sql", "V1.0__b.sql")
    with pytest.raises(Refused, match="the same migration"):
        names(tmp_path)


def test_mixed_shapes_are_refused(tmp_path: Path) -> None:
    """Flyway's names beside others have no order."""
    write(tmp_path, "V1__a.sql", "0002_b.sql")
    with pytest.raises(Refused, match="named as Flyway does"):
        names(tmp_path)


def test_a_file_for_each_database(tmp_path: Path) -> None:
    """Files of one database bear one name and the other database does not see them."""
    write(tmp_path, "1_a.sql", "2_b.sqlite.sql", "2_b.postgresql.sql", "3_c.postgresql.sql")
    write(tmp_path, "4_d/migration.sqlite.sql")
    assert names(tmp_path, "postgresql") == ["1_a", "2_b", "3_c"]
    sqlite = read_sources([tmp_path], "sqlite")
    assert [f.path for f in sqlite.files] == [
        "1_a.sql",
        "2_b.sqlite.sql",
        "4_d/migration.sqlite.sql",
    ]
    assert sqlite.elsewhere == ("3_c",)


@pytest.mark.parametrize(
    "name", ["1_a.pg.sql", "1_a.sqlite3.sql", "1_a.mysql.sql", "1_a.SQLite.sql"]
)
def test_other_spellings_of_a_database_are_refused(tmp_path: Path, name: str) -> None:
    """A file that names its database in another way is refused, not run everywhere."""
    write(tmp_path, name)
    with pytest.raises(Refused, match=r"expected \.sqlite\.sql or \.postgresql\.sql"):
        names(tmp_path)


def test_down_files_do_not_run(tmp_path: Path) -> None:
    """Of NAME.up.sql and NAME.down.sql only the first is a migration, called NAME."""
    write(tmp_path, "1_a.up.sql", "1_a.down.sql")
    assert names(tmp_path) == ["1_a"]
    write(tmp_path, "2_b.down.sql")
    with pytest.raises(Refused, match="no file leads there"):
        names(tmp_path)


def test_same_name_twice_is_refused(tmp_path: Path) -> None:
    """Two files of one name are refused."""
    write(tmp_path, "1_a.sql", "1_a/migration.sql")
    with pytest.raises(Refused, match="the same migration"):
        names(tmp_path)


def test_digest_is_over_the_bytes_and_the_text_has_no_bom(tmp_path: Path) -> None:
    """The digest covers the file to the byte; the text keeps CRLF and loses the BOM."""
    content = b"\xef\xbb\xbfselect 'a\r\nb';\r\n"
    (tmp_path / "1_a.sql").write_bytes(content)
    (file,) = read_sources([tmp_path], "sqlite").files
    assert file.text == "select 'a\r\nb';\r\n"
    assert file.digest == hashlib.sha256(content).hexdigest()
    assert file.bom


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"select 1;\nselect '\xff';", r"1_a\.sql line 2: byte 0xff is not UTF-8"),
        ("select 1;".encode("utf-16"), "found UTF-16"),
        (b"select 1;\n\n\x00", "line 3: NUL"),
    ],
)
def test_what_is_not_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is not UTF-8 text is refused with the line of the first bad byte."""
    (tmp_path / "1_a.sql").write_bytes(content)
    with pytest.raises(Refused, match=message):
        names(tmp_path)


def test_missing_directory(tmp_path: Path) -> None:
    """A directory that is not there is not found."""
    with pytest.raises(NotFound, match="no directory of migrations"):
        names(tmp_path / "nowhere")


def test_single_files_are_partial(tmp_path: Path) -> None:
    """Where single files are named, nothing is said to be missing."""
    write(tmp_path, "1_a.sql", "2_b.sql")
    sources = read_sources([tmp_path / "2_b.sql"], "sqlite")
    assert [f.name for f in sources.files] == ["2_b"]
    assert sources.partial
