"""An export is whole or not there, says what it holds, and is found to be torn or touched."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path

import pytest
from pymerkle import InmemoryTree, verify_inclusion

from commands.cli.main import run
from commands.export import export as exporting
from commands.export.tiles import tile_path, tile_paths
from journal.errors import ClewError
from tests.proof.exports import NAME, Auditor, listed_anew


def test_another_implementation(auditor: Auditor) -> None:
    """The leaves of the export, hashed by another implementation, give tiles, root and paths."""
    home = auditor.export("out", "--key", auditor.key)
    tree = InmemoryTree(algorithm="sha256")
    for line in (home / "entries.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        leaf = bytes.fromhex(entry["previous"]) + entry["body"].encode()
        index = tree.append_entry(leaf)
        assert tree.get_leaf(index).hex() == entry["digest"]
        assert json.loads(entry["body"])["position"] == index == entry["position"]
    size = tree.get_size()
    manifest = json.loads((home / "manifest.json").read_bytes())
    root = tree.get_root()
    assert manifest["root"] == base64.b64encode(root).decode()
    assert (home / "checkpoint").read_text().split("\n")[1:3] == [str(size), manifest["root"]]
    tile = (home / tile_path(0, 0, size)).read_bytes()
    assert tile == b"".join(tree.get_leaf(index + 1) for index in range(size))
    proof = tree.prove_inclusion(3, size)
    verify_inclusion(bytes.fromhex(entry_digest(home, 3)), root, proof)


def entry_digest(home: Path, position: int) -> str:
    """Return the digest of an exported entry."""
    lines = (home / "entries.jsonl").read_bytes().splitlines()
    digest: str = json.loads(lines[position - 1])["digest"]
    return digest


def test_holds_what_it_says(auditor: Auditor) -> None:
    """The manifest lists every file with its digest; values are in it only where asked for."""
    home = auditor.export("out", "--key", auditor.key)
    manifest = json.loads((home / "manifest.json").read_bytes())
    assert [one["path"] for one in manifest["files"]] == [
        "checkpoint", "entries.jsonl", "key.pem", "key.vkey"
    ]  # fmt: skip
    for one in manifest["files"]:
        content = (home / one["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
    assert (manifest["first"], manifest["last"]) == (1, len(auditor.typist.lines("log")))
    assert "row images" in manifest["left_out"]
    everything = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert b"Ada" not in everything
    assert b"PRIVATE" not in everything
    more = auditor.export("more", "--content")
    lines = [json.loads(line) for line in (more / "content.jsonl").read_bytes().splitlines()]
    contents = {one["digest"]: base64.b64decode(one["base64"]) for one in lines}
    assert all(hashlib.sha256(found).hexdigest() == name for name, found in contents.items())
    assert any(b"Ada" in found for found in contents.values())
    assert "checkpoint" in json.loads((more / "manifest.json").read_bytes())["left_out"]


def test_verified(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export is verified with no database, against a checkpoint of another day as well."""
    typist = auditor.typist
    old = auditor.checkpoint("old", "--at", "after:0001_people")
    home = str(auditor.export("out", "--key", auditor.key, "--content"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    words = ["verify", "--export", home, "--checkpoint", old, "--verifier", auditor.vkey]
    assert run([*words, "--format", "json"]) == 0
    answer = json.loads(typist.capsys.readouterr().out)
    assert (answer["ok"], answer["signed_by"], answer["flaws"]) == (True, NAME, [])
    assert [one["verdict"] for one in answer["checkpoints"]] == ["extended"]
    assert run(["verify", "--export", home]) == 0
    assert "was not checked" in typist.capsys.readouterr().out
    assert run(["verify", "--export", str(auditor.home)]) == 4


def test_erased(auditor: Auditor) -> None:
    """An erasure leaves every checkpoint and export of before as true as it was."""
    typist, old = auditor.typist, auditor.checkpoint("old")
    before = auditor.export("before", "--key", auditor.key, "--content")
    typist.type("erase", "column", "person", "name", "--reason", "asked for", "--yes")
    trusted = ("--checkpoint", old, "--verifier", auditor.vkey)
    typist.type("verify", *trusted)
    after = auditor.export("after", "--key", auditor.key, "--content")
    for home in (before, after):
        typist.type("verify", "--export", str(home), *trusted)
    lines = [json.loads(line) for line in (after / "content.jsonl").read_bytes().splitlines()]
    assert not any(b"Ada" in base64.b64decode(one["base64"]) for one in lines)
    proof = str(after / "p")
    typist.type("prove", "5", "--checkpoint", old, "--to", proof, "--verifier", auditor.vkey)


def test_torn_or_touched(auditor: Auditor) -> None:
    """A file that is cut off, changed, lost or added is found and named."""
    typist, home = auditor.typist, auditor.export("out", "--key", auditor.key, "--content")
    tile = next(home.rglob("*.p/*")).relative_to(home).as_posix()
    for file in ("entries.jsonl", "content.jsonl", "key.pem", tile):
        path = home / file
        content = path.read_bytes()
        for forged in (content[:-1], b"", content[:9] + b"?" + content[10:], content + b"x", None):
            path.unlink(missing_ok=True)
            if forged is not None:
                path.write_bytes(forged)
            answer = typist.json("verify", "--export", str(home), code=6)
            assert not answer["ok"]
            assert answer["flaws"][0]["file"] == file
        path.write_bytes(content)
        typist.type("verify", "--export", str(home))
    for more in ("tile/0/001", "more.txt"):
        (home / more).write_text("x")
        assert typist.json("verify", "--export", str(home), code=6)["flaws"][0]["file"] == more
        (home / more).unlink()


def test_written_anew(auditor: Auditor) -> None:
    """An export made by a forger, whole in itself, is found by the checkpoint and by the key."""
    typist, home = auditor.typist, auditor.export("out", "--key", auditor.key)
    old = auditor.checkpoint("old")
    typist.type("key", "new", "--to", auditor.file("b.key"), "--name", NAME)
    other = auditor.export("other", "--key", auditor.file("b.key"))
    typist.type("verify", "--export", str(other), "--verifier", auditor.vkey, code=3)
    (other / "checkpoint").unlink()
    typist.type("verify", "--export", str(other), "--verifier", auditor.vkey, code=6)
    early = auditor.export("early", "--at", "after:0001_people")
    answer = typist.json("verify", "--export", str(early), "--checkpoint", old, code=6)
    assert answer["checkpoints"][0]["verdict"] == "truncated"
    shutil.copy(early / "entries.jsonl", home / "entries.jsonl")
    typist.type("verify", "--export", str(home), code=6)
    (home / "manifest.json").write_text("{")
    typist.type("verify", "--export", str(home), code=5)


def test_a_line_that_two_readers_read_differently_does_not_prove_itself(auditor: Auditor) -> None:
    """A second body in a line, or a field that no export writes, is found, as nobody signed it."""
    home = auditor.export("out", "--key", auditor.key, "--content")
    for name, more in (
        ("entries.jsonl", b'"body":"{}",'),
        ("entries.jsonl", b'"note":"a lie",'),
        ("content.jsonl", b'"base64":"eA==",'),
    ):
        content = (home / name).read_bytes()
        (home / name).write_bytes(content.replace(b"{", b"{" + more, 1))
        listed_anew(home)
        answer = auditor.typist.json("verify", "--export", str(home), code=6)
        assert [one["file"] for one in answer["flaws"]] == [name]
        (home / name).write_bytes(content)
        listed_anew(home)
        auditor.typist.type("verify", "--export", str(home))


def test_what_nobody_signed_in_an_export_is_held_against_what_was(auditor: Auditor) -> None:
    """Another key beside the checkpoint, and a manifest that tells of another journal, are found."""
    home, typist = auditor.export("out", "--key", auditor.key), auditor.typist
    typist.type("key", "new", "--to", auditor.file("b.key"), "--name", NAME)
    other = auditor.export("other", "--key", auditor.file("b.key"))
    for name in ("key.pem", "key.vkey"):
        content = (home / name).read_bytes()
        shutil.copy(other / name, home / name)
        listed_anew(home)
        answer = typist.json("verify", "--export", str(home), code=6)
        assert [one["file"] for one in answer["flaws"]] == [name]
        (home / name).write_bytes(content)
        listed_anew(home)
    for told in ({"name": "production"}, {"journal": "x"}, {"first": 2}, {"signed_by": "dana"}):
        manifest = json.loads((home / "manifest.json").read_bytes())
        listed_anew(home, **told)
        answer = typist.json("verify", "--export", str(home), code=6)
        assert [one["file"] for one in answer["flaws"]] == ["manifest.json"]
        listed_anew(home, **manifest)
    typist.type("verify", "--export", str(home), "--verifier", auditor.vkey)


def test_refused(auditor: Auditor) -> None:
    """Nothing is written into what is not an empty directory, and a bad position leaves nothing."""
    typist = auditor.typist
    filled, file = auditor.home / "filled", auditor.home / "file"
    filled.mkdir()
    (filled / "x").touch()
    file.touch()
    typist.type("export", str(filled), code=3)
    typist.type("export", str(file), code=3)
    typist.type("export", str(auditor.home / "no" / "such" / "place"), code=3)
    typist.type("export", auditor.file("out"), "--at", "999", code=4)
    typist.type("export", auditor.file("out"), "--at", "2", "--content", code=2)
    assert [path.name for path in filled.iterdir()] == ["x"]
    assert not [path for path in auditor.home.iterdir() if "out" in path.name]
    (auditor.home / "empty").mkdir()
    auditor.export("empty")


def test_full_disk(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails while it is written leaves no directory."""

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "written", full)
    auditor.typist.type("export", auditor.file("out"), code=5)
    assert "no space left on device" in auditor.typist.err
    assert not [path for path in auditor.home.iterdir() if "out" in path.name]


def test_paths_of_tiles() -> None:
    """Tiles stand where the specification's own examples have them."""
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    paths = list(tile_paths(70_000))
    assert len(paths) == 273 + 4
    assert paths[-4:] == ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert list(tile_paths(256)) == ["tile/0/000", "tile/1/000.p/1"]
    assert not list(tile_paths(0))


def test_disk_error_is_told(tmp_path: Path) -> None:
    """A directory that cannot be made is refused in one line."""
    from commands.export.directory import aside

    with pytest.raises(ClewError, match="cannot be made"), aside(tmp_path / "no" / "such"):
        pass
