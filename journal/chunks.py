"""Digests of chunks of row images, over which the digest in an entry is laid."""

from __future__ import annotations

import hashlib


def chunk_digest(sign: int, rows: int, chunk: bytes) -> bytes:
    """SQLite: SHA-256 over the sign (``-`` or ``+``), the row count (8 bytes) and the chunk."""
    mark = b"-" if sign < 0 else b"+"
    return hashlib.sha256(mark + rows.to_bytes(8, "big") + chunk).digest()


def text_chunk_digest(event: str, sign: int, rows: int, chunk: bytes) -> bytes:
    """PostgreSQL: SHA-256 over event, sign, row count and the array as text, as UTF-8."""
    mark = "-" if sign < 0 else "+"
    return hashlib.sha256(f"{event}{mark}{rows}:".encode() + chunk).digest()
