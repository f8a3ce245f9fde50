"""The page: what it tells, that nothing in it acts, and that it is the same each time."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commands.cli.main import run
from commands.contents import FULL
from commands.html import html
from commands.report import Report
from journal import events as e
from journal.erased import Erased
from projections.audit import DETAILED, Audit
from projections.waiting import Waiting
from tests.drills.operator import Operator
from tests.journal.test_tamper import Record
from tests.pictures.stories import demonstration
from tests.projections.journals import Made, table, wrote
from tests.reporting.browser import Browser
from tests.reporting.conftest import Told
from tests.reporting.hostile import MARK, TEXTS, Reader, hostile

STORIES = ("demo", "s2-cleanup", "s3-profiles", "s5-half-migrated", "s1-reset", "s4-studio")


@pytest.mark.parametrize("name", STORIES)
def test_stories(told: Told, name: str) -> None:
    """A page of each story is well-formed, has no script, and loads nothing."""
    page = html(told(name))
    read = Reader(page)
    assert not read.wrong
    assert not read.open
    assert "The record holds" in read.text
    for part in ("<script", "url(http", "url(//", "@import", " src="):
        assert part not in page


def test_what_it_tells(told: Told) -> None:
    """A page says who asked for what, fates, decisions, failures, checks and proof."""
    found = told("s2-cleanup")
    text = Reader(html(found)).text
    for words in (
        "1 run did not complete", "20 decisions wait for a person", "10 of 12 checks passed",
        "values read", "accounted for: equal", "maren", "asked her", "user_limit is used",
        "Nothing of it stayed.", "mark @released set on", "Fields without a home",
        found.audit.target.digest, found.audit.opened.journal if found.audit.opened else "?",
    ):  # fmt: skip
        assert words in text, words
    demo = Reader(html(told("demo"))).text
    for words in ("went back from 47 to 2", "Took back", "Brought again", "@second-try", "#12"):
        assert words in demo, words


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_hostile_texts(told: Told, text: str) -> None:
    """Whatever a name, a reason, an error or a value says, it is text, and not without end."""
    for name in ("s2-cleanup", "demo"):
        page = html(hostile(told(name), text), checkpoint=text)
        page.encode()
        read = Reader(page)
        assert not read.wrong
        assert not read.open
        control = {
            unicodedata.category(letter) for letter in read.text if letter not in "\n\u200d\u200c"
        }
        assert not control & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert len(page) < 8_000_000


def test_hostile_texts_in_a_browser(told: Told, browser: Browser, tmp_path: Path) -> None:
    """In a browser no hostile text runs, asks for anything, or makes the page wider."""
    for number, text in enumerate(("".join(TEXTS[:5]), "".join(TEXTS[5:]))):
        path = tmp_path / f"hostile-{number}.html"
        path.write_text(html(hostile(told("s2-cleanup"), text)), encoding="utf-8")
        browser.open(path, width=360)
        assert MARK not in browser.driver.title.replace(text, "")
        assert browser.requests() == [path.as_uri()]
        assert not browser.complaints()
        acting = (
            "return [...document.querySelectorAll('*')].filter(one => ['SCRIPT', 'IMG', 'IFRAME',"
            " 'LINK', 'BASE', 'script', 'image', 'foreignObject'].includes(one.tagName) ||"
            " one.getAttributeNames().some(name => name.startsWith('on'))).length"
        )
        assert browser.run(acting) == 0
        assert browser.wide()[0] == 360


def test_same_bytes(operator: Operator) -> None:
    """The same stretch gives the same bytes, also while the journal grows."""
    operator.begin_with("CREATE TABLE t (a integer PRIMARY KEY)")
    operator.apply("0001_row", "INSERT INTO t VALUES (1);\n", "--reason", "because")
    end = str(operator.json("status", str(operator.migrations))["head"]["position"])
    page = operator.home / "page.html"
    words = ("report", "--to", end, "--html", str(page))
    operator.type(*words)
    before = page.read_bytes()
    operator.apply("0002_gone", "DROP TABLE t;\n")
    operator.type(*words)
    assert page.read_bytes() == before
    assert operator.type("report", "--to", end, "--html", "-").encode() == before
    assert operator.type("report", "start", end, "--html", "-").encode() == before
    assert [one.name for one in operator.home.glob("*page*")] == ["page.html"]


def test_files(operator: Operator) -> None:
    """A page is written over an earlier page, and over nothing else; it is read by its owner."""
    operator.begin_with("CREATE TABLE t (a integer PRIMARY KEY)")
    page, other = operator.home / "page.html", operator.home / "other.html"
    operator.type("report", "--html", str(page))
    operator.type("mark", "one")
    operator.type("report", "--html", str(page))
    assert "@one" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600
    other.write_text("<!doctype html>precious")
    operator.type("report", "--html", str(other), code=3)
    assert other.read_text() == "<!doctype html>precious"
    operator.type("report", "--html", str(other), "--force")
    assert "Clew report" in other.read_text()
    operator.type("report", "--html", str(operator.home / "nowhere" / "p.html"), code=5)
    for words in (("--output", "x.md"), ("--format", "json"), ("--from", "1", "1", "2")):
        operator.type("report", "--html", str(page), *words, code=2)
    operator.type("report", "--checkpoint", str(page), code=2)


def test_checkpoint(operator: Operator) -> None:
    """A checkpoint is shown as it is, with how to hold the journal against it; nothing else is."""
    operator.begin_with("CREATE TABLE t (a integer PRIMARY KEY)")
    key, file = operator.home / "audit.key", operator.home / "head.checkpoint"
    operator.type("key", "new", "--to", str(key), "--name", "audit")
    operator.type("checkpoint", "--key", str(key), "--to", str(file))
    text = Reader(operator.type("report", "--html", "-", "--checkpoint", str(file))).text
    assert file.read_text(encoding="utf-8").strip() in text
    assert "clew verify --checkpoint FILE" in text
    operator.type("report", "--html", "-", "--checkpoint", str(operator.home / "none"), code=4)
    file.write_bytes(b"\xff\xfe")
    operator.type("report", "--html", "-", "--checkpoint", str(file), code=5)


def test_nothing_there(operator: Operator) -> None:
    """A journal without runs, and a stretch without entries, have a page too."""
    operator.begin_with("CREATE TABLE t (a integer PRIMARY KEY)")
    assert "No run was asked for" in operator.type("report", "--html", "-")
    assert "Nothing was recorded" in operator.type("report", "head", "head", "--html", "-")


def sections(report: Report) -> list[str]:
    """Name the headings of a page's sections."""
    from html.parser import HTMLParser

    found: list[str] = []

    class Headings(HTMLParser):
        inside = False

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.inside = tag == "h2"

        def handle_data(self, data: str) -> None:
            if self.inside and data.strip():
                found.append(data.strip())
                self.inside = False

    Headings().feed(html(report))
    return found


