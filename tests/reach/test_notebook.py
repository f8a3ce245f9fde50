"""What a notebook shows: our structs as tables, escaped; the hook is called as IPython does."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import msgspec

from commands.log import log
from commands.notebook import ROWS, Table, html, load_ipython_extension, unload_ipython_extension
from commands.opening import Target
from commands.status import status
from journal import events as e
from journal.opening import open_journal, parse_url
from projections.fold import replay
from projections.runs import Run, Runs
from projections.schema import Schema
from tests.cli.typing_in import Typist

HOSTILE = "<script>alert(1)</script>&\"'\x1b[31m"


class Cells(HTMLParser):
    """The text of a page, and the names of its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(answer: Any) -> Cells:
    """An answer as a notebook shows it."""
    page = html(answer)
    assert page is not None
    return Cells(page)


def test_answers(typist: Typist) -> None:
    """Entries, runs, the schema and the status say what they are, in tables and nothing else."""
    typist.begin()
    with open_journal(typist.url) as journal:
        schema = shown(replay(Schema, journal.read()))
        runs = shown(replay(Runs, journal.read()))
        rows = next(log(journal, newest=1))
        entries = Cells(Table(log(journal))._repr_html_())
        short = Table(log(journal), rows=2)._repr_html_()
    assert any("id, name, born, email" in text for text in schema.texts)
    assert {"0001_people", "0002_letters"} <= set(runs.texts)
    assert "RunCompleted" in shown(rows).texts
    assert {"JournalOpened", "RowsChanged", "1"} <= set(entries.texts)
    assert short.count("<tr>") >= 3
    assert short.endswith("<p>and more</p>")
    told = shown(status(Target(url=parse_url(typist.url)), (typist.migrations,)))
    assert {"journal", "test", "applied"} <= set(told.texts)
    assert schema.tags | runs.tags | entries.tags | told.tags <= {"table", "tr", "th", "td", "p"}


def test_hostile_text() -> None:
    """What somebody wrote is text, not markup, and no control character stays."""
    run = Run(run="r", verb="apply", state="failed", first=1, last=2, error=HOSTILE, reason=HOSTILE)
    cells = shown(run)
    assert "script" not in cells.tags
    assert HOSTILE.replace("\x1b", "\\x1b") in cells.texts
    many = shown(Runs(runs=(run,) * (ROWS + 7)))
    assert "and 7 more" in many.texts
    assert html(e.BackupTaken(backup="b", location="l", manifest="m", tables={HOSTILE: 1}))


class Other(msgspec.Struct):
    """A struct of somebody else."""

    __module__ = "elsewhere"


def test_hook() -> None:
    """IPython is given one function, for our structs only, and it costs no driver."""
    known: dict[Any, Any] = {}
    formatter = SimpleNamespace(for_type=known.__setitem__, pop=known.pop)
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    load_ipython_extension(shell)
    assert known[msgspec.Struct](e.MarkSet(name="a", at=1)) == html(e.MarkSet(name="a", at=1))
    assert known[msgspec.Struct](Other()) is None
    unload_ipython_extension(shell)
    assert known == {}
    script = (
        "import commands.notebook, sys; print({'sqlalchemy', 'IPython', 'rich'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
