r"""Lines of JSON as the text that COPY reads: whole blocks at a time, without a look at each row.

What JSON escapes, COPY escapes alike, but for quotes and ``\u``. A quote that is not escaped never
stands within a value, nor does a control character; so names, quotes and ends of rows are told by
their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_BACKSLASH, _QUOTE, _NULL = b"\x01", b"\x02", b"\x03"
_WIDE = re.compile(rb"\\u(?!00)")
_encode = msgspec.json.Encoder().encode


class Converter:
    """Turns blocks of whole lines with these names into rows of COPY's text format."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [_marked(_encode(name)[1:-1]) for name in names]
        self._between = [b"}\n{"] + [b","] * (len(names) - 1)

    def fields(self, block: bytes, first: int) -> bytes | None:
        """Return the rows of a block, each behind its number, counted from ``first``.

        ``None`` where they are not written as backups are.
        """
        text = _marked(block)
        rows, width = text.count(b"\n"), len(self._names)
        if not width or _WIDE.search(text):
            return None
        pieces = text.replace(b'":null', b'":"\x03"').split(b'"')
        end = pieces.pop()
        between = self._between * rows
        between[0] = b"{"
        written = (
            end == b"}\n"
            and pieces[0::4] == between
            and pieces[1::4] == self._names * rows
            and pieces[2::4] == [b":"] * (rows * width)
        )
        if not written:
            return None
        around = [b"\t"] * (rows * width)
        around[::width] = [b"\n%d\t" % number for number in range(first, first + rows)]
        found = [b""] * (2 * rows * width)
        found[::2], found[1::2] = around, pieces[3::4]
        text = b"".join(found)[1:] + b"\n"
        text = text.replace(b"\\u00", b"\\x").replace(_NULL, b"\\N")
        return text.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\\\")


def _marked(text: bytes) -> bytes:
    """Let single bytes that are in no JSON stand for escaped backslashes and quotes."""
    return text.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE)