def test_many_runs() -> None:
    """Of very many runs the newest and noteworthy are told in full, others counted; it stays small."""
    made, fold = Made(), Audit.fold()
    made.opened(table(1, "t"))
    for number in range(3000):
        run = f"run-{number}"
        made.add(e.RunStarted(verb="apply", migration=f"m{number:04}", reason="x" * 50), run=run)
        made.add(wrote(1, 1), e.RunFailed(error="no") if number == 7 else e.RunCompleted(), run=run)
    for entry in made.entries:
        fold.take(entry)
    found = Report(audit=fold.answer(), waiting=Waiting())
    page = html(found)
    read = Reader(page)
    assert not read.wrong
    assert len(page) < 2_000_000
    assert page.count("<article") == FULL
    for words in ("m0007", "m2999", "2,000 more earlier runs left out", f"{FULL} of 3,000"):
        assert words in read.text, words
    assert "m0008" not in read.text
    with_statements = [run for run in found.audit.runs if run.did]
    assert len(with_statements) == DETAILED + 1
    assert all(run.did_more == 1 for run in found.audit.runs if not run.did)


def test_erased(told: Told) -> None:
    """What was erased is told as erased, with where; what is gone otherwise is told apart."""
    found = told("s3-profiles")
    assert found.content
    for content, words in (
        (dict.fromkeys(found.content, Erased(57)), "erased at 57"),
        ({}, "missing or altered, see clew verify"),
    ):
        page = html(msgspec.structs.replace(found, content=content))
        for table_ in ("Decisions of people", "Kept for a later migration"):
            assert f"<em>{words}</em>" in page.partition(table_)[2].partition("</table>")[0]
        assert f"text {words}" in page


def test_tampered(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed entry is named on the first screen, and in the proof."""
    record = Record(url)
    old, new = ("convert_from(body, 'UTF8')", "convert_to({}, 'UTF8')")
    if not record.postgresql:
        old, new = ("CAST(body AS TEXT)", "CAST({} AS BLOB)")
    changed = new.format(f"replace({old}, 'dana', 'dena')")
    record.forge(f"UPDATE {record.table('entry')} SET body = {changed} WHERE position = 4")
    assert run(["--db", url, "report", "--html", "-"]) == 0
    text = Reader(capsys.readouterr().out).text
    assert "The record was tampered with" in text
    assert "From position 4 on the chain does not hold: altered." in text
    assert run(["--db", url, "verify"]) == 6
    record.forge(f"DELETE FROM {record.table('entry')} WHERE position = {record.head}")
    assert run(["--db", url, "report", "--html", "-"]) == 0
    assert f"position {record.head}missing" in capsys.readouterr().out.replace(
        f"<th scope=row>{record.head}</th><td>", f"position {record.head}"
    )


def test_the_wheel_has_the_templates() -> None:
    """What is installed has all templates and the style: they are files of the package."""
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    root = Path(__file__).parents[2]
    packed = {
        one.distribution_path for one in hatchling.WheelBuilder(str(root)).recurse_included_files()
    }
    here = {one.name for one in (root / "commands" / "html" / "templates").iterdir()}
    assert here
    assert {f"commands/html/templates/{name}" for name in here} <= packed


def test_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program in the documentation runs as it stands."""
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    url = demonstration(tmp_path)
    monkeypatch.chdir(Path(url.removeprefix("sqlite:///")).parent)
    known: dict[str, str] = {}
    exec(program, known)
    assert known["page"].startswith("<!doctype html>")
    assert "users.email" in known["page"]
