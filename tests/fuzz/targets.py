"""What is fuzzed: each target takes bytes, and ends well or in an error that its reader documents.

Where it reads something it also holds what must be true of that: pieces join to the file, what is
written again reads the same.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import zstandard

from commands.backup import compression, manifest, single
from commands.backup.manifest import Unreadable
from commands.copy import json_values
from commands.copy.unfit import Unfit
from commands.directives import directives
from commands.doctor.ledger.read_javascript import read_javascript
from commands.doctor.ledger.read_python import read_python
from commands.doctor.ledger.read_sql import read_sql
from commands.doctor.ledger.toolfiles import _assigned
from commands.export.manifest import read_manifest
from commands.export.ranges import RANGES, read_ranges
from commands.export.verify import verify_export
from commands.filters import moment
from commands.folding import opened
from commands.hiding import declared
from commands.history import MigrationsFold
from commands.naming import order_of, understand
from commands.proof.checkpoint import parse_checkpoint
from commands.proof.consistency import check_extension
from commands.proof.inclusion import check_proof, parse_proof
from commands.proof.note import Malformed, parse_note, parse_verifier
from commands.proof.saved import saved_in
from commands.script import read_script
from commands.sections import forward
from commands.sources import MigrationFile
from commands.split.statements import on_one_line, pieces, split
from commands.split.tokens import Unsplittable
from commands.transform import values
from commands.transform.reading import key_of
from commands.visible import encode, visible
from journal.chain import GENESIS, check_entry
from journal.codec import EVENT_TYPES, open_entry, seal
from journal.envelope import Head, StoredEntry
from journal.erased import PREFIX, Erased, told
from journal.errors import ClewError
from journal.lines import line, row
from journal.mentions import named_in_statement
from journal.opening import parse_url
from journal.saved import SavedFold
from journal.secrets import HIDDEN, hide, hide_in_sql, hide_words, secrets_of, shown
from journal.spans import kind_of
from journal.sqlite.images import encode_rows, read_rows
from journal.values import DatabaseKind
from projections.backups import BackupsFold
from projections.moments import MomentsFold
from projections.naming import NamingFold
from projections.positions import Places, PlacesFold
from projections.schema import SchemaFold
from projections.undecided import UndecidedFold
from projections.ways import WaysFold

Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {}
KINDS: tuple[DatabaseKind, ...] = ("sqlite", "postgresql")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TYPES = sorted(EVENT_TYPES)
FOLDS = (
    BackupsFold, MigrationsFold, MomentsFold, NamingFold, PlacesFold, SchemaFold, UndecidedFold,
    WaysFold,
)  # fmt: skip
MOST = 64 << 20
"""Bytes that a decompressed input may grow to here; readers hold it to what a manifest says."""


def target(function: Target) -> Target:
    """Enter a target under its name."""
    TARGETS[function.__name__] = function
    return function


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _kind(data: bytes) -> tuple[DatabaseKind, bytes]:
    return KINDS[data[0] % 2 if data else 0], data[1:]


# --- SQL and migration files ----------------------------------------------------------------


@target
def statements(data: bytes) -> None:
    """A file as pieces: all joined are the file, and no statement is empty."""
    kind, rest = _kind(data)
    text = _text(rest)
    try:
        found = list(pieces(text, kind))
    except Unsplittable:
        return
    assert "".join(text[one.start : one.end] for one in found) == text
    for part in split(text, kind):
        assert part.text.strip()
        on_one_line(part.text, kind)


@target
def migration(data: bytes) -> None:
    """A migration file, its sections and directives."""
    kind, rest = _kind(data)
    text = _text(rest)
    with suppress(ClewError):
        section = forward(text)
        assert section.text in text
        with suppress(Unsplittable):
            directives(section, tuple(pieces(section.text, kind)))
    path = "V1__m.sql" if len(rest) % 2 else "0001_m.sql"
    file = MigrationFile(name="m", path=path, text=text, digest="", order=((1,), "m"))
    with suppress(ClewError):
        script = read_script(file, kind)
        assert all(part.text.strip() for part in script.parts)


@target
def file_name(data: bytes) -> None:
    """The name of a migration, of ours or of another tool's history."""
    text = _text(data)
    order_of(text)
    with suppress(ClewError):
        understand(text)


