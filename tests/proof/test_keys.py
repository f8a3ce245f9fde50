"""Keys stand in files of their own, which other programs read, and in nothing else."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from commands.cli.main import run
from commands.proof.keys import SigningKey, new_key, read_key, read_verifier
from commands.proof.note import parse_verifier
from journal.errors import NotFound, Refused, Usage
from tests.proof.exports import NAME, Auditor


def test_file(tmp_path: Path) -> None:
    """A key file is read by its owner only, holds PKCS#8, and says the key's name."""
    path = tmp_path / "a.key"
    made = new_key(path, name=NAME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = load_pem_private_key(path.read_bytes(), None)
    again = read_key(path, lambda: pytest.fail("it has no passphrase"))
    assert again.verifier == parse_verifier(made.verifier)
    assert again.verifier.public == key.public_key().public_bytes_raw()  # type: ignore[union-attr]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_openssl(tmp_path: Path, passphrase: str) -> None:
    """OpenSSL reads the file, and finds the public key that is shown."""
    made = new_key(tmp_path / "a.key", name=NAME, passphrase=passphrase)
    words = ["openssl", "pkey", "-in", made.file, "-pubout", "-passin", f"pass:{passphrase}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == made.public_key


def test_never_written_over(tmp_path: Path) -> None:
    """A file that is there is never written over, nor is a link followed."""
    path, link = tmp_path / "a.key", tmp_path / "link.key"
    new_key(path, name=NAME)
    before = path.read_bytes()
    link.symlink_to(tmp_path / "nowhere")
    for taken in (path, link):
        with pytest.raises(Refused, match="is there already"):
            new_key(taken, name=NAME)
    assert path.read_bytes() == before
    assert not (tmp_path / "nowhere").exists()


def test_passphrase(tmp_path: Path) -> None:
    """An encrypted key opens with its passphrase alone, and no error repeats one."""
    path = tmp_path / "a.key"
    made = new_key(path, name=NAME, passphrase="hunter2")
    assert b"ENCRYPTED" in path.read_bytes()
    assert read_key(path, lambda: "hunter2").verifier.text == made.verifier
    with pytest.raises(Usage, match="the passphrase is not that of the key") as wrong:
        read_key(path, lambda: "hunter3")
    assert "hunter" not in str(wrong.value) + wrong.value.hint


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda _: b"", "holds no private key"),
        (lambda content: content[:60], "its key is damaged"),
        (lambda content: content[content.index(b"-") :], "does not tell the name"),
        (lambda content: content.replace(b"MC4C", b"AAAA"), "its key is damaged"),
    ],
)
def test_damaged(tmp_path: Path, change, what: str) -> None:
    """A damaged key file is told in one line that repeats nothing of the key."""
    path = tmp_path / "a.key"
    new_key(path, name=NAME)
    content = path.read_bytes()
    secret = content.splitlines()[2].decode()
    path.write_bytes(change(content))
    with pytest.raises(Usage, match=what) as told:
        read_key(path, str)
    assert secret[10:30] not in str(told.value) + told.value.hint
    assert told.value.__cause__ is None


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\tbed", "line\nbreak", "\u2003"])
def test_names(tmp_path: Path, name: str) -> None:
    """A name that a note cannot hold is refused before a file is made."""
    with pytest.raises(Usage, match="no key can be named"):
        new_key(tmp_path / "a.key", name=name)
    assert not list(tmp_path.iterdir())


def test_verifier(tmp_path: Path) -> None:
    """A verifier key is given as text or in a file, and a private key is refused in its place."""
    made = new_key(tmp_path / "a.key", name=NAME)
    file = tmp_path / "a.vkey"
    file.write_text(f"the key of the shop:\n{made.verifier}\n{made.public_key}", encoding="utf-8")
    assert read_verifier(made.verifier) == read_verifier(str(file)) == parse_verifier(made.verifier)
    with pytest.raises(Refused, match="holds a private key"):
        read_verifier(made.file)
    with pytest.raises(NotFound):
        read_verifier(str(tmp_path / "nothing"))
    (tmp_path / "a.pem").write_text(made.public_key, encoding="utf-8")
    with pytest.raises(Usage, match="holds no verifier key"):
        read_verifier(str(tmp_path / "a.pem"))


def test_shows_nothing_private(tmp_path: Path) -> None:
    """Whoever prints a key sees its name."""
    new_key(tmp_path / "a.key", name=NAME)
    assert repr(read_key(tmp_path / "a.key", str)) == f"SigningKey({NAME!r})"
    assert re.fullmatch(r"SigningKey\('.*'\)", str(SigningKey(NAME, None)))  # type: ignore[arg-type]


def test_typed(auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is named after the journal unless told, encrypted on request, and kept out of it."""
    typist, path = auditor.typist, auditor.file("other.key")
    monkeypatch.setenv("CLEW_KEY_PASSPHRASE", "correct horse")
    made = typist.json("key", "new", "--to", path, "--passphrase")
    journal = typist.json("status")["journal"]["id"]
    assert made["name"] == f"clew/{journal}"
    assert typist.json("key", "show", path) == made
    assert typist.type("key", "show", path).startswith(made["verifier"] + "\n-----BEGIN PUBLIC")
    typist.type("key", "new", "--to", path, code=3)
    typist.type("checkpoint", "--key", path)
    monkeypatch.delenv("CLEW_KEY_PASSPHRASE")
    typist.type("checkpoint", "--key", path, code=2)
    assert "CLEW_KEY_PASSPHRASE" in typist.err
    said = typist.type("log", "--format", "jsonl") + typist.err
    for secret in ("correct horse", Path(path).read_text().splitlines()[2]):
        assert secret not in said


def test_no_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key with a name needs no database; one without is told what it lacks."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(["key", "new", "--to", "a.key", "--name", NAME, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == NAME
    assert run(["key", "new", "--to", "b.key"]) == 2
    assert "a key needs a name" in capsys.readouterr().err
    assert not Path("b.key").exists()
