r"""Lines of JSON as the text that COPY reads: whole blocks at a time, without a look at each row.

What JSON escapes, COPY escapes alike, but for quotes and ``\u``. A quote that is not escaped never
stands within a value, nor does a control character; so names, quotes and ends of rows are told by
their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_BACKSLASH, _QUOTE = b"\x01", b"\x02"
_WIDE = re.compile(rb"\\u(?!00)")
_encode = msgspec.json.Encoder().encode


class Converter:
    """Turns blocks of whole lines with these names into rows of COPY's text format."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [_marked(_encode(name)) + b":" for name in names]

    def fields(self, block: bytes) -> bytes | None:
        """Return the rows of a block; ``None`` where they are not written as backups are."""
        text = _marked(block)
        rows = text.count(b"\n")
        if not self._names or _WIDE.search(text) or not self._as_written(text, rows):
            return None
        before, between = b"{", b""
        for name in self._names:
            text = text.replace(name + b"null", name + b"\\N").replace(before + name, between)
            before, between = b",", b"\t"
        text = text.replace(b'"', b"").replace(b"}\n", b"\n").replace(b"\\u00", b"\\x")
        if text.count(b"\t") != rows * (len(self._names) - 1):
            return None
        return text.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\\\")

    def _as_written(self, text: bytes, rows: int) -> bool:
        """Tell whether names stand in order, and nothing between them and the values."""

        def either(before: bytes, after: bytes) -> bool:
            return text.count(before + b'"' + after) + text.count(before + b"null" + after) == rows

        first, *rest = self._names
        return (
            text.count(b"{" + first) == rows
            and all(either(name, b"") for name in self._names)
            and all(either(b"", b"," + name) for name in rest)
            and either(b"", b"}\n")
        )


def _marked(text: bytes) -> bytes:
    """Let single bytes that are in no JSON stand for escaped backslashes and quotes."""
    return text.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE)