@target
def other_tools(data: bytes) -> None:
    """Migration files of other tools, as doctor reads them."""
    kind, rest = _kind(data)
    text = _text(rest)
    read_sql(text, kind)
    read_javascript(text, kind)
    read_python(text, kind)
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "revision.py")
        file.write_bytes(rest)
        _assigned(file)


@target
def sql_words(data: bytes) -> None:
    """What is told of a statement without running it."""
    text = _text(data)
    for qualified in (True, False):
        named_in_statement(text, qualified=qualified)
    kind_of(text)
    hide_in_sql(text)


# --- what people type -----------------------------------------------------------------------


@target
def position(data: bytes) -> None:
    """A position, and a time."""
    text = _text(data)
    places = Places(head=9, marks={"m": 3}, before={"0001_a": 2}, after={"0001_a": 5})
    with suppress(ClewError):
        assert 0 <= places.resolve(text, by_time=lambda found: len(found) % 9) <= 9
    with suppress(ClewError):
        assert moment(text, NOW).endswith("Z")


@target
def url(data: bytes) -> None:
    """The URL of a database: what is shown of it never holds its password."""
    try:
        text = _text(data)
        found = parse_url(text)
    except ClewError:
        return
    again = parse_url(shown(found))
    assert again.password in (None, "", HIDDEN)
    for name, value in again.query.items():
        assert "password" not in name or value == HIDDEN
    secrets_of(found)


@target
def secret_texts(data: bytes) -> None:
    """Texts that may hold passwords."""
    text = _text(data)
    hide(text, ("a secret of ours",))
    hide_words(text.split(), ("a secret of ours",))
    visible(text)


@target
def hidden_columns(data: bytes) -> None:
    """The file of hidden columns."""
    with tempfile.TemporaryDirectory() as home:
        Path(home, "clew-hidden.txt").write_bytes(data)
        with suppress(ClewError):
            declared((), Path(home))


# --- the journal ----------------------------------------------------------------------------


@target
def entry(data: bytes) -> None:
    """An entry as stored; what is read is written and read again as the same event."""
    name, version = TYPES[data[0] % len(TYPES)] if data else TYPES[0], data[1] if data[1:] else 1
    body = data[2:]
    stored = StoredEntry(
        position=1, run="", type=name, version=version, body=body, previous=bytes(32), digest=body[:32]
    )  # fmt: skip
    check_entry(stored, after=GENESIS)
    try:
        found = open_entry(stored)
    except ClewError:
        return
    again = seal(
        found.event,
        after=Head(position=0, digest=bytes(32)),
        run=found.run,
        recorded_at=found.recorded_at,
        actor=found.actor,
        evidence=found.evidence,
    )
    assert open_entry(again).event == found.event
    assert encode(found.event)


@target
def saved_fold(data: bytes) -> None:
    """A saved fold: the bytes are a state of it, or it is passed over."""
    kind = FOLDS[data[0] % len(FOLDS)] if data else FOLDS[0]
    for state in (data[1:], zstandard.compress(data[1:])):
        found = SavedFold(name="", layout=1, position=1, digest=b"", state=state)
        if fold := opened(kind, found):
            fold.answer()


