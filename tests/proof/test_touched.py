"""What verify cannot tell alone, a checkpoint kept elsewhere does: each kind is told apart."""

from __future__ import annotations

import msgspec
import pytest

from commands.proof.held import Verdict
from journal.codec import seal
from journal.envelope import Head
from journal.events import JournalOpened, MarkSet
from journal.merkle import EMPTY
from tests.proof.forging import Forger


def test_extended(forger: Forger) -> None:
    """A journal that grew since extends every checkpoint of it, the one of nothing too."""
    nothing = msgspec.structs.replace(
        forger.kept, head=msgspec.structs.replace(forger.kept.head, size=0, root=EMPTY)
    )
    found = forger.verify(forger.kept, forger.early, nothing)
    assert found.ok
    assert [one.verdict for one in found.checkpoints] == ["extended"] * 3


@pytest.mark.parametrize("position", [1, 5, 8, 9, 14])
def test_rewritten(forger: Forger, position: int) -> None:
    """An entry changed with its chain and the head is found, after the last checkpoint that holds."""
    entry = forger.table("entry")
    with forger.forging():
        ((body,),) = forger.rows(f"SELECT body FROM {entry} WHERE position = ?", position)
        forged = bytes(body).replace(b'"dana"', b'"mary"')
        assert forged != bytes(body)
        forger.rows(f"UPDATE {entry} SET body = ? WHERE position = ?", forged, position)
        forger.rechain(position)
        assert forger.verify().ok
        found = forger.verify(forger.early, forger.kept)
        first: Verdict = "rewritten" if position <= 8 else "extended"
        assert [one.verdict for one in found.checkpoints] == [first, "rewritten"]
        assert found.problems[0].kind == "rewritten"
        assert found.problems[0].position == (1 if position <= 8 else 9)
        assert found.problems[0].position <= position


@pytest.mark.parametrize("left", [0, 1, 7, 8, 13])
def test_cut_off(forger: Forger, left: int) -> None:
    """Entries cut off with the head moved back are missed by every checkpoint that had them."""
    entry, head = forger.table("entry"), forger.table("head")
    with forger.forging():
        ((digest,),) = forger.rows(
            f"SELECT coalesce((SELECT digest FROM {entry} WHERE position = ?), ?)", left, bytes(32)
        )
        forger.rows(f"DELETE FROM {entry} WHERE position > ?", left)
        forger.rows(f"UPDATE {head} SET position = ?, digest = ?", left, bytes(digest))
        found = forger.verify(forger.early, forger.kept)
        verdicts = [one.verdict for one in found.checkpoints]
        assert verdicts == ["truncated" if left < 8 else "extended", "truncated"]
        assert left + 1 in [one.position for one in found.problems if one.kind == "truncated"]


def test_cut_off_and_grown_again(forger: Forger) -> None:
    """Entries cut off and others written in their place are a journal rewritten."""
    with forger.forging():
        forger.rows(f"DELETE FROM {forger.table('entry')} WHERE position > 8")
        last = list(forger.journal.stored(last=8))[-1]
        head = Head(position=8, digest=last.digest)
        forger.rows(f"UPDATE {forger.table('head')} SET position = 8, digest = ?", head.digest)
        made = []
        for number in range(forger.head):
            event = MarkSet(name=f"m{number}", at=1)
            said = {"run": "", "recorded_at": "2026-01-01T00:00:00.000000Z", "actor": "dana"}
            made.append(seal(event, after=head, evidence="captured", **said))
            head = Head(position=made[-1].position, digest=made[-1].digest)
        forger.database.append(made)
        early, kept = forger.held(forger.early, forger.kept)
        assert (early.verdict, kept.verdict, kept.position) == ("extended", "rewritten", 9)


@pytest.mark.parametrize("how", ["removed", "inserted", "swapped"])
def test_entries_moved_with_the_chain(forger: Forger, how: str) -> None:
    """Entries taken out, pushed in or exchanged, all numbered and chained anew, are found."""
    entry = forger.table("entry")
    with forger.forging():
        bodies = [
            bytes(body) for (body,) in forger.rows(f"SELECT body FROM {entry} ORDER BY position")
        ]
        if how == "removed":
            del bodies[9]
        elif how == "inserted":
            bodies.insert(9, bodies[9])
        else:
            bodies[9], bodies[10] = bodies[10], bodies[9]
        _rewrite(forger, bodies)
        found = forger.verify(forger.early, forger.kept)
        assert not found.ok
        verdicts = [one.verdict for one in found.checkpoints]
        assert verdicts == ["extended", "truncated" if how == "removed" else "rewritten"]


