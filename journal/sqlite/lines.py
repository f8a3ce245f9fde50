"""Rows as lines of JSON, a batch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from journal.effect import Row
from journal.lines import PLAIN, line

_PLAIN_OR_REAL = PLAIN | {float}
_encode = msgspec.json.Encoder().encode_lines


def blocks(names: Sequence[str], batches: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Yield each batch as lines."""
    made = _made_at_once(names)
    for batch in batches:
        if made and _plain(batch):
            yield _encode([made(*row) for row in batch])
        else:
            yield b"".join([line(names, row) for row in batch])


def _made_at_once(names: Sequence[str]) -> Callable[..., object] | None:
    """Return a type whose names are encoded once for all; it takes no names to be escaped."""
    fields = [(f"c{number}", object) for number in range(len(names))]
    renamed = {f"c{number}": name for number, name in enumerate(names)}
    try:
        return msgspec.defstruct("Line", fields, rename=renamed, gc=False)
    except ValueError:
        return None


def _plain(batch: Sequence[Row]) -> bool:
    """Tell whether JSON holds all values; a sum that is no number may hold an infinity."""
    kinds = set(map(type, chain.from_iterable(batch)))
    if not kinds <= _PLAIN_OR_REAL:
        return False
    if float not in kinds:
        return True
    return math.isfinite(sum([v for v in chain.from_iterable(batch) if type(v) is float]))
