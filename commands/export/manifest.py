"""What an export holds and what it does not, with the size and digest of every file in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from commands.proof.files import read_large
from journal.errors import ClewError, NotFound
from journal.values import DatabaseKind

MANIFEST = "manifest.json"
CHECKPOINT = "checkpoint"
PUBLIC_KEY = "key.pem"
VERIFIER = "key.vkey"
VERSION = 2


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the export: its path below the directory, its bytes, its SHA-256."""

    path: str
    bytes: int
    sha256: str


class ContentSet(msgspec.Struct, frozen=True, kw_only=True):
    """The contents in an export: how many, and a digest over their names, sorted, a line each."""

    count: int
    digest: str


class ArchivedImages(msgspec.Struct, frozen=True, kw_only=True):
    """The row images in an archive: those that entries after ``after`` name.

    ``erased`` are positions of entries of whose images something was erased, with the digest
    that these have now.
    """

    after: int
    chunks: int
    rows: int
    erased: tuple[tuple[int, str], ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An export of the entries ``first`` to ``last`` of one journal.

    ``root`` is the root of the Merkle tree over them in base64, as a checkpoint has it; ``head``
    the digest of the last in hexadecimal. Tiles are counted and not listed, since every byte of
    theirs follows from the entries. A manifest proves nothing: the checkpoint does.
    An archive is an export with ``images``, whose manifest an entry names by its SHA-256.
    """

    format: Literal["clew-export"] = "clew-export"
    version: int = VERSION
    journal: str
    name: str
    database: DatabaseKind
    origin: str
    first: int = 1
    last: int
    head: str
    root: str
    exported_at: str
    clew: str
    signed_by: str = ""
    holds: tuple[str, ...]
    left_out: tuple[str, ...]
    tiles: int
    files: tuple[ExportedFile, ...]
    contents: ContentSet | None = None
    images: ArchivedImages | None = None


def written(manifest: Manifest) -> bytes:
    """Return a manifest as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(directory: Path) -> Manifest:
    """Read what an export says of itself.

    Raises:
        NotFound: there is no manifest in the directory.
        ClewError: it is torn, or of a newer version.
    """
    if not (directory / MANIFEST).is_file():
        raise NotFound(
            f"{directory} holds no export: there is no {MANIFEST}",
            hint="An export that was not finished has none; write it again: clew export DIR.",
        )
    try:
        found = msgspec.json.decode(read_large(directory / MANIFEST), type=Manifest)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ClewError(f"the manifest of {directory} cannot be read: {error}") from None
    if found.version > VERSION:
        raise ClewError(f"the export is of version {found.version}, this release knows {VERSION}")
    return found
