"""Signed notes and the keys they are checked with, as c2sp.org/signed-note has them; no I/O.

A note is text, an empty line, and a line for each signature::

    — <key name> base64(32-bit key ID || signature)

Only Ed25519 (signature type 0x01) is signed and checked here. Lines of other keys and types are
kept as they are, and prove nothing, as the specification asks.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from journal.errors import Usage

ED25519 = b"\x01"
_DASH = "\u2014 "
_KEY_BYTES = 32
_ID_BYTES = 4
_MOST_SIGNATURES = 100
"""The specification asks for at least 16."""


class Malformed(ValueError):
    """The bytes are no signed note, in a few words."""


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key with its name: 32 bytes of Ed25519."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that a signature names its key by."""
        named = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(named).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as people hand it on: ``name+id+base64(type || key)``."""
        encoded = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @property
    def pem(self) -> str:
        """The public key for other programs (SubjectPublicKeyInfo); the name is not in it."""
        key = Ed25519PublicKey.from_public_bytes(self.public)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signed(self, note: Note) -> bool:
        """Tell whether this key signed the note.

        Raises:
            Malformed: a signature says that it is of this key, and is not.
        """
        mine = [one for one in note.signatures if (one.name, one.id) == (self.name, self.id)]
        for one in mine:
            try:
                key = Ed25519PublicKey.from_public_bytes(self.public)
                key.verify(one.signature, note.text.encode())
            except InvalidSignature:
                raise Malformed(f"the signature is not one of {self.name} for this text") from None
        return bool(mine)


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature line: the key's name, the four bytes of its id, and what the key made."""

    name: str
    id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note."""
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.signature).decode()}\n"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Text, its last newline included, with the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def content(self) -> bytes:
        """The note as it stands in a file."""
        return (self.text + "\n" + "".join(one.line for one in self.signatures)).encode()


def from_base64(text: str) -> bytes:
    """Return the bytes of base64 in its one canonical form: padded, no bits left over.

    Raises:
        ValueError: it is another.
    """
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("base64 with bits left over")
    return decoded


def sign(text: str, *, name: str, key: Ed25519PrivateKey) -> Note:
    """Return the note of a text, signed by one key."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signer = VerifierKey(name=name, public=public)
    made = Signature(name=name, id=signer.id, signature=key.sign(text.encode()))
    return Note(text=text, signatures=(made,))


def parse_note(content: bytes) -> Note:
    """Read a signed note.

    Raises:
        Malformed: it is none.
    """
    if not content:
        raise Malformed("it is empty")
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text") from None
    if any(letter < " " and letter != "\n" for letter in whole):
        raise Malformed("it holds control characters")
    text, empty_line, lines = whole.rpartition("\n\n")
    if not empty_line:
        raise Malformed("it ends before the signatures")
    if not lines.endswith("\n"):
        raise Malformed("its last line is cut off")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise Malformed(f"it has more than {_MOST_SIGNATURES} signatures")
    return Note(text=text + "\n", signatures=signatures)


def parse_verifier(text: str) -> VerifierKey:
    """Read a verifier key, ``name+id+base64``.

    Raises:
        Usage: it is none, or its parts do not belong together.
    """
    hint = "A verifier key is the line that clew key show prints: NAME+ID+BASE64."
    try:
        name, id_, encoded = text.strip().split("+", 2)
        decoded = from_base64(encoded)
    except ValueError:
        raise Usage("expected a verifier key, found something else", hint=hint) from None
    if decoded[:1] != ED25519 or len(decoded) != 1 + _KEY_BYTES or not fit_for_a_key(name):
        raise Usage("expected the verifier key of an Ed25519 key", hint=hint)
    found = VerifierKey(name=name, public=decoded[1:])
    if found.id.hex() != id_.lower():
        raise Usage("the verifier key is damaged: name, id and key do not fit", hint=hint)
    return found


def fit_for_a_key(name: str) -> bool:
    """Tell whether a key can have this name: no spaces, no ``+``, and nothing unprintable here."""
    return _is_name(name) and name.isprintable()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(map(str.isspace, name))


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise Malformed("a line under the text is no signature")
    try:
        decoded = from_base64(encoded)
    except ValueError:
        raise Malformed("a signature is not base64") from None
    if len(decoded) <= _ID_BYTES:
        raise Malformed("a signature is cut off")
    return Signature(name=name, id=decoded[:_ID_BYTES], signature=decoded[_ID_BYTES:])
