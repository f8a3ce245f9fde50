"""Chance finds no input that a reader chokes on: an error of ours, or what was read."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutating import WORDS, mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
SLOW_TARGETS = frozenset(("export", "migration", "other_tools"))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_real(name: str) -> None:
    """What the product writes itself is read."""
    for one in seeds(name):
        TARGETS[name](one)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_mutated(name: str) -> None:
    """A real input that was changed by chance is read, or refused in a documented way."""
    begun, random = seeds(name), Random(20261122)
    for _ in range((20_000 if NIGHTLY else 100) // (10 if name in SLOW_TARGETS else 1)):
        TARGETS[name](mutated(random.choice(begun), random, others=begun))


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(max_examples=2000 if NIGHTLY else 25, derandomize=not NIGHTLY)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_anything(name: str, data: bytes) -> None:
    """Any bytes, and any text, are read or refused in a documented way."""
    TARGETS[name](data)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_long(name: str) -> None:
    """One word said over and over, behind each kind of real input, is read in time that grows with it."""
    for word in WORDS:
        once = word[:20]
        TARGETS[name](b"\0" + once * (5_000 // len(once)))
