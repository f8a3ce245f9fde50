"""Backups read with nothing of the product: plain JSON and digests."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import zstandard

from tests.drills.operator import Operator


def take(operator: Operator, *words: str) -> Path:
    """Take a backup and return its directory."""
    words = (*words, "--to", str(operator.home / "backups"))
    answer = operator.json("backup", "take", *words)
    return Path(answer["backup"]["location"])


def manifest(directory: Path) -> dict[str, Any]:
    """Return the manifest, each file held against its size and digest."""
    found: dict[str, Any] = json.loads((directory / "manifest.json").read_bytes())
    for table in found["tables"]:
        assert (directory / table["file"]).stat().st_size == table["stored"]
        content = content_of(directory / table["file"])
        assert len(content) == table["bytes"]
        assert hashlib.sha256(content).hexdigest() == table["digest"]
        assert content.count(b"\n") == table["rows"]
    return found


def rows(directory: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table, by the last part of its name."""
    (table,) = [one for one in manifest(directory)["tables"] if one["path"][-1] == name]
    content = content_of(directory / table["file"]).decode()
    return [json.loads(line) for line in content.split("\n")[:-1]]


def file_of(directory: Path, name: str) -> Path:
    """Return the file of a table, by the last part of its name."""
    (table,) = [one for one in manifest(directory)["tables"] if one["path"][-1] == name]
    return directory / str(table["file"])


def content_of(file: Path) -> bytes:
    """Return what a file holds, decompressed by the tools that everybody has."""
    if file.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).readall()
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def traces(operator: Operator) -> list[Path]:
    """Return whatever stands where backups are put."""
    place = operator.home / "backups"
    return list(place.iterdir()) if place.exists() else []


def events(operator: Operator, kind: str) -> list[dict[str, Any]]:
    """Return the data of all entries of a type."""
    return [one["data"] for one in operator.lines("log") if one["type"] == kind]
