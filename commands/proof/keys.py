"""The files of private keys: PKCS#8 in PEM, which openssl reads, under a line with the name.

RFC 7468, section 2, lets text stand before the PEM block; the key's name stands there, since
PKCS#8 has no place for it. What is told of a file that cannot be read never tells of its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from commands.proof.files import PRIVATE, read_small, write_new
from commands.proof.note import Note, VerifierKey, fit_for_a_key, parse_verifier, sign
from journal.errors import Refused, Usage

_NAMED = "clew-key-name: "
_BEGIN = b"-----BEGIN "
_VERIFIER = re.compile(r"[^\s+]+\+[0-9a-fA-F]{8}\+[A-Za-z0-9+/]+=*")

AskPassphrase = Callable[[], str]


class SigningKey:
    """A private key with its name; it never shows itself, whoever prints it."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = name
        self._key = key

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(name=self.name, public=public)

    def sign(self, text: str) -> Note:
        """Return the signed note of a text."""
        return sign(text, name=self.name, key=self._key)


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a key: nothing that is private."""

    name: str
    id: str
    verifier: str
    public_key: str
    file: str


def new_key(path: Path, *, name: str, passphrase: str = "") -> ShownKey:
    """Make a key in a file that only its owner reads; encrypted where there is a passphrase.

    Raises:
        Usage: no key can have that name.
        Refused: the file is there already.
    """
    if not fit_for_a_key(name):
        raise Usage(
            f"no key can be named {name!r}",
            hint="A name has no spaces and no plus sign; an address such as example.org/db is good.",
        )
    key = Ed25519PrivateKey.generate()
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    write_new(path, f"{_NAMED}{name}\n".encode() + pem, mode=PRIVATE)
    return show_key(SigningKey(name, key), path)


def read_key(path: Path, passphrase: AskPassphrase) -> SigningKey:
    """Read a private key; ``passphrase`` is asked where the file is encrypted.

    Raises:
        NotFound: there is no such file.
        Usage: it holds no key of ours, or the passphrase is another.
    """
    content = read_small(path)
    name = _name_in(path, content)
    secret = passphrase().encode() if b"BEGIN ENCRYPTED" in content else None
    try:
        key = load_pem_private_key(content, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        what = (
            "the passphrase is not that of the key" if secret is not None else "its key is damaged"
        )
        raise Usage(f"{path} cannot be used: {what}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Usage(f"{path} cannot be used: expected an Ed25519 key")
    return SigningKey(name, key)


def show_key(key: SigningKey, path: Path) -> ShownKey:
    """Tell of a key what others need to check its signatures."""
    known = key.verifier
    return ShownKey(
        name=known.name,
        id=known.id.hex(),
        verifier=known.text,
        public_key=known.pem,
        file=str(path),
    )


def read_verifier(given: str) -> VerifierKey:
    """Return the verifier key of its text, or of a file that holds that text as a line.

    Raises:
        Refused: the file holds a private key, which is nobody's business here.
        NotFound, Usage: it is neither.
    """
    path = Path(given)
    if _VERIFIER.fullmatch(given) and not path.is_file():
        return parse_verifier(given)
    content = read_small(path)
    if b"PRIVATE KEY" in content:
        raise Refused(
            f"{path} holds a private key",
            hint="Give the verifier key that clew key show prints, as text or in a file.",
        )
    lines = content.decode(errors="replace").splitlines()
    found = next(filter(_VERIFIER.fullmatch, map(str.strip, lines)), None)
    if found is None:
        raise Usage(f"{path} holds no verifier key", hint="See it with: clew key show FILE.")
    return parse_verifier(found)


def _name_in(path: Path, content: bytes) -> str:
    if _BEGIN not in content:
        raise Usage(f"{path} holds no private key", hint="Make one with: clew key new --to FILE.")
    for line in content[: content.index(_BEGIN)].decode(errors="replace").splitlines():
        name = line.removeprefix(_NAMED)
        if name != line and fit_for_a_key(name):
            return name
    raise Usage(
        f"{path} does not tell the name of its key",
        hint=f"Write it into the first line: {_NAMED}NAME.",
    )
