"""A real browser for pages: one for all tests, and what it says about a page."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

REQUIRED = "CLEW_TEST_CHROMIUM"
"""Set to ``required`` it makes a missing browser a failure."""

WIDTHS = (360, 768, 1280)
THEMES = ("light", "dark")

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--disable-extensions", "--hide-scrollbars",
)  # fmt: skip

_CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (text) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
};
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92
  : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
const behind = (node) => {
  const fill = node.ownerSVGElement && node.parentElement.querySelector('rect, circle');
  if (fill && !node.closest('.rail, .columns')) return rgba(getComputedStyle(fill).fill);
  for (let one = node; one; one = one.parentElement) {
    const found = rgba(getComputedStyle(one).backgroundColor); if (found[3] === 1) return found;
  }
  return [255, 255, 255, 1];
};
const bad = []; let seen = 0;
for (const node of document.body.querySelectorAll('*')) {
  const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  if (!own || ['TITLE', 'DESC', 'title', 'desc'].includes(node.tagName)) continue;
  const style = getComputedStyle(node);
  const svg = node.tagName.toLowerCase() === 'text';
  const front = rgba(svg ? style.fill : style.color);
  const [one, other] = [light(front), light(behind(node))].sort((a, b) => b - a);
  const ratio = (one + 0.05) / (other + 0.05); seen += 1;
  if (ratio < 4.5) bad.push([node.tagName, node.getAttribute('class'), node.textContent.slice(0, 40), ratio]);
}
return [seen, bad];
"""

_WIDE = """
const wide = document.documentElement.clientWidth;
return [document.documentElement.scrollWidth, [...document.body.querySelectorAll('*')].filter((one) =>
  !one.closest('.box, svg, .skip') && one.getBoundingClientRect().right > wide + 1)
  .map((one) => [one.tagName, one.className, one.textContent.slice(0, 40)])];
"""


class Browser:
    """Opens pages from files, and tells what they did."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1280, theme: str = "light") -> None:
        """Open a page in a window of a width, for a reader of a theme."""
        for one in ("browser", "performance"):
            self.driver.get_log(one)
        feature = {"name": "prefers-color-scheme", "value": theme}
        self._command("Emulation.setEmulatedMedia", features=[feature])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self._command("Emulation.setDeviceMetricsOverride", **size)
        self.driver.get(page.as_uri())

    def complaints(self) -> list[Any]:
        """Return what stands in the console."""
        found: list[Any] = self.driver.get_log("browser")
        return found

    def requests(self) -> list[str]:
        """Return what was asked for since the page was opened, the page first.

        What the browser asks of itself, for a new tab of its own, is left out.
        """
        messages = (entry["message"] for entry in self.driver.get_log("performance"))
        found = (json.loads(one)["message"] for one in messages)
        asked = (
            str(one["params"]["request"]["url"])
            for one in found
            if one["method"] == "Network.requestWillBeSent"
        )
        return [one for one in asked if not one.startswith("chrome://")]

    def run(self, script: str) -> Any:
        """Run a script of the test's own; the page allows none of its own."""
        return self.driver.execute_script(script)

    def contrast(self) -> tuple[int, list[Any]]:
        """Return how many texts were looked at, and those below 4.5 : 1 (WCAG 2.2, 1.4.3)."""
        seen, bad = self.run(_CONTRAST)
        return seen, bad

    def wide(self) -> tuple[int, list[Any]]:
        """Return how wide the page is, and what goes beyond the window outside of its own box."""
        width, beyond = self.run(_WIDE)
        return int(width), beyond

    def printed(self, *, outline: bool = False) -> bytes:
        """Return the page as PDF on A4, with its headings as an outline."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
        tagged = {"generateTaggedPDF": outline, "generateDocumentOutline": outline}
        made = self._command("Page.printToPDF", **paper, **tagged)
        return base64.b64decode(made["data"])

    def picture(self, width: int, height: int, *, y: int = 0, scale: float = 1.0) -> bytes:
        """Return a part of the page as PNG."""
        clip = {"x": 0, "y": y, "width": width, "height": height, "scale": scale}
        made = self._command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(made["data"])

    def media(self, kind: str) -> None:
        """Show the page as for the screen or for print."""
        self._command("Emulation.setEmulatedMedia", media=kind)

    def _command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)


def started() -> Iterator[Browser]:
    """Start a browser, and end it; skip, or fail where it is required, without one."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        if os.environ.get(REQUIRED) == "required":
            pytest.fail("no chromium or no chromedriver, and they are required")
        pytest.skip("no chromium or no chromedriver")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        found = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield Browser(found)
        finally:
            found.quit()
