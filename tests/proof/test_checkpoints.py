"""Checkpoints on the command line: signed, kept, and held against the journal of another day."""

from __future__ import annotations

import base64
from pathlib import Path

from pymerkle import InmemoryTree

from tests.cli.test_contracts import tamper
from tests.proof.exports import NAME, Auditor


def test_signed(auditor: Auditor) -> None:
    """A checkpoint bears origin, size and the root that another implementation finds."""
    typist = auditor.typist
    entries = typist.lines("log")
    made = typist.json("checkpoint", "--key", auditor.key)
    origin, size, root, empty, line, end = made["text"].split("\n")
    assert origin == f"clew/{typist.json('status')['journal']['id']}" == made["origin"]
    assert (int(size), empty, end) == (len(entries), "", "")
    assert line.startswith(f"\u2014 {NAME} ")
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree._store_leaf(b"", bytes.fromhex(entry["digest"]))
    assert base64.b64decode(root) == tree.get_root()
    assert typist.type("checkpoint", "--key", auditor.key) == made["text"]
    early = typist.json("checkpoint", "--key", auditor.key, "--at", "after:0001_people")
    assert base64.b64decode(early["root"]) == tree.get_root(early["size"])
    assert len(typist.lines("log")) == len(entries)


def test_extended(auditor: Auditor) -> None:
    """A journal that went on extends what was signed, and the signature is told about."""
    typist, kept = auditor.typist, auditor.checkpoint("kept")
    typist.type("mark", "later")
    answer = typist.json("verify", "--checkpoint", kept, "--verifier", auditor.vkey)
    (held,) = answer["checkpoints"]
    assert (held["verdict"], held["signed_by"], held["size"]) == (
        "extended",
        NAME,
        answer["entries"] - 1,
    )
    said = typist.type("verify", "--checkpoint", kept, "--verifier", auditor.file("audit.vkey"))
    assert f"signed by {NAME}" in said
    assert "not checked" not in said
    assert "was not checked" in typist.type("verify", "--checkpoint", kept)
    typist.type("verify", "--verifier", auditor.vkey, code=2)


def test_changed(auditor: Auditor) -> None:
    """A checkpoint of an unknown key, or with one byte changed, is never taken for fine."""
    typist, kept = auditor.typist, Path(auditor.checkpoint("kept"))
    typist.type("key", "new", "--to", auditor.file("b.key"), "--name", NAME)
    stranger = typist.json("key", "show", auditor.file("b.key"))["verifier"]
    typist.type("verify", "--checkpoint", str(kept), "--verifier", stranger, code=3)
    assert "none of the keys given" in typist.err
    typist.type(
        "verify", "--checkpoint", str(kept), "--verifier", stranger, "--verifier", auditor.vkey
    )
    content = kept.read_bytes()
    forged = auditor.file("forged")
    for place in range(len(content)):
        Path(forged).write_bytes(
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        )
        words = ("verify", "--checkpoint", forged, "--verifier", auditor.vkey)
        typist.type(*words, code=_code(typist, *words))
        assert len(typist.err.splitlines()) == 2


def _code(typist, *words: str) -> int:
    """Run a verb once and return its exit code, which is not that of success."""
    from commands.cli.main import run

    found = run(["--db", typist.url, *words])
    assert found in {3, 5, 6}
    return found


def test_torn(auditor: Auditor) -> None:
    """A checkpoint cut off anywhere, empty or lost, is one clear line."""
    typist, kept = auditor.typist, Path(auditor.checkpoint("kept"))
    content, torn = kept.read_bytes(), Path(auditor.file("torn"))
    for size in (0, 1, 40, len(content) // 2, len(content) - 1):
        torn.write_bytes(content[:size])
        typist.type("verify", "--checkpoint", str(torn), code=5)
        assert "is no whole checkpoint" in typist.err
        assert len(typist.err.splitlines()) == 2
    typist.type("verify", "--checkpoint", auditor.file("nowhere"), code=4)
    typist.type("verify", "--checkpoint", str(auditor.home), code=2)


def test_nothing_is_signed_that_does_not_prove_itself(auditor: Auditor) -> None:
    """Of a journal that was touched no checkpoint, proof or export is made, and no file is left."""
    typist = auditor.typist
    kept = auditor.checkpoint("kept")
    tamper(typist, 3)
    before = sorted(auditor.home.iterdir())
    to = auditor.file("new")
    typist.type("checkpoint", "--key", auditor.key, "--to", to, code=6)
    assert "position 3: altered" in typist.err
    typist.type("prove", "2", "--checkpoint", kept, "--to", to, code=6)
    typist.type("export", to, "--key", auditor.key, code=6)
    assert sorted(auditor.home.iterdir()) == before
    answer = typist.json("verify", "--checkpoint", kept, "--verifier", auditor.vkey, code=6)
    assert answer["problems"][0]["position"] == 1
    assert {"altered", "rewritten"} <= {one["kind"] for one in answer["problems"]}


def test_signs_what_extends_what_it_signed(auditor: Auditor) -> None:
    """With --extends, a key signs nothing that is inconsistent with what it signed earlier."""
    typist, old = auditor.typist, auditor.checkpoint("old")
    typist.type("mark", "later")
    new = auditor.checkpoint("new", "--extends", old)
    words = ("checkpoint", "--key", auditor.key, "--extends")
    typist.type(*words, old, "--extends", new)
    typist.type(*words, new, "--at", "3", code=6)
    assert "does not extend" in typist.err
    lines = Path(new).read_text().split("\n")
    Path(new).write_text("\n".join([lines[0], "3", *lines[2:]]))
    typist.type(*words, new, code=6)
    assert "was changed after it was signed" in typist.err
    typist.type("key", "new", "--to", auditor.file("b.key"), "--name", NAME)
    typist.type("checkpoint", "--key", auditor.file("b.key"), "--extends", old, code=3)


def test_files_are_kept(auditor: Auditor) -> None:
    """A checkpoint is never written over another file."""
    typist = auditor.typist
    kept = auditor.checkpoint("kept")
    typist.type("checkpoint", "--key", auditor.key, "--to", kept, code=3)
    typist.type("checkpoint", "--key", auditor.key, "--to", f"{kept}/x", code=3)
    typist.type("checkpoint", "--key", auditor.key, "--at", "99", code=4)
    typist.type("checkpoint", code=2)
