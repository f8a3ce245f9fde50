"""An operator with a database of each kind, who reports; stories to report of; a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.opening import target
from commands.report import Report, report
from tests.drills.operator import Operator
from tests.pictures.stories import STORIES, Played, demonstration
from tests.reporting.browser import Browser, started

Told = Callable[[str], Report]


@pytest.fixture
def operator(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Somebody who types verbs at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(url, home, capsys)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Reports of stories on SQLite, with values, each played once."""
    known: dict[str, Report] = {}

    def tell(name: str) -> Report:
        if name not in known:
            home = tmp_path_factory.mktemp("story")
            if name == "demo":
                url = demonstration(home)
            else:
                url = f"sqlite:///{home / 'app.db'}"
                (home / "app.db").touch()
                with pytest.MonkeyPatch.context() as patch:
                    patch.chdir(home)
                    STORIES[name](Played(url, home, None))  # type: ignore[arg-type]
            with target(url).journal() as journal:
                known[name] = report(journal, values=True)
        return known[name]

    return tell


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, started once."""
    yield from started()
