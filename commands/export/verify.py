"""Check an export from its own files: no database is opened, and nothing is trusted unproved."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from commands.export.complete import Completeness
from commands.export.directory import empty_in, files_in, refuse_strange
from commands.export.flaws import Flaw, VerifiedExport
from commands.export.images import Images
from commands.export.lines import CONTENT, ENTRIES, ContentLine, EntryLine, is_as_written
from commands.export.manifest import (
    CHECKPOINT,
    MANIFEST,
    PUBLIC_KEY,
    VERIFIER,
    ExportedFile,
    Manifest,
    read_manifest,
)
from commands.export.tiles import Tiles
from commands.proof.checkpoint import origin_named, parse_checkpoint
from commands.proof.held import Holding, problem_of
from commands.proof.note import Malformed, VerifierKey, from_base64, parse_verifier
from commands.proof.proven import EVERY, Progress, silent
from commands.proof.saved import Saved, read_checkpoint
from commands.words import reason
from journal.chain import GENESIS, leaf_digest
from journal.envelope import Head
from journal.errors import ClewError

_line = msgspec.json.Decoder(EntryLine).decode
_content = msgspec.json.Decoder(ContentLine).decode


class _Opened(msgspec.Struct, frozen=True):
    journal: str
    name: str
    database: str


class _Body(msgspec.Struct, frozen=True):
    position: int


class _FirstBody(msgspec.Struct, frozen=True):
    data: _Opened


def verify_export(
    directory: Path,
    *,
    verifiers: Sequence[VerifierKey] = (),
    checkpoints: Sequence[Saved] = (),
    progress: Progress = silent,
) -> VerifiedExport:
    """Hash entries, tree and files again, and hold them against manifest and checkpoint.

    Raises:
        NotFound: there is no such directory, or no manifest in it.
        ClewError: manifest or checkpoint are torn.
        Refused: none of the keys signed the checkpoint.
        Tampered: the checkpoint was changed after it was signed; or something is neither a file
            nor a directory.
    """
    refuse_strange(directory)
    manifest = read_manifest(directory)
    saved = None
    if (directory / CHECKPOINT).exists():
        saved = read_checkpoint(directory / CHECKPOINT, verifiers)
    check = _Check(directory, manifest, checkpoints)
    try:
        check.files()
        check.entries(progress)
        check.content()
        check.whole_content()
        check.nothing_empty()
    except OSError as error:
        raise ClewError(f"{directory} cannot be read: {reason(error)}") from None
    if saved is not None:
        check.signed_tree(saved)
    elif verifiers:
        check.flaws.append(Flaw(file=CHECKPOINT, text="is missing: nobody signed this export"))
    held = tuple(check.holding.verdicts()) if check.whole else ()
    check.flaws += [
        Flaw(file=one.file, text=f"{found.kind}: {found.found}", position=found.position)
        for one in held
        if (found := problem_of(one))
    ]
    return VerifiedExport(
        ok=not check.flaws,
        directory=str(directory),
        origin=manifest.origin,
        entries=check.last.position,
        root=base64.b64encode(check.root).decode(),
        signed=saved is not None,
        signed_by=saved.signed_by if saved else "",
        flaws=tuple(check.flaws),
        checkpoints=held,
    )


class _Check:
    """One check of an export, and what it found so far."""

    def __init__(self, directory: Path, manifest: Manifest, checkpoints: Sequence[Saved]) -> None:
        self.directory = directory
        self.manifest = manifest
        self.holding = Holding(checkpoints, manifest.origin)
        self.flaws: list[Flaw] = []
        self.last = GENESIS
        self.root = b""
        self.whole = False
        self.contents_read = True
        self.names: list[str] = []
        self.lists: dict[str, bytes] = {}
        self.complete = Completeness(manifest)
        self.images = Images(directory, manifest)

    def files(self) -> None:
        """Hold the files against the manifest, which proves nothing but finds what is torn."""
        listed = {file.path: file for file in self.manifest.files}
        found = {file.path: file for file in files_in(self.directory)}
        for path, file in listed.items():
            if path not in found:
                self._flaw(path, "is missing")
            elif found[path].bytes != file.bytes:
                self._flaw(path, _sizes(file, found[path]))
            elif found[path] != file:
                self._flaw(path, "was changed: its SHA-256 is another")
        for path in sorted(found.keys() - listed.keys()):
            self._flaw(path, "is not listed in the manifest")

    def entries(self, progress: Progress) -> None:
        """Hash each entry up to one that is wrong, and the tree, which the tiles have to be."""
        tiles = _ComparedTiles(self)
        if (self.directory / ENTRIES).is_file():
            with (self.directory / ENTRIES).open("rb") as file:
                for line in file:
                    if not self._take(line, tiles.tiles):
                        return
                    if self.last.position % EVERY == 0:
                        progress(self.last.position)
        self.root = tiles.finish()
        self.whole = True
        manifest = self.manifest
        if (self.last.position, self.last.digest.hex()) != (manifest.last, manifest.head):
            said = f"ends at position {self.last.position}, the manifest says {manifest.last}"
            self._flaw(ENTRIES, said, self.last.position + 1)
        if (manifest.first, manifest.tiles) != (1, tiles.tiles.files):
            self._flaw(MANIFEST, "counts other entries or tiles than there are")
        if base64.b64encode(self.root).decode() != manifest.root:
            self._flaw(MANIFEST, "its root is not that of the entries")

    def content(self) -> None:
        """Hash each content."""
        file = self.directory / CONTENT
        if not file.is_file():
            return
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                problem = _problem_of_content(line)
                if problem:
                    self._flaw(CONTENT, f"line {number} {problem}")
                    self.contents_read = False
                    return
                one = _content(line)
                self.names.append(one.digest)
                if one.digest in self.complete.lists:
                    self.lists[one.digest] = from_base64(one.base64)

    def nothing_empty(self) -> None:
        """Name directories without a file, which a file that is missing may have left."""
        for path in empty_in(self.directory):
            self._flaw(path, "is an empty directory, which no export has")

    def whole_content(self) -> None:
        """Hold contents and images against what entries name: none is missing, none too much."""
        if not (self.whole and self.contents_read):
            return
        for text in self.complete.flaws(self.names, self.lists):
            self._flaw(CONTENT, text)
        for file, text, position in self.images.flaws():
            self._flaw(file, text, position)

    def signed_tree(self, saved: Saved) -> None:
        """Hold the tree against the checkpoint that came with it."""
        head = saved.head
        if (head.origin, head.size) != (self.manifest.origin, self.manifest.last):
            self._flaw(CHECKPOINT, f"is of {head.size} entries of {head.origin}")
        if self.whole and head.root != self.root:
            self._flaw(CHECKPOINT, "signs another tree than that of the entries")
        self._keys(saved)

    def _keys(self, saved: Saved) -> None:
        """Hold both forms of the public key against the signature, since people check with them."""
        try:
            key = parse_verifier((self.directory / VERIFIER).read_text(encoding="utf-8").strip())
            signed = key.signed(parse_checkpoint(saved.content)[1])
        except FileNotFoundError:
            return  # whether it should be there, the manifest tells
        except (ClewError, Malformed, UnicodeDecodeError):
            signed = False
        if not signed:
            self._flaw(VERIFIER, "is not the key that signed the checkpoint")
            return
        pem = self.directory / PUBLIC_KEY
        if pem.is_file() and pem.read_bytes() != key.pem.encode():
            self._flaw(PUBLIC_KEY, f"is another key than {VERIFIER}")
        if self.manifest.signed_by != key.text:
            self._flaw(MANIFEST, "names another key than that which signed the checkpoint")

    def _take(self, line: bytes, tiles: Tiles) -> bool:
        position = self.last.position + 1
        problem = self._problem(line, position)
        if problem:
            self._flaw(ENTRIES, f"line {position} {problem}", position)
            return False
        one = _line(line)
        previous, body = bytes.fromhex(one.previous), one.body.encode()
        tiles.append(bytes.fromhex(one.digest))
        self.holding.take_leaf(previous, body)
        self.complete.take(position, body)
        self.images.take(position, body)
        self.last = Head(position=position, digest=bytes.fromhex(one.digest))
        return True

    def _problem(self, line: bytes, position: int) -> str:
        """Say what is wrong with the line of an entry; empty where nothing is."""
        try:
            one = _line(line)
            leaf = leaf_digest(bytes.fromhex(one.previous), one.body.encode())
            says = msgspec.json.decode(one.body, type=_Body).position
        except (msgspec.DecodeError, ValueError, RecursionError):
            return "cannot be read"
        if one.position != position or says != position:
            return f"is not position {position}"
        if not is_as_written(line, one):
            return "holds more than the entry, or something twice"
        if one.previous != self.last.digest.hex():
            return "does not follow the entry before it"
        if one.digest != leaf.hex():
            return "was altered: its digest is another"
        if position == 1 and not self._of_this_journal(one.body):
            return "opens another journal"
        return ""

    def _of_this_journal(self, body: str) -> bool:
        try:
            opened = msgspec.json.decode(body, type=_FirstBody)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False
        told, says = opened.data, self.manifest
        if (told.journal, told.name, told.database) != (says.journal, says.name, says.database):
            self._flaw(MANIFEST, "is of another journal than the first entry")
        return says.origin == origin_named(told.journal)

    def _flaw(self, file: str, text: str, position: int = 0) -> None:
        self.flaws.append(Flaw(file=file, text=text, position=position))

    def tile(self, path: str, hashes: bytes) -> None:
        """Hold a tile against the one that follows from the entries."""
        file = self.directory / path
        if not file.is_file():
            self._flaw(path, "is missing")
        elif file.read_bytes() != hashes:
            self._flaw(path, "is not what follows from the entries")


class _ComparedTiles:
    """The tiles that follow from the entries, compared with those that are there."""

    def __init__(self, check: _Check) -> None:
        self._check = check
        self._seen: set[str] = set()
        self.tiles = Tiles(self._compare)

    def finish(self) -> bytes:
        """Compare the last tiles, name what else lies among them, and return the root."""
        root = self.tiles.finish().root()
        for path in self._others():
            self._check.flaws.append(Flaw(file=path, text="is no tile of this tree"))
        return root

    def _compare(self, path: str, hashes: bytes) -> None:
        self._seen.add(path)
        self._check.tile(path, hashes)

    def _others(self) -> Iterator[str]:
        home = self._check.directory
        for file in sorted((home / "tile").rglob("*")):
            path = file.relative_to(home).as_posix()
            if file.is_file() and path not in self._seen:
                yield path


def _problem_of_content(line: bytes) -> str:
    try:
        one = _content(line)
        content = from_base64(one.base64)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return "cannot be read"
    if hashlib.sha256(content).hexdigest() != one.digest:
        return "is not what its digest says"
    return "" if is_as_written(line, one) else "holds more than the content, or something twice"


def _sizes(listed: ExportedFile, found: ExportedFile) -> str:
    return f"has {found.bytes:,} bytes, the manifest says {listed.bytes:,}"
