"""What the log lists: by table through renames, by who asked, by time, by text; and its pager."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from commands.log import Wanted
from commands.log import log as read_log
from journal import events as e
from journal.opening import open_journal
from tests.cli.typing_in import Typist

RENAMED = "alter table person rename to human;\nupdate human set born = 1;\n"
OTHER = (
    "create table person (id integer primary key);\ninsert into person values (7);\n"
    "create index person_id on person (id);\n"
)


@pytest.fixture
def told(typist: Typist) -> Typist:
    """A table that was renamed, and another that took its name."""
    typist.begin()
    typist.file("0003_rename.sql", RENAMED)
    typist.type("apply", str(typist.migrations), "--actor", "erik", "--reason", 'a "b" \\ 50%')
    typist.file("0004_other.sql", OTHER)
    typist.type("apply", str(typist.migrations), "--actor", "ci")
    typist.type("mark", "done", "--actor", "dana")
    return typist


def positions(typist: Typist, *words: str) -> list[int]:
    """Where the entries stand that the log lists."""
    return [line["position"] for line in typist.lines("log", *words)]


def every(typist: Typist) -> list[Any]:
    """All entries of the journal."""
    return typist.lines("log")


def test_table_through_renames(told: Typist) -> None:
    """A name finds all tables that ever bore it, with what they were called otherwise."""
    lines = told.lines("log", "--table", "person")
    kinds = [line["type"] for line in lines]
    assert kinds.count("RowsChanged") == 4
    assert {line["position"] for line in lines} == {
        entry["position"]
        for entry in every(told)
        if entry["type"] in ("RowsChanged", "SchemaChanged")
    }
    human = told.lines("log", "--table", "human", "--type", "rowschanged")
    assert len(human) == 3
    assert "human: 2 updated" in told.type("log", "--table", "human", "--oneline")
    assert told.lines("log", "--table", "human", "--type", "MarkSet") == []
    told.type("log", "--table", "nobody", code=4)
    assert "no table was ever named nobody" in told.err


def test_each_condition_narrows(told: Typist) -> None:
    """Conditions hold together, and each is what the entries themselves say."""
    entries = every(told)
    by_erik = [one["position"] for one in entries if one["actor"] == "erik"]
    assert positions(told, "--actor", "erik") == by_erik
    assert positions(told, "--actor", "eri") == []
    rows = [one["position"] for one in entries if one["type"] == "RowsChanged"]
    assert positions(told, "--actor", "erik", "--type", "RowsChanged") == sorted(
        {*by_erik} & {*rows}
    )
    run = next(one["run"] for one in entries if one["actor"] == "erik")
    assert positions(told, "--run", run[:8], "--actor", "erik") == by_erik
    assert positions(told, "--run", run, "--migration", "0003_rename.sql") == by_erik
    assert positions(told, "--run", run, "--migration", "0001_people") == []
    first = positions(
        told, "--migration", "0001_people", "--type", "RowsChanged", "--table", "human"
    )
    assert first == rows[:1]


def test_grep(told: Typist) -> None:
    """A pattern is looked for in what events say, and in the SQL only where that is asked for."""
    assert len(positions(told, "--grep", "0003_rename")) == 1
    assert len(positions(told, "--grep", r'^a "b" \\ \d+%$')) == 1
    assert positions(told, "--grep", "(?i)BECAUSE") == positions(told, "--grep", "because")
    assert len(positions(told, "--grep", "because")) == 2
    assert positions(told, "--grep", "Ada") == []
    assert len(positions(told, "--grep", "Ada", "--statements")) == 1
    told.type("log", "--grep", "(", code=2)
    assert "is no regular expression" in told.err


def test_times(told: Typist) -> None:
    """Since is included and until is not; how long ago counts back from now."""
    entries = every(told)
    middle = entries[len(entries) // 2]["recorded_at"]
    since = [one["position"] for one in entries if one["recorded_at"] >= middle]
    assert positions(told, "--since", middle) == since
    until = [one["position"] for one in entries if one["recorded_at"] < middle]
    assert positions(told, "--until", middle) == until
    assert positions(told, "--since", "1h") == [one["position"] for one in entries]
    assert positions(told, "--until", "1h") == []
    assert positions(told, "--since", "0001-01-01", "-n", "2") == [
        one["position"] for one in entries[-2:]
    ]
    for wrong in ("yesterday", "5y", "99999-01-01", "999999w"):
        told.type("log", "--since", wrong, code=2)
        assert "expected a time" in told.err


def test_clocks_that_went_back(url: str, typist: Typist) -> None:
    """An entry is chosen by the time that it bears, wherever it stands."""
    typist.type("init")
    with open_journal(url) as journal:
        start = journal.head().position
        clock = journal.clock
        for year in (2001, 2005, 2003, 2004):
            moment = clock().replace(year=year)
            journal.clock = lambda moment=moment: moment
            journal.append(e.MarkSet(name=f"m{year}", at=1), actor="x")
        journal.clock = clock
        wanted = Wanted(since="2003-01-01", until="2005-01-01", types=("MarkSet",))
        assert [one.position - start for one in read_log(journal, wanted)] == [3, 4]


def test_newest(told: Typist) -> None:
    """The newest so many of what fits, in the order asked for."""
    found = positions(told, "--table", "person")
    assert positions(told, "--table", "person", "-n", "3") == found[-3:]
    assert positions(told, "--table", "person", "-n", "3", "--reverse") == found[:-4:-1]
    assert positions(told, "--reverse") == [one["position"] for one in every(told)][::-1]
    assert positions(told, "-n", "0") == positions(told, "--actor", "dana", "-n", "0") == []
    assert positions(told, "--actor", "nobody", "-n", "3") == []
    several = ("--type", "RunStarted", "--type", "MarkSet", "--type", "JournalOpened")
    assert positions(told, *several, "-n", "3") == positions(told, *several)[-3:]


def test_oneline(told: Typist) -> None:
    """One line an entry: position, type and what happened, without a header."""
    lines = told.type("log", "--oneline", "-n", "1").splitlines()
    assert lines == [
        f"{every(told)[-1]['position']} MarkSet @done is {every(told)[-2]['position']}"
    ]


def in_terminal(words: list[str], *, keys: bytes = b"", **environment: str) -> str:
    """What a terminal is sent by a command."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from commands.cli.main import main; main()", *words],
        stdin=child, stdout=child, stderr=child,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)} | environment,
    )  # fmt: skip
    os.close(child)
    told = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            part = os.read(parent, 65536)
        except OSError:
            break
        if not part:
            break
        told += part
        if keys:
            os.write(parent, keys)
            keys = b""
    os.close(parent)
    assert process.wait(timeout=30) == 0
    return told.decode()


