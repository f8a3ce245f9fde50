"""The file of targets: what it says, and what is wrong in which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.fleet.targets import FleetTarget, read_targets
from journal.errors import ClewError
from journal.opening import parse_url

ENVIRONMENT = {"PW": "p@ss/w:rd%", "HOST": "north.example", "WHOLE": "sqlite:////data/app.db"}


def read(tmp_path: Path, text: str, name: str = "fleet.toml") -> tuple[FleetTarget, ...]:
    """Read a file of targets."""
    file = tmp_path / name
    file.write_text(text)
    return read_targets(file, ENVIRONMENT)


def wrong(tmp_path: Path, text: str, name: str = "fleet.toml") -> str:
    """Read a file that cannot be read, and return what is said, without the directory."""
    with pytest.raises(ClewError) as error:
        read(tmp_path, text, name)
    assert "\n" not in error.value.message
    return error.value.message.replace(f"{tmp_path}/", "")


def test_toml(tmp_path: Path) -> None:
    """A file names databases, groups and canaries; variables stand for what is not to be in it."""
    text = """
    journal = "production"   # every journal has to bear this name
    [[target]]
    name = "north"
    url = "postgresql://dana:${PW}@${HOST}/app"
    group = 2
    [[target]]
    url = "${WHOLE}"
    canary = true
    journal = "staging"
    """
    north, other = read(tmp_path, text)
    assert (north.name, north.group, north.canary, north.journal) == (
        "north", 2, False, "production",
    )  # fmt: skip
    url = parse_url(north.url)
    assert (url.password, url.host, url.username) == ("p@ss/w:rd%", "north.example", "dana")
    assert (other.name, other.canary, other.journal) == ("/data/app.db", True, "staging")
    assert "p@ss" not in repr(north)


def test_lines(tmp_path: Path) -> None:
    """One URL a line will do, with comments; a relative file is that of the working directory."""
    text = "# the tenants\nsqlite:///a.db\n\n  postgresql://me@h:6432/one\n${WHOLE}\n"
    found = read(tmp_path, text, "tenants.txt")
    assert [one.name for one in found] == ["a.db", "h:6432/one", "/data/app.db"]
    assert found[0].url == f"sqlite:///{Path('a.db').absolute()}"
    assert [one.line for one in found] == [2, 4, 5]


A = '[[target]]\nname = "a"\nurl = "sqlite:///a.db"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[target]]\nurl = "sqlite:///a"\nurl = ', "fleet.toml line 3: invalid value"),
        ("[[target]\n", "fleet.toml line 1: "),
        ("", "fleet.toml line 1: the table missing required field target"),
        ("target = []\n", "fleet.toml names no database"),
        ('[[target]]\nname = "x"\n', "fleet.toml line 1: the table missing required field url"),
        (
            f'{A}\n[[target]]\nurl = "sqlite:///b"\ncanari = 1\n',
            "fleet.toml line 7: the table contains unknown field canari",
        ),
        (f'{A}group = "2"\n', "fleet.toml line 4: expected int, got str for group"),
        (
            '\n[[target]]\nurl = "mysql://a"\n',
            "fleet.toml line 3: expected a sqlite or postgresql URL, found mysql",
        ),
        (
            '[[target]]\nurl = "postgresql://a:${NOPE}@h/d"\n',
            "fleet.toml line 2: ${NOPE} is not in the environment",
        ),
        ('[[target]]\nname = "a\\nb"\nurl = "sqlite:///a"\n', r"line 2: a name is 1 to 100"),
        ('[[target]]\nname = ".."\nurl = "sqlite:///a"\n', "fleet.toml line 2: a name is 1"),
        (f'{A}[[target]]\nname = "a"\nurl = "sqlite:///b"\n', "line 4: line 1 is named 'a' too"),
        (
            f'{A}[[target]]\nname = "b"\nurl = "sqlite:///./x/../a.db"\n',
            "is the database of line 1 too",
        ),
        (
            '[[target]]\nname = "a"\nurl = "postgresql://me:s3cret@H/d"\n'
            '[[target]]\nname = "b"\nurl = "postgres://you:other@h:5432/d"\n',
            "line 4: postgresql://you:***@h:5432/d is the database of line 1 too",
        ),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """Whatever makes no sense is told in one line that names the line."""
    assert said in wrong(tmp_path, text)


def test_other_files(tmp_path: Path) -> None:
    """No file, one that is no text, and TOML under another name are told apart."""
    assert "line 1: expected the URL" in wrong(tmp_path, "[[target]]\n", "fleet.txt")
    with pytest.raises(ClewError, match="no file of targets"):
        read_targets(tmp_path / "nothing.toml", {})
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ClewError, match="is not UTF-8"):
        read_targets(tmp_path / "bytes.toml", {})
    with pytest.raises(ClewError, match="cannot be read"):
        read_targets(tmp_path, {})


def test_hostile_names(tmp_path: Path) -> None:
    """Names of any alphabet, with slashes and quotes, are taken as they are."""
    names = ["a/../b", 'it is "x"', "İstanbul 🚢", "-rf", "$(rm)", "null"]
    text = "".join(
        f"[[target]]\nname = '''{name}'''\nurl = 'sqlite:///{number}.db'\n"
        for number, name in enumerate(names)
    )
    assert [one.name for one in read(tmp_path, text)] == names
