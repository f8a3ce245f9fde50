"""What a power cut would take: whatever was not synced when a command said that it was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.crash.places import Ground, Place
from tests.crash.tracing import Call, Moment, Traced, available
from tests.crash.works import begin, works

pytestmark = pytest.mark.skipif(not available(), reason="programs cannot be traced here")
_OURS = ("-clew-lock", ".seen", "-shm")
"""Ends the names of files that nobody needs after a power cut."""


class Disk:
    """What of a directory would stand after a power cut, and what was named before it was whole."""

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self.content: set[str] = set()
        self.names: set[str] = set()
        self.too_early: set[str] = set()
        self._there: set[str] = set()

    def take(self, moment: Moment, _: Traced) -> bool:
        """Go on by a call that is done; a file that is opened may have been there."""
        call = moment.call
        if moment.done and self._matters(call):
            self._go_on(call)
        elif call.kind in ("create", "journal") and Path(call.path).exists():
            self._there.add(call.path)
        return False

    def _matters(self, call: Call) -> bool:
        path = call.path
        return path.startswith(self._home) and "/tmp/" not in path[len(self._home) :]

    def _go_on(self, call: Call) -> None:
        kind, path, to = call
        match kind:
            case "create" | "journal" | "mkdir":
                self.names |= {path} - self._there
            case "write" | "cut":
                self.content.add(path)
            case "sync":
                self.content.discard(path)
                self.names -= {one for one in self.names if str(Path(one).parent) == path}
            case "rename" | "link":
                self.too_early |= {to} & {
                    to for one in self.content if (one + "/").startswith(path + "/")
                }
                self.names = {
                    to + one[len(path) :] if one.startswith(path) else one for one in self.names
                } | {to}
            case "unlink":
                self.content.discard(path)
                self._there.discard(path)
                (self.names.add if path.endswith("-journal") else self.names.discard)(path)
            case _:
                pass

    @property
    def lost(self) -> set[str]:
        """Files that would be empty, torn, or not there under this name; or there still."""
        found = self.content | self.names
        return {one for one in found if not one.endswith(_OURS)}


@pytest.fixture(scope="module", name="ground")
def _ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("power"))


@pytest.fixture(scope="module", name="begun")
def _begun(ground: Ground) -> Place:
    return begin(ground)


WORDS: dict[str, Callable[[Place], Sequence[str]]] = {
    **{work.name: work.words for work in works() if work.base == "begun"},
    "doctor --plan": lambda place: ("doctor", "--plan", f"{place.home}/sql/0005_repair.sql"),
    "report --output": lambda place: ("report", "--output", f"{place.home}/report.md"),
    "backup take, new directories": lambda place: (
        "backup", "take", "--to", f"{place.home}/one/two/three",
    ),
}  # fmt: skip


@pytest.mark.listed(rate=2)
@pytest.mark.parametrize("name", WORDS)
def test_what_is_done_stands(ground: Ground, begun: Place, name: str) -> None:
    """When a command says that it is done, the disk holds it: content, name, and its directory."""
    with ground.copy(begun) as place:
        disk = Disk(place.home)
        ended = Traced(place.command(WORDS[name](place)), place.environment).run(disk.take)
        assert ended.code in (0, 1), ended
        assert not {one for one in disk.too_early if not one.endswith(_OURS)}
        assert not disk.lost
