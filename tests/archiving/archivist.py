"""An operator who archives, and who asks every question that a position can be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commands.export.directory import read_back
from tests.erasing.eraser import Eraser

FOURTH = "update person set born = born + 1;\n"


class Archivist(Eraser):
    """Types verbs at a journal of four migrations, the first three of which are old."""

    def begin_old(self) -> None:
        """Make the journal: the mark ``old`` is where the third migration ended."""
        self.live()
        self.type("mark", "old")
        self.apply("0004_fourth", FOURTH)

    @property
    def old(self) -> int:
        """The position of the mark."""
        return next(one["data"]["at"] for one in self.lines("log") if one["type"] == "MarkSet")

    def place(self, name: str = "archive") -> Path:
        """Return the directory of an archive."""
        return self.home / name

    def take(self, position: str = "@old", name: str = "archive", *, code: int = 0) -> str:
        """Archive without a question."""
        words = ("archive", "take", position, "--to", str(self.place(name)))
        return self.type(*words, "--reason", "kept for a year", "--yes", code=code)

    def restore(self, name: str = "archive", *, code: int = 0) -> str:
        """Bring an archive back without a question."""
        words = ("archive", "restore", str(self.place(name)), "--reason", "an audit", "--yes")
        return self.type(*words, code=code)

    def proves(self, *names: str) -> None:
        """Let the record prove itself, and these archives with it."""
        given = [word for name in names for word in ("--archive", str(self.place(name)))]
        assert self.json("verify", *given)["ok"]

    def flaws(self, name: str = "archive") -> list[str]:
        """Return what is wrong with an archive."""
        found = self.json("verify", "--archive", str(self.place(name)), code=6)
        return [f"{one['file']}: {one['text']}" for one in found["archives"][0]["flaws"]]

    def answers(self, position: int) -> dict[str, Any]:
        """Return what can be asked at a position, but for the position of the head."""
        at = str(position)
        return {
            "schema": self.json("schema", "--at", at),
            "rows": self.lines("rows", "person", "--at", at),
            "diff": self.json("diff", at, str(self.old + 1), "--data"),
            "plan": self.json("rollback", at, "--plan")["steps"],
            "conflicts": self.json("conflicts", "--at", at),
            "log": self.json("log", "--at", at),
        }

    def seals(self) -> list[dict[str, Any]]:
        """Return position and data of each seal."""
        return [
            one["data"] | {"position": one["position"]}
            for one in self.lines("log")
            if one["type"] == "ArchiveSealed"
        ]

    def rewrite(self, file: str, change: Any, name: str = "archive") -> None:
        """Change a file of an archive, and its manifest so that sizes and digests agree."""
        path = self.place(name) / file
        path.write_bytes(change(path.read_bytes()))
        manifest = self.place(name) / "manifest.json"
        said = json.loads(manifest.read_bytes())
        for one in said["files"]:
            if one["path"] == file:
                found = read_back(path, file)
                one["bytes"], one["sha256"] = found.bytes, found.sha256
        manifest.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
