"""Writing what leaves into the directory of an archive, each piece proved as it goes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec

from commands.archiving.plan import Plan, Progress
from commands.export.directory import aside, files_in, write
from commands.export.export import ALWAYS, write_entries
from commands.export.lines import CONTENT, IMAGES, content_line, image_line
from commands.export.manifest import (
    MANIFEST,
    ArchivedImages,
    ContentSet,
    Manifest,
    written,
)
from commands.export.verify import verify_export
from commands.opening import clew_version
from commands.proof.proven import HINT
from journal.archived import set_digest
from journal.errors import Tampered
from journal.store import Journal, timestamp

_HOLDS = ("row images", "content: statement texts, output of programs, rows written since")
_STAYS = ("content that stays in the database", "checkpoint")


class WrittenArchive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was written and read back: the digest of its last entry, and its size.

    ``manifest`` is the SHA-256 of its manifest, ``bytes`` the size of all its files but tiles.
    """

    head: str
    manifest: str
    chunks: int
    rows: int
    bytes: int


def write_archive(
    journal: Journal, directory: Path, plan: Plan, progress: Progress
) -> WrittenArchive:
    """Write entries, content and images into a new directory, and read all of it back.

    Raises:
        Refused: the directory is not empty.
        Tampered: the record does not prove itself; nothing of the archive is kept.
        ClewError: the disk is full, or fails.
    """
    with aside(directory) as made:
        tree, head, tiles = write_entries(journal, plan.last, made, progress)
        _write_content(journal, made, plan)
        images = _write_images(journal, made, plan)
        identity = journal.identity
        manifest = Manifest(
            journal=identity.id,
            name=identity.name,
            database=identity.database,
            origin=tree.origin,
            last=plan.last,
            head=head,
            root=base64.b64encode(tree.root).decode(),
            exported_at=timestamp(journal.clock()),
            clew=clew_version(),
            holds=(*ALWAYS, *_HOLDS),
            left_out=_STAYS,
            tiles=tiles,
            files=tuple(files_in(made)),
            contents=ContentSet(count=len(plan.contents), digest=set_digest(plan.contents)),
            images=images,
        )
        content = written(manifest)
        write(made, MANIFEST, content)
        for flaw in verify_export(made).flaws:
            raise Tampered(f"what was written cannot be read back: {flaw.file} {flaw.text}")
    return WrittenArchive(
        head=head,
        manifest=hashlib.sha256(content).hexdigest(),
        chunks=images.chunks,
        rows=images.rows,
        bytes=sum(file.bytes for file in manifest.files) + len(content),
    )


def _write_content(journal: Journal, made: Path, plan: Plan) -> None:
    with (made / CONTENT).open("wb") as file:
        for digest in plan.contents:
            content = journal.needed_content(digest)
            if hashlib.sha256(content).hexdigest() != digest:
                raise Tampered(f"content {digest} does not match its digest", hint=HINT)
            file.write(content_line(digest, content))


def _write_images(journal: Journal, made: Path, plan: Plan) -> ArchivedImages:
    kind, chunks, rows = journal.identity.database, 0, 0
    erased: list[tuple[int, str]] = []
    with (made / IMAGES).open("wb") as file:
        for one in plan.ranges:
            whole = hashlib.sha256()
            for image in journal.database.stored_images(one.rows):
                file.write(image_line(image, kind))
                whole.update(image.digest(kind))
                chunks += 1
                rows += image.rows
            if whole.hexdigest() != one.digest:
                raise Tampered(
                    f"row images of position {one.position} do not match their digest", hint=HINT
                )
            if one.rows.images is not None and one.digest != one.rows.images.digest:
                erased.append((one.position, one.digest))
    return ArchivedImages(after=plan.after, chunks=chunks, rows=rows, erased=tuple(erased))
