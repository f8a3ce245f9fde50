"""The private database of a copy: what is left in the middle ends quietly."""

from __future__ import annotations

import gc

import pytest

from commands.copy.staging import staging


def test_left_in_the_middle() -> None:
    """Where something fails while rows are read, they are dropped without a further word."""

    def fail() -> None:
        with staging() as room:
            room.make("t", "n")
            room.add("t", 1, [(n,) for n in range(9)])
            left = room.rows("SELECT n FROM t")
            assert next(left) == (0,)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    gc.collect()