@target
def content(data: bytes) -> None:
    """Content that may be erased, and images of SQLite's rows."""
    for name in (PREFIX + "0" * 64, "archived:" + "0" * 64):
        assert isinstance(told(name, data), Erased)
    try:
        rows = read_rows(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    with suppress(TypeError, OverflowError, ValueError):  # values that no database holds
        assert repr(read_rows(encode_rows(rows))) == repr(rows)


@target
def json_value(data: bytes) -> None:
    """JSON in a column: what is read is written in one form, which reads the same."""
    try:
        found = values.read(data)
    except values.Malformed:
        pass
    else:
        assert values.canonical(values.read(values.canonical(found))) == values.canonical(found)
        values.write(found)
        encode(found)
    with suppress(ValueError):
        key_of(_text(data))
    with suppress(Unfit):
        text = json_values.canonical(_text(data))
        assert json_values.canonical(text) == text


# --- backups --------------------------------------------------------------------------------


@target
def backup_manifest(data: bytes) -> None:
    """A manifest, of a directory or of a single file: written again it reads the same."""
    layout = "single" if data[:1] == b"1" else "directory"
    try:
        found = manifest.read(data[1:], layout)
    except Unreadable:
        pass
    else:
        assert manifest.read(manifest.written(found), layout) == found
    with suppress(Unreadable):
        single.contents_of(data[1:])


@target
def backup_row(data: bytes) -> None:
    """A line of a backup: what is read is written as a line that reads the same."""
    kind, rest = _kind(data)
    for names in (("id", "name"), ("id", "name", "x"), ()):
        try:
            found = row(rest, names, kind)
        except ValueError:
            continue
        with suppress(UnicodeEncodeError):
            again = row(line(names, found), names, kind)
            assert repr(again) == repr(found)


@target
def compressed(data: bytes) -> None:
    """A compressed file: blocks of a bounded size, until one is too much."""
    kind = compression.COMPRESSIONS[data[0] % 3] if data else "zstd"
    size = 0
    with suppress(compression.Damaged):
        for block in compression.blocks_of(io.BytesIO(data[1:]), kind):
            assert len(block) <= compression.BLOCK
            size += len(block)
            if size > MOST:
                return


# --- proofs and exports ---------------------------------------------------------------------


@target
def note(data: bytes) -> None:
    """A signed note, printed as it was read; a checkpoint, and a verifier key."""
    try:
        found = parse_note(data)
    except Malformed:
        pass
    else:
        assert parse_note(found.content) == found
    with suppress(Malformed):
        head, of = parse_checkpoint(data)
        assert of.text.startswith(head.text.rsplit("\n", 2)[0])
    with suppress(ClewError):
        key = parse_verifier(_text(data))
        assert parse_verifier(key.text) == key


@target
def proof(data: bytes) -> None:
    """Proofs of inclusion and of extension."""
    try:
        found = parse_proof(data)
    except Malformed:
        pass
    else:
        assert parse_proof(found.content) == found
    with suppress(ClewError):
        check_proof("file", data)
    half = data.find(b"\n===\n")
    with suppress(ClewError):
        check_extension("file", data[half + 5 :], saved_in("old", data[: max(half, 0)]))


@target
def export(data: bytes) -> None:
    """An export: the first byte says which of its files the rest is put in the place of."""
    if EXPORT is None:
        return
    files = sorted(one for one in EXPORT.rglob("*") if one.is_file())
    with tempfile.TemporaryDirectory(dir=_memory()) as home:
        copy = Path(home, "export")
        shutil.copytree(EXPORT, copy)
        chosen = files[(data[0] if data else 0) % len(files)].relative_to(EXPORT)
        before = (copy / chosen).read_bytes()
        (copy / chosen).write_bytes(data[1:])
        with suppress(ClewError):
            read_manifest(copy)
            answer = verify_export(copy)
            assert not answer.ok or data[1:] == before or not answer.signed or _same(chosen, data)


def _same(chosen: Path, data: bytes) -> bool:
    """A checkpoint says the same with more signatures; a manifest with other spaces."""
    return chosen.name in ("checkpoint", "manifest.json") and len(data) > 1


@target
def parquet_ranges(data: bytes) -> None:
    """The list of an export's Parquet files."""
    with tempfile.TemporaryDirectory(dir=_memory()) as home:
        Path(home, RANGES).write_bytes(data)
        with suppress(ClewError):
            read_ranges(Path(home))


EXPORT: Path | None = None
"""A real export, once the seeds were made."""


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