def test_another_journal(forger: Forger) -> None:
    """A journal of another identity in its place, whole and proving itself, is told to be one."""
    entry = forger.table("entry")
    with forger.forging():
        ((body,),) = forger.rows(f"SELECT body FROM {entry} WHERE position = 1")
        opened = forger.journal.identity.id.encode()
        forged = bytes(body).replace(opened, opened[::-1])
        forger.rows(f"UPDATE {entry} SET body = ? WHERE position = 1", forged)
        forger.rows(f"UPDATE {forger.table('journal')} SET id = ?", opened[::-1].decode())
        forger.rechain(1)
        found = forger.verify(forger.kept)
        assert {one.kind for one in found.problems} == {"another-journal"}
        assert found.checkpoints[0].verdict == "another-journal"


def test_identity_alone(forger: Forger) -> None:
    """An identity that was changed in its table alone is found without a checkpoint, and with one."""
    with forger.forging():
        forger.rows(f"UPDATE {forger.table('journal')} SET id = 'x'")
        kinds = [one.kind for one in forger.verify(forger.kept).problems]
        assert kinds == ["identity", "another-journal"]


def test_digest_left_as_it_was(forger: Forger) -> None:
    """A checkpoint is held against the bytes of the entries, not against digests beside them."""
    entry = forger.table("entry")
    with forger.forging():
        forger.rows(f"UPDATE {entry} SET body = ? WHERE position = 4", b"{}")
        found = forger.verify(forger.kept)
        assert {(one.position, one.kind) for one in found.problems} >= {(4, "altered")}
        assert found.checkpoints[0].verdict == "rewritten"


def test_function_that_lies(forger: Forger) -> None:
    """On PostgreSQL, a forged image is found where its owner made the hash function lie, too."""
    if not forger.postgresql:
        pytest.skip("SQLite has no functions of its own")
    with forger.forging():
        forger.rows("UPDATE clew.image SET chunk = '{{9}}' WHERE number = 1")
        forger.rows(
            "CREATE OR REPLACE FUNCTION clew.chunk_digest(event text, sign smallint, rows integer,"
            " chunk text[]) RETURNS bytea LANGUAGE sql AS $$ SELECT i.digest FROM clew.image i"
            " WHERE i.chunk = chunk_digest.chunk AND i.event = chunk_digest.event $$"
        )
        forger.rows("CREATE SCHEMA lies")
        forger.rows(
            "CREATE FUNCTION lies.sha256(bytea) RETURNS bytea LANGUAGE sql"
            " AS $$ SELECT digest FROM clew.image WHERE number = 1 LIMIT 1 $$"
        )
        forger.rows("SET LOCAL search_path = lies, pg_catalog")
        assert "images-altered" in {one.kind for one in forger.verify().problems}


def _rewrite(forger: Forger, bodies: list[bytes]) -> None:
    """Write the whole journal anew: each body says the position it stands at, and is chained."""
    entry = forger.table("entry")
    kept = forger.rows(f"SELECT run, type, version FROM {entry} ORDER BY position")
    by_body = {
        bytes(body): labels
        for (body,), labels in zip(
            forger.rows(f"SELECT body FROM {entry} ORDER BY position"), kept, strict=True
        )
    }
    forger.rows(f"DELETE FROM {entry}")
    for position, body in enumerate(bodies, start=1):
        told = msgspec.json.decode(body)["position"]
        placed = body.replace(b'"position":%d,' % told, b'"position":%d,' % position, 1)
        forger.rows(
            f"INSERT INTO {entry} (position, run, type, version, body, previous, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            position,
            *by_body[body],
            placed,
            b"%d" % position,
            b"",
        )
    forger.rechain(1)


def test_opened_elsewhere(forger: Forger) -> None:
    """The first entry tells the identity that checkpoints are named after."""
    first = next(forger.journal.read(last=1))
    assert isinstance(first.event, JournalOpened)
    assert forger.kept.head.origin == f"clew/{first.event.journal}"
