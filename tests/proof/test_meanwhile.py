"""Others write while a record is verified, signed or exported: that is no tampering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commands.export.export import export
from commands.export.verify import verify_export
from commands.init import init
from commands.opening import Asker, Target
from commands.proof.keys import new_key, read_key
from commands.proof.saved import saved_in
from commands.proof.signing import checkpoint
from commands.verify import verify
from journal.opening import open_journal, parse_url
from journal.store import Journal


class Busy(Journal):
    """A journal that somebody else writes to whenever its head or a page of it is read."""

    def __init__(self, journal: Journal, write: Callable[[], None]) -> None:
        super().__init__(journal.database, journal.identity)
        self.write = write
        self.left = 3

    def stored(self, **chosen):
        """Yield entries, and let the other one write before the last of them."""
        yield from super().stored(**chosen)
        self._meanwhile()

    def head(self):
        """Return the head; the other one writes right before."""
        self._meanwhile()
        return super().head()

    def _meanwhile(self) -> None:
        if self.left:
            self.left -= 1
            self.write()


@pytest.fixture
def busy(url: str):
    """A journal with a busy neighbour, who records runs with images and statements."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    with open_journal(url) as journal, open_journal(url) as other:
        with other.recording(actor="mary") as run:
            run.execute("create table t (id integer primary key, v text)")

        def write() -> None:
            number = other.head().position
            with other.recording(actor="mary") as run:
                run.execute(f"insert into t values ({number}, 'x')")
                run.execute(f"update t set v = 'y{number}'")

        yield Busy(journal, write)


def test_verified(busy: Busy) -> None:
    """Verify reads on until nothing is left, and takes nothing new for forged."""
    found = verify(busy)
    assert found.ok, found.problems
    assert busy.left == 0
    assert found.entries == busy.head().position


def test_signed_and_exported(busy: Busy, tmp_path: Path) -> None:
    """A checkpoint and an export are of the head that was found first, and extend each other."""
    new_key(tmp_path / "key", name="key")
    key = read_key(tmp_path / "key", str)
    made = checkpoint(busy, key)
    busy.left = 3
    done = export(busy, tmp_path / "out", key=key)
    assert done.manifest.last >= made.size
    kept = saved_in("kept", made.text.encode(), [key.verifier])
    assert verify_export(tmp_path / "out", checkpoints=[kept], verifiers=[key.verifier]).ok
    assert verify(busy, checkpoints=[kept]).ok
