r"""The text that COPY gives, as lines of JSON: whole blocks at a time, without a look at each row.

COPY escapes a backslash and the control characters that it separates rows and values with; all
but ``\v`` as JSON does. What is left are quotes, other control characters, and nulls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_VERTICAL = re.compile(rb"\\([\\v])")
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n")
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_ENDS = bytes.maketrans(b"\n", b"\t")
_END = b'"}\n'
_encode = msgspec.json.Encoder().encode


class Converter:
    """Turns blocks of whole rows, as COPY writes them, into lines with these names."""

    def __init__(self, names: Sequence[str]) -> None:
        # A value stands between quotes, and what is before it also ends the one before that.
        encoded = [_encode(name) for name in names]
        starts = [_END + b"{"] + [b'",'] * (len(encoded) - 1)
        self._around: list[bytes] = []
        for start, name in zip(starts, encoded, strict=False):
            self._around += (start + name + b':"', b"")

    def lines(self, block: bytes) -> bytes:
        """Return the lines of a block."""
        rows = block.count(b"\n")
        if not self._around:
            return b"{}\n" * rows
        values = _escaped(block).split(b"\t")
        values.pop()  # after the last row's end
        pieces = self._around * rows
        pieces[1::2] = values
        pieces[0] = pieces[0][len(_END) :]
        pieces.append(_END)
        # Within a value a quote stands behind a backslash, and so does a backslash: this is null.
        return b"".join(pieces).replace(b'"\\N"', b"null")


def _escaped(block: bytes) -> bytes:
    """Return values as JSON escapes them, each ended by a tab."""
    if b"\\v" in block:
        block = _VERTICAL.sub(lambda found: b"\\u000b" if found[1] == b"v" else found[0], block)
    ended = block.translate(_ENDS, _CONTROLS)
    if len(ended) != len(block):
        block = _CONTROL.sub(lambda found: b"\\u%04x" % found[0][0], block)
        ended = block.translate(_ENDS)
    return ended.replace(b'"', b'\\"')
