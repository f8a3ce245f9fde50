"""What fuzzing found, as somebody would have seen it: each was a page of code, or never ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.backup import manifest, single
from commands.backup.manifest import Unreadable
from commands.doctor.ledger.read_python import read_python
from commands.hiding import declared
from commands.naming import order_of
from commands.transform import values
from journal.erased import told
from journal.errors import Usage
from journal.mentions import named_in_statement
from journal.secrets import hide_in_sql
from tests.cli.typing_in import Typist

DEEP = b"[" * 100_000


@pytest.fixture
def typist(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Somebody who types verbs at an empty database."""
    return Typist(sqlite_url, tmp_path, capsys)


def test_a_manifest_nested_too_deeply_is_no_backup(typist: Typist) -> None:
    """A manifest of brackets alone is told to be unreadable, in a directory and in a single file."""
    for read in (manifest.read, single.contents_of):
        with pytest.raises(Unreadable):
            read(b'{"format": 2, "tables": ' + DEEP)
    broken = typist.home / "backup.json"
    broken.write_bytes(b'{"format": 2, "tables": ' + DEEP)
    typist.begin()
    assert "is no backup" in typist.type("backup", "verify", str(broken), code=5)


def test_hidden_columns_that_are_not_utf_8(tmp_path: Path) -> None:
    """A file of hidden columns in another encoding is named, with what to do."""
    (tmp_path / "clew-hidden.txt").write_bytes(b"person.e\xfcmail\n")
    with pytest.raises(Usage, match="not UTF-8"):
        declared((), tmp_path)


@pytest.mark.parametrize("number", ["1" * 5000, "1e99999999999999999999"])
def test_a_number_that_cannot_be_held_rejects_its_record(number: str) -> None:
    """JSON with a number that Python or a Decimal cannot hold is malformed, not a crash."""
    with pytest.raises(values.Malformed):
        values.read(f'{{"a": {number}}}')


def test_another_tools_name_with_a_number_of_5000_digits() -> None:
    """A name in a history that no file can bear has its place without a number."""
    assert order_of("9" * 5000 + "_name") == ((1,), "9" * 5000 + "_name")
    assert order_of("V" + "9" * 5000 + "__name")[0] == (1,)


def test_grep_with_a_pattern_that_never_ends(typist: Typist) -> None:
    """A pattern that would search for years is given up, and told to be written otherwise."""
    typist.begin()
    typist.type("mark", "here", "--reason", "a" * 60 + "!")
    typist.file("0003_long.sql", f"create table {'a' * 60} (id integer primary key);\n")
    typist.type("apply", str(typist.migrations), "--reason", "a" * 60 + "!")
    typist.type("log", "--grep", "a{60}!")
    typist.type("log", "--grep", r"(?:a|aa)+$", code=2)
    assert "takes more than 2 seconds" in typist.err


@pytest.mark.parametrize(
    "words",
    [("log", "--at", ""), ("schema", "--at="), ("apply", "--to", ""), ("log", "--actor", "")],
)
def test_an_option_given_empty_is_not_its_default(typist: Typist, words: tuple[str, ...]) -> None:
    """A variable of the shell that is not set does not make a verb answer, or apply, for all."""
    typist.begin()
    typist.type(*words, code=2)
    assert "found an empty one" in typist.err
    typist.url = ""
    typist.type("status", code=2)


def test_an_export_with_a_link_in_it(typist: Typist) -> None:
    """A link in the place of a file is not read: it may lead anywhere, or have no end."""
    typist.begin()
    place = typist.home / "export"
    typist.type("export", str(place))
    typist.type("verify", "--export", str(place))
    kept = (place / "entries.jsonl").rename(typist.home / "elsewhere")
    for leads in (str(kept), "/dev/zero"):
        (place / "entries.jsonl").symlink_to(leads)
        typist.type("verify", "--export", str(place), code=6)
        assert "entries.jsonl is no plain file" in typist.err
        (place / "entries.jsonl").unlink()


def test_an_export_with_an_empty_directory_in_it(typist: Typist) -> None:
    """A directory that no export has is told, though nothing stands in it."""
    typist.begin()
    place = typist.home / "export"
    typist.type("export", str(place))
    (place / "more" / "less").mkdir(parents=True)
    found = typist.json("verify", "--export", str(place), code=6)
    assert [one["file"] for one in found["flaws"]] == ["more/less/"]


def test_a_python_file_nested_too_deeply_is_read_for_its_names() -> None:
    """What Python itself cannot parse names at least the words in it."""
    found = read_python("drop table person " + "[" * 5000, "sqlite")
    assert "person" in found.gone


def test_a_statement_of_open_brackets_is_read_at_once() -> None:
    """A literal of megabytes with brackets that nothing closes is looked through once."""
    sql = "insert into person values ('" + "[" * 3_000_000 + "')"
    assert (("person",), False) in named_in_statement(sql, qualified=False)


def test_a_failed_statement_of_megabytes_is_cleared_of_passwords_at_once() -> None:
    """A long INSERT that failed is looked through for passwords in the time that it takes to read."""
    sql = "insert into person values ('" + "end-" * 500_000 + "'); -- password = 'hunter2'"
    assert "hunter2" not in hide_in_sql(sql)


def test_a_marker_of_erased_content_that_is_nested_too_deeply() -> None:
    """What stands in the place of erased content is told as erased, whatever somebody made of it."""
    assert told("erased:x", b'{"x":' + DEEP).position == 0
