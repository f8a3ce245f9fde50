"""Backups read with nothing of the product: plain JSON and digests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.drills.operator import Operator


def take(operator: Operator, *words: str) -> Path:
    """Take a backup and return its directory."""
    answer = operator.json("backup", "take", *words, "--to", str(operator.home / "backups"))
    return Path(answer["backup"]["location"])


def manifest(directory: Path) -> dict[str, Any]:
    """Return the manifest, each file held against its size and digest."""
    found: dict[str, Any] = json.loads((directory / "manifest.json").read_bytes())
    for table in found["tables"]:
        content = (directory / table["file"]).read_bytes()
        assert len(content) == table["bytes"]
        assert hashlib.sha256(content).hexdigest() == table["digest"]
        assert content.count(b"\n") == table["rows"]
    return found


def rows(directory: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table, by the last part of its name."""
    (table,) = [one for one in manifest(directory)["tables"] if one["path"][-1] == name]
    content = (directory / table["file"]).read_text(encoding="utf-8")
    return [json.loads(line) for line in content.split("\n")[:-1]]


def traces(operator: Operator) -> list[Path]:
    """Return whatever stands where backups are put."""
    place = operator.home / "backups"
    return list(place.iterdir()) if place.exists() else []


def events(operator: Operator, kind: str) -> list[dict[str, Any]]:
    """Return the data of all entries of a type."""
    return [one["data"] for one in operator.lines("log") if one["type"] == kind]
