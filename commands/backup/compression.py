"""How the files of a backup are compressed: so that ``zcat`` and ``zstdcat`` read them.

Levels are low ones: lines of one table repeat so much that higher ones gain next to nothing
(on rows of ten columns level 3 of zstd takes three times as long as level 1, and gains nothing).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal, Protocol

import zstandard

Compression = Literal["none", "gzip", "zstd"]
COMPRESSIONS: tuple[Compression, ...] = ("none", "gzip", "zstd")

DEFAULT: Compression = "zstd"

SUFFIXES: dict[Compression, str] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
"""What the names of files end with, after the ending that tells what they hold."""

BLOCK = 1 << 20
"""Bytes read, and handed on, at a time."""

_GZIP = 31  # a window of 2^15 with gzip's header and trailer, as zlib counts
_WINDOW = 1 << 27  # what zstdcat agrees to, too


class Damaged(ValueError):
    """A compressed file that is not what a compressor wrote; the message says why."""


class Compressor(Protocol):
    """Takes bytes in pieces and gives fewer back."""

    def compress(self, data: bytes, /) -> bytes:
        """Take more, and return what can be written of it by now."""

    def flush(self) -> bytes:
        """Return the rest."""


def compressor(kind: Compression) -> Compressor:
    """Return what compresses one file."""
    match kind:
        case "none":
            return _Plain()
        case "gzip":
            return zlib.compressobj(level=3, wbits=_GZIP)
        case "zstd":
            # A thread of the library's own compresses while the next block is fetched.
            return zstandard.ZstdCompressor(level=1, threads=1).compressobj()


def blocks_of(file: BinaryIO, kind: Compression) -> Iterator[bytes]:
    """Yield what a file holds, decompressed, in blocks of at most ``BLOCK`` bytes.

    Raises:
        Damaged: it is no such stream, or cut, or something follows it.
        OSError: it cannot be read.
    """
    match kind:
        case "none":
            return iter(lambda: file.read(BLOCK), b"")
        case "gzip":
            return _gunzipped(file)
        case "zstd":
            return _unzstd(file)


class _Plain:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=_GZIP)
    try:
        while not stream.eof:
            taken = stream.unconsumed_tail or file.read(BLOCK)
            if not taken:
                raise Damaged("the gzip stream ends too soon")
            if block := stream.decompress(taken, BLOCK):
                yield block
    except zlib.error as error:
        raise Damaged(f"no sound gzip stream: {_reason(error)}") from None
    if stream.unused_data or file.read(1):
        raise Damaged("something follows the gzip stream")


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
        file, read_across_frames=False, closefd=False
    )
    try:
        while block := stream.read(BLOCK):
            yield block
    except zstandard.ZstdError as error:
        raise Damaged(f"no sound zstd stream: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2].lower()
