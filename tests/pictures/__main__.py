"""``python -m tests.pictures [DIRECTORY]``: the pictures of the documentation, made anew.

The demonstration and five migrations are played on SQLite, and the report of each is written as a
page into DIRECTORY, or into one that is thrown away. The pictures go into ``docs/pictures``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from commands.html import html
from commands.opening import target
from commands.report import report
from tests.pictures.stories import STORIES, Played, demonstration
from tests.reporting.browser import Browser, started

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = (
    ("report-summary", "demo", "light", 1280, "body", 0, 1080),
    ("report-run", "s3-profiles", "light", 1280, "#run-2", -16, 900),
    ("report-tables", "s4-studio", "dark", 1280, "#map", -16, 1000),
    ("report-phone", "s2-cleanup", "light", 390, "body", 0, 1060),
)
"""Each picture: its story, theme and width, what it begins at, and how far it goes, in pixels."""


def main(directory: Path) -> None:
    """Play the stories, write their pages, and take the pictures."""
    directory = directory.resolve()
    os.environ["CLEW_ACTOR"] = "ines"
    pages = {"demo": _page("demo", demonstration(_home(directory, "demo")), directory)}
    for name, play in STORIES.items():
        home = _home(directory, name)
        (home / "app.db").touch()
        url = f"sqlite:///{home / 'app.db'}"
        os.chdir(home)
        play(Played(url, home, None))  # type: ignore[arg-type]
        pages[name] = _page(name, url, directory)
    for browser in started():
        _take(browser, pages)


def _home(directory: Path, name: str) -> Path:
    home = directory / f"{name}-home"
    home.mkdir()
    return home


def _page(name: str, url: str, directory: Path) -> Path:
    with target(url).journal() as journal:
        page = html(report(journal, values=True))
    path = directory / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    return path


def _take(browser: Browser, pages: dict[str, Path]) -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, story, theme, width, place, offset, height in SHOWN:
        browser.open(pages[story], width=width, theme=theme)
        top = f"return document.querySelector('{place}').getBoundingClientRect().top + scrollY"
        y = max(int(browser.run(top)) + offset, 0)
        picture = browser.picture(width, height, y=y)
        (PICTURES / f"{name}.png").write_bytes(picture)
        print(f"{name}.png: {len(picture):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as thrown:
            main(Path(thrown))
