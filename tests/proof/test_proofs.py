"""Proofs of one entry, and of one checkpoint by another, checked with no database at hand."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from commands.cli.main import run
from commands.proof.checkpoint import TreeHead
from commands.proof.consistency import check_extension
from commands.proof.inclusion import Proof, check_proof
from commands.proof.note import sign
from commands.proof.saved import saved_in
from journal.chain import leaf_digest
from journal.errors import ClewError, Tampered
from tests.proof.exports import NAME, Auditor


def test_every_entry(auditor: Auditor, capsys: pytest.CaptureFixture[str]) -> None:
    """Each entry is proved by a file of its own, which says the entry and who signed."""
    typist, kept = auditor.typist, auditor.checkpoint("kept")
    entries = typist.lines("log")
    for entry in entries:
        position, to = entry["position"], auditor.file(f"{entry['position']}.tlog-proof")
        typist.type("prove", str(position), "--checkpoint", kept, "--to", to)
        words = ["prove", "--check", to, "--verifier", auditor.vkey, "--format", "json"]
        assert run(words) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["position"], found["digest"]) == (position, entry["digest"])
        assert (found["signed_by"], found["size"]) == (NAME, len(entries))
        assert json.loads(found["body"])["data"] == entry["data"]
        assert (found["type"], found["actor"]) == (entry["type"], entry["actor"])


def test_refused(auditor: Auditor) -> None:
    """What cannot be proved is refused, and no file is made."""
    typist, kept = auditor.typist, auditor.checkpoint("kept", "--at", "after:0001_people")
    to = auditor.file("proof")
    typist.type("prove", "head", "--checkpoint", kept, "--to", to, code=3)
    assert "came after the checkpoint" in typist.err
    typist.type("prove", "99", "--checkpoint", kept, "--to", to, code=4)
    typist.type("prove", "2", "--to", to, code=2)
    typist.type("prove", "2", "--checkpoint", kept, code=2)
    typist.type("prove", "2", "--checkpoint", kept, "--key", auditor.key, "--to", to, code=2)
    typist.type("prove", "2", "--check", kept, code=2)
    typist.type("prove", code=2)
    typist.type("prove", "--check", kept, code=5)
    assert not Path(to).exists()
    typist.type("prove", "head", "--key", auditor.key, "--to", to)
    typist.type("prove", "head", "--key", auditor.key, "--to", to, code=3)
    said = typist.type("prove", "--check", to)
    assert "was not checked" in said


def test_another_journal(auditor: Auditor) -> None:
    """A checkpoint that the journal does not extend proves nothing of it."""
    typist, kept = auditor.typist, Path(auditor.checkpoint("kept"))
    lines = kept.read_text().split("\n")
    lines[2] = base64.b64encode(bytes(32)).decode()
    kept.write_text("\n".join(lines))
    typist.type("prove", "2", "--checkpoint", str(kept), "--to", auditor.file("p"), code=6)
    lines[1] = "9999"
    kept.write_text("\n".join(lines))
    typist.type("prove", "2", "--checkpoint", str(kept), "--to", auditor.file("p"), code=6)
    assert "clew verify --checkpoint" in typist.err


def test_extension(auditor: Auditor) -> None:
    """That a checkpoint extends another is proved without an entry, and denied of a third."""
    typist = auditor.typist
    old = auditor.checkpoint("old", "--at", "after:0001_people")
    new, to = auditor.checkpoint("new"), auditor.file("extension")
    made = typist.json("prove", "--extends", old, "--checkpoint", new, "--to", to)
    found = typist.json("prove", "--extends", old, "--check", to, "--verifier", auditor.vkey)
    assert found == made | {"signed_by": NAME}
    assert found["before"] < found["size"]
    typist.type("prove", "--extends", new, "--check", to, code=3)
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    words = ("prove", "3", "--key", auditor.key, "--to", auditor.file("z"), "--verifier", stranger)
    typist.type(*words, code=3)
    assert not Path(auditor.file("z")).exists()
    typist.type("prove", "--extends", new, "--checkpoint", old, "--to", auditor.file("x"), code=3)
    typist.type("prove", "3", "--extends", new, "--checkpoint", old, "--to", "x", code=2)
    forged = Path(old).read_text().split("\n")
    forged[2] = base64.b64encode(bytes(32)).decode()
    Path(old).write_text("\n".join(forged))
    typist.type("prove", "--extends", old, "--check", to, code=6)
    typist.type("prove", "--extends", old, "--checkpoint", new, "--to", auditor.file("y"), code=6)
    assert not Path(auditor.file("y")).exists()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A checkpoint and a proof of each kind, as bytes."""
    home = tmp_path_factory.mktemp("made")
    db = f"sqlite:///{home}/a.db"
    (home / "a.db").touch()
    key = ["--key", f"{home}/key"]
    for words in (
        ["key", "new", "--to", f"{home}/key", "--name", NAME],
        ["init"],
        ["checkpoint", *key, "--to", f"{home}/old"],
        ["mark", "one"],
        ["mark", "two"],
        ["checkpoint", *key, "--to", f"{home}/new"],
        ["prove", "2", "--checkpoint", f"{home}/new", "--to", f"{home}/proof"],
        ["prove", "--extends", f"{home}/old", "--checkpoint", f"{home}/new", "--to", f"{home}/ext"],
    ):
        assert run(["--db", db, *words]) == 0, words
    return {name: (home / name).read_bytes() for name in ("old", "new", "proof", "ext")}


@pytest.mark.parametrize(
    "body",
    [b"", b"7", b"{}", b"\xff", b"[" * 100_000, b'{"position":1,"recorded_at":"","actor":"","data":7}',
     b'{"position":2,"recorded_at":"","actor":"","data":{"type":"x"}}'],
)  # fmt: skip
def test_leaf_that_is_no_entry(body: bytes) -> None:
    """A tree of somebody else's making, whose leaf is no entry, proves nothing."""
    previous = bytes(32)
    head = TreeHead(origin="clew/x", size=1, root=leaf_digest(previous, body))
    note = sign(head.text, name=NAME, key=Ed25519PrivateKey.generate())
    forged = Proof(previous=previous, body=body, index=0, path=(), checkpoint=note.content)
    with pytest.raises(Tampered):
        check_proof("f", forged.content)


@given(st.data())
def test_any_change_of_a_proof(made: dict[str, bytes], data: st.DataObject) -> None:
    """A proof with any bytes changed, cut or added is an error, or proves what it did before."""
    name = data.draw(st.sampled_from(["proof", "ext"]))
    content = made[name]
    place = data.draw(st.integers(0, len(content)))
    until = data.draw(st.integers(place, min(len(content), place + 3)))
    forged = content[:place] + data.draw(st.binary(max_size=3)) + content[until:]
    old = saved_in("old", made["old"])
    try:
        if name == "proof":
            found, before = check_proof("f", forged), check_proof("f", content)
            assert (found.body, found.position) == (before.body, before.position)
            assert (found.root, found.size) == (before.root, before.size)
        else:
            later = check_extension("f", forged, old)
            assert later.root == check_extension("f", content, old).root
    except ClewError as error:
        assert error.exit_code in {3, 5, 6}  # noqa: PT017
