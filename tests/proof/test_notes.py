"""Signed notes and checkpoints read and write the bytes that their specifications have."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from commands.proof.checkpoint import parse_checkpoint, parse_head
from commands.proof.note import Malformed, VerifierKey, parse_note, parse_verifier, sign
from journal.errors import Usage

THEIRS = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The note and the key of the documentation of Go's sumdb/note."""
CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
"""The example of c2sp.org/tlog-checkpoint."""


def test_note_of_others() -> None:
    """A note that another implementation signed is verified with its key, and written the same."""
    note, key = parse_note(NOTE.encode()), parse_verifier(THEIRS)
    assert key.signed(note)
    assert key.text == THEIRS
    assert note.content == NOTE.encode()
    with pytest.raises(Malformed, match="not one of PeterNeumann"):
        key.signed(parse_note(NOTE.replace("problem is", "answer is").encode()))


def test_example_of_the_specification() -> None:
    """The checkpoint of the specification is read for what it says."""
    head, note = parse_checkpoint(CHECKPOINT.encode())
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert head.text == note.text
    assert note.content == CHECKPOINT.encode()


def test_unknown_keys_prove_nothing() -> None:
    """A signature of another key is no signature, also where the name is the same."""
    note = parse_note(NOTE.encode())
    stranger = VerifierKey(name="PeterNeumann", public=bytes(32))
    assert not stranger.signed(note)


def test_several_signatures() -> None:
    """A note can bear signatures of several keys, such as those of witnesses, and each is found."""
    keys = {f"witness.example/w{n}": Ed25519PrivateKey.generate() for n in range(16)}
    notes = [sign("text\n", name=name, key=key) for name, key in keys.items()]
    lines = b"".join(note.content.removeprefix(b"text\n\n") for note in notes)
    whole = parse_note(b"text\n\n" + lines)
    assert len(whole.signatures) == 16
    for name, key in keys.items():
        public = key.public_key().public_bytes_raw()
        assert VerifierKey(name=name, public=public).signed(whole)


def test_strange_signatures() -> None:
    """A signature of a type or a name that we would not give is kept, and in nobody's way."""
    strange = "\u2014 wit\u200bness " + base64.b64encode(b"abcd" + bytes(5000)).decode() + "\n"
    note = parse_note((NOTE + strange).encode())
    assert parse_verifier(THEIRS).signed(note)
    assert note.content == (NOTE + strange).encode()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"text\n", "before the signatures"),
        (b"text\n\n", "cut off"),
        (NOTE.encode()[:-1], "cut off"),
        (NOTE.encode()[:-9], "cut off"),
        (b"text\n\n\xe2\x80\x94 name !!!!\n", "not base64"),
        (b"text\n\n\xe2\x80\x94 name AAAA\n", "cut off"),
        (b"text\n\n\xe2\x80\x94 name AAAAAAF=\n", "not base64"),
        (b"text\n\n-- name AAAAAAAAAAAA\n", "no signature"),
        (b"text\x00\n\n\xe2\x80\x94 name AAAAAAAA\n", "control"),
        (b"\xff\n\n\xe2\x80\x94 name AAAAAAAA\n", "UTF-8"),
    ],
)
def test_what_is_no_note(content: bytes, what: str) -> None:
    """What is torn or something else is told in a few words."""
    with pytest.raises(Malformed, match=what):
        parse_note(content)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n\u0661\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n99999999999999999999999\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMg=\n",
        "origin\n1\nnot base64 at all\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nextension\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    """A note that is no checkpoint is not taken for one."""
    with pytest.raises(Malformed):
        parse_head(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+",
        THEIRS.replace("c74f20a3", "c74f20a4"),
        THEIRS.replace("PeterNeumann", "Peter Neumann"),
        THEIRS.replace("+AR", "+BR"),
        THEIRS[:-4],
    ],
)
def test_what_is_no_verifier_key(text: str) -> None:
    """A damaged verifier key is refused: its id is made of its name and its bytes."""
    with pytest.raises(Usage):
        parse_verifier(text)


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """Any bytes are a note or malformed, and nothing else happens."""
    for found in (content, b"text\n\n\xe2\x80\x94 " + content):
        try:
            note = parse_note(found)
        except Malformed:
            continue
        assert note.signatures
