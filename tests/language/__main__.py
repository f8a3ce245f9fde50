"""``python -m tests.language``: docs/language.md, written anew from what the tests assert."""

from __future__ import annotations

from pathlib import Path

from tests.language.page import page

LANGUAGE = Path(__file__).parents[2] / "docs" / "language.md"


if __name__ == "__main__":
    LANGUAGE.write_text(page(), encoding="utf-8")
