"""A person who keeps keys and checkpoints in a directory, beside a database with a journal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.cli.typing_in import Typist

NAME = "example.org/shop"


class Auditor:
    """Types verbs of proof; files are named within one directory."""

    def __init__(self, typist: Typist, home: Path) -> None:
        self.typist = typist
        self.home = home / "audit"
        self.home.mkdir()
        typist.begin()
        self.key = self.file("audit.key")
        typist.type("key", "new", "--to", self.key, "--name", NAME)
        self.vkey = typist.json("key", "show", self.key)["verifier"]
        Path(self.file("audit.vkey")).write_text(f"{self.vkey}\n", encoding="utf-8")

    def file(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.home / name)

    def checkpoint(self, name: str, *words: str) -> str:
        """Sign a checkpoint into a file."""
        path = self.file(name)
        self.typist.type("checkpoint", "--key", self.key, "--to", path, *words)
        return path

    def export(self, name: str, *words: str) -> Path:
        """Export the journal."""
        path = self.home / name
        self.typist.type("export", str(path), *words)
        return path


def listed_anew(home: Path, **told: object) -> None:
    """Make the manifest fit what the files are now, and tell what a forger wants it to."""
    manifest = json.loads((home / "manifest.json").read_bytes())
    for one in manifest["files"]:
        content = (home / one["path"]).read_bytes()
        one |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (home / "manifest.json").write_text(json.dumps(manifest | told), encoding="utf-8")
