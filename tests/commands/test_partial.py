"""What a killed command left half made goes with the next one; what is being made stays."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from commands.cli.files import write
from commands.partial import clear, partial_directory, partial_file
from commands.proof.files import write_new


def test_a_killed_command_leaves_nothing_for_ever(tmp_path: Path) -> None:
    """The next file or directory of that name takes away what was left of the one before."""
    for name in ("a.key", "out"):
        (tmp_path / f".{name}.0123abcd.partial").mkdir()
        (tmp_path / f".{name}.0123abcd.partial" / "half").touch()
    write_new(tmp_path / "a.key", b"whole")
    with partial_directory(tmp_path / "out") as made:
        made.rename(tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.key", "out"]


def test_others_at_work_are_left_alone(tmp_path: Path) -> None:
    """What somebody is making, and files of other names, stay."""
    for name in ("b.0123abcd", "a.mine"):
        (tmp_path / f".{name}.partial").touch()
    with partial_file(tmp_path / "a", mode=0o600) as (first, file):
        with partial_file(tmp_path / "a", mode=0o600) as (second, _):
            assert first.exists()
            assert second.exists()
        file.write(b"whole")
        first.rename(tmp_path / "a")
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        ".a.mine.partial",
        ".b.0123abcd.partial",
        "a",
    ]


def test_taken_for_a_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another one removed before it could be locked is made once more."""
    plain = fcntl.flock
    removed: list[str] = []

    def slow(handle: int, how: int) -> None:
        if not removed:
            removed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
            monkeypatch.undo()
            clear(tmp_path, "a")
        plain(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with partial_file(tmp_path / "a", mode=0o600) as (path, _):
        assert path.exists()
    assert removed != [str(path)]


@pytest.mark.parametrize("force", [False, True])
def test_a_page_is_whole_or_the_one_before(tmp_path: Path, force: bool) -> None:
    """Where the words of a page end in an error, what stood there stands, and nothing beside it."""
    page = tmp_path / "page.html"
    if force:
        page.write_text("before")

    def words() -> object:
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(page, words(), force=force)  # type: ignore[arg-type]
    assert [one.read_text() for one in tmp_path.iterdir()] == ["before"] * force
