"""Events as stored bytes, and the chain laid over them."""

from __future__ import annotations

import hashlib
from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.chain import GENESIS, check_chain
from journal.codec import open_entry, seal
from journal.envelope import Head, StoredEntry
from journal.errors import ClewError, Refused, Tampered
from journal.events import AnyEvent, HistoryImported, MarkSet, Stamped
from journal.upcast import lift
from tests.journal.events_of import events


def _sealed(event: AnyEvent, after: Head) -> StoredEntry:
    return seal(
        event,
        after=after,
        run="",
        recorded_at="2026-01-02T03:04:05.000006Z",
        actor="dana",
        evidence="captured",
    )


def _chained(facts: list[AnyEvent]) -> list[StoredEntry]:
    def follow(chain: list[StoredEntry], event: AnyEvent) -> list[StoredEntry]:
        after = Head(position=chain[-1].position, digest=chain[-1].digest) if chain else GENESIS
        return [*chain, _sealed(event, after)]

    return reduce(follow, facts, [])


chains = st.lists(events(), min_size=2, max_size=6).map(_chained)


@given(events())
def test_round_trip(event: AnyEvent) -> None:
    """Every event comes back from its bytes as it was."""
    assert open_entry(_sealed(event, GENESIS)).event == event


@given(chains)
def test_leaf(chain: list[StoredEntry]) -> None:
    """A digest is RFC 6962's leaf hash of the digest before and the stored bytes."""
    assert not list(check_chain(chain))
    previous = bytes(32)
    for entry in chain:
        assert entry.digest == hashlib.sha256(b"\0" + previous + entry.body).digest()
        previous = entry.digest


@given(chains, st.data())
def test_flipped_bit(chain: list[StoredEntry], data: st.DataObject) -> None:
    """Any flipped bit of any entry is found at its position."""
    at = data.draw(st.integers(0, len(chain) - 1))
    field = data.draw(st.sampled_from(["body", "previous", "digest"]))
    flipped = bytearray(getattr(chain[at], field))
    bit = data.draw(st.integers(0, len(flipped) * 8 - 1))
    flipped[bit // 8] ^= 1 << bit % 8
    chain[at] = msgspec.structs.replace(chain[at], **{field: bytes(flipped)})
    assert next(check_chain(chain)).position == at + 1


@given(chains, st.data())
def test_lost_and_swapped(chain: list[StoredEntry], data: st.DataObject) -> None:
    """A lost entry and two that changed places are found where they stood."""
    at = data.draw(st.integers(0, len(chain) - 2))
    lost = [*chain[:at], *chain[at + 1 :]]
    assert next(check_chain(lost)).position == at + 1
    swapped = [*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]]
    assert next(check_chain(swapped)).position == at + 1


@given(st.binary(max_size=80), st.sampled_from(["MarkSet", "RunStarted", "Unheard", ""]))
def test_any_bytes(body: bytes, kind: str) -> None:
    """Whatever stands in the table, reading it gives an entry or an error of ours."""
    entry = StoredEntry(
        position=1, run="", type=kind, version=1, body=body, previous=bytes(32), digest=bytes(32)
    )
    with pytest.raises(ClewError):
        open_entry(entry)


def test_newer_version() -> None:
    """An entry of a version that this release does not know is refused, not guessed."""
    entry = _sealed(MarkSet(name="release", at=1), GENESIS)
    with pytest.raises(Refused, match="version 2, this release knows 1"):
        open_entry(msgspec.structs.replace(entry, version=2))


def test_foreign_type() -> None:
    """Bytes that name another type than their row are no entry."""
    entry = _sealed(MarkSet(name="release", at=1), GENESIS)
    wrong = entry.body.replace(b"MarkSet", b"MarkLost")
    with pytest.raises(Tampered):
        open_entry(msgspec.structs.replace(entry, body=wrong))


def test_lifting() -> None:
    """Upcasters lead from version to version; a missing one is refused by name."""
    upcasters = {
        ("Seen", 1): lambda old: {"type": "Seen", "names": [old["name"]]},
        ("Seen", 2): lambda old: {**old, "count": len(old["names"])},
    }
    old = {"type": "Seen", "name": "a"}
    lifted = lift(old, version=1, newest=3, upcasters=upcasters)
    assert lifted == {"type": "Seen", "names": ["a"], "count": 1}
    with pytest.raises(Refused, match="no way to lift Seen from version 3 to 4"):
        lift(old, version=1, newest=4, upcasters=upcasters)


def test_stamps_of_version_1() -> None:
    """The first release stamped files only, and its stamps are read as such."""
    entry = _sealed(Stamped(migration="0001", digest="ab", reason="why", file=True), GENESIS)
    body = entry.body.replace(b',"file":true', b"").replace(b'"version":2', b'"version":1')
    assert b"file" not in body
    old = msgspec.structs.replace(entry, body=body, version=1)
    assert open_entry(old).event == Stamped(migration="0001", digest="ab", reason="why", file=True)


def test_imports_of_version_1() -> None:
    """History that was imported before more was told of it is read with what it has."""
    event = HistoryImported(tool="prisma", table="public.p", migrations=("a", "b"))
    entry = _sealed(event, GENESIS)
    body = entry.body.replace(b'"version":2', b'"version":1')
    assert open_entry(msgspec.structs.replace(entry, body=body, version=1)).event == event