def test_pager(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal the pager is lent the lines, in colour; NO_COLOR and --no-pager are heard."""
    typist = Typist(sqlite_url, tmp_path, capsys)
    typist.begin()
    log = ["--db", sqlite_url, "log"]
    plain = {"PAGER": "false", "NO_COLOR": ""}
    through = in_terminal(log, **plain, CLEW_PAGER="sed 's/^/> /'")
    assert "> 1  " in through
    assert "\x1b[" in through
    bare = in_terminal(log, PAGER="sed 's/^/> /'", NO_COLOR="1")
    assert "> 1  " in bare
    assert "\x1b[" not in bare
    for words, pager in ((["--no-pager"], "false"), ([], "cat"), ([], ""), ([], "no-such-pager")):
        assert "\r\n1  " in in_terminal([*log, *words], CLEW_PAGER=pager)
    assert "JournalOpened" in in_terminal([*log, "-n", "30"], CLEW_PAGER="head -2")
    assert '"position":1' in in_terminal([*log, "--format", "jsonl"], CLEW_PAGER="false")


def test_a_pager_that_is_left(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader who leaves early ends the log quietly, however much there was to come."""
    typist = Typist(sqlite_url, tmp_path, capsys)
    typist.type("init")
    with open_journal(sqlite_url) as journal:
        journal.append(*(e.MarkSet(name=f"m{n}", at=1) for n in range(9000)), actor="x")
    told = in_terminal(["--db", sqlite_url, "log"], CLEW_PAGER="head -5")
    assert "m0" in told
    assert "rror" not in told
    assert "m8000" not in told
