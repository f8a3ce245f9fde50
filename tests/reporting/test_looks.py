"""The page in a real browser: nothing overflows, all can be read, print has all of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from commands.html import html
from tests.reporting.browser import THEMES, WIDTHS, Browser
from tests.reporting.conftest import Told
from tests.reporting.test_page import sections


@pytest.fixture(scope="session")
def pages(told: Told, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of three stories."""
    home = tmp_path_factory.mktemp("pages")
    found = {}
    for name in ("demo", "s2-cleanup", "s5-half-migrated"):
        found[name] = home / f"{name}.html"
        found[name].write_text(html(told(name)), encoding="utf-8")
    return found


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["demo", "s2-cleanup", "s5-half-migrated"])
def test_widths_and_themes(browser: Browser, pages: dict[str, Path], name: str, theme: str) -> None:
    """On a phone, a tablet and a desk, in light and dark: no overflow, AA contrast, no complaint."""
    for width in WIDTHS:
        browser.open(pages[name], width=width, theme=theme)
        assert browser.wide() == (width, [])
        assert browser.requests() == [pages[name].as_uri()]
    seen, bad = browser.contrast()
    assert seen > 100
    assert not bad
    dark = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(20, 23, 26)") == (theme == "dark")
    assert not browser.complaints()


def test_print(browser: Browser, pages: dict[str, Path], told: Told) -> None:
    """Print has every section and what is folded, black on white, also for readers of dark."""
    browser.open(pages["s2-cleanup"], theme="dark")
    browser.media("print")
    hidden = (
        "return [...document.querySelectorAll('main h2, main table, main svg, main pre, main li')]"
        ".filter(one => !one.checkVisibility({contentVisibilityAuto: true}))"
        ".map(one => one.textContent.slice(0, 30))"
    )
    assert browser.run(hidden) == []
    assert (
        browser.run("return getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert not browser.contrast()[1]
    printed = browser.printed(outline=True)
    assert printed.startswith(b"%PDF-")
    for title in sections(told("s2-cleanup")):
        assert title.encode() in printed, title


def test_structure(browser: Browser, pages: dict[str, Path]) -> None:
    """The page has a language, landmarks, one first heading, captions, scopes, and told drawings."""
    browser.open(pages["s2-cleanup"])
    ask = browser.run
    assert ask("return document.documentElement.lang") == "en"
    for what, number in (("header", 1), ("main", 1), ("nav", 1), ("footer", 1), ("h1", 1)):
        assert ask(f"return document.querySelectorAll('{what}').length") == number
    assert ask("return [...document.querySelectorAll('table')].every(one => one.caption)")
    assert ask("return [...document.querySelectorAll('th')].every(one => one.scope)")
    told = "one.getAttribute('aria-hidden') || (one.querySelector('title') && one.querySelector('desc'))"
    assert ask(f"return [...document.querySelectorAll('svg')].every(one => {told})")
    levels = ask(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])"
    )
    assert all(after <= before + 1 for before, after in pairwise(levels))
    broken = (
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.hash.slice(1))"
        ".filter(id => !document.getElementById(id))"
    )
    assert ask(broken) == []
    twice = "const ids = [...document.querySelectorAll('[id]')].map(one => one.id);"
    assert ask(f"{twice} return ids.length - new Set(ids).size") == 0
    policy = ask("return document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'")
