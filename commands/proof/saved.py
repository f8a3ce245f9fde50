"""Checkpoints that were kept elsewhere, read from their files; who signed them is looked at first."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import msgspec

from commands.proof.checkpoint import TreeHead, parse_checkpoint
from commands.proof.files import read_small
from commands.proof.note import Malformed, Note, VerifierKey
from journal.errors import ClewError, Refused, Tampered


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint from a file; ``signed_by`` is empty where no key was given to check it with."""

    file: str
    head: TreeHead
    content: bytes
    signed_by: str = ""

    @property
    def root(self) -> str:
        """The root in base64."""
        return base64.b64encode(self.head.root).decode()


def read_checkpoint(path: Path, verifiers: Sequence[VerifierKey] = ()) -> Saved:
    """Read a checkpoint, and check its signature where there are keys to check it with.

    Raises:
        NotFound: there is no such file.
        ClewError: it is torn, or no checkpoint.
        Refused: none of the keys signed it.
        Tampered: it was changed after one of the keys signed it.
    """
    return saved_in(str(path), read_small(path), verifiers)


def saved_in(file: str, content: bytes, verifiers: Sequence[VerifierKey] = ()) -> Saved:
    """Read a checkpoint from the bytes of a file. Raises as ``read_checkpoint`` does."""
    try:
        head, note = parse_checkpoint(content)
    except Malformed as error:
        raise ClewError(
            f"{file} is no whole checkpoint: {error}", hint="Take it from where it was kept."
        ) from None
    return Saved(file=file, head=head, content=content, signed_by=signer(file, note, verifiers))


def signer(file: str, note: Note, verifiers: Sequence[VerifierKey]) -> str:
    """Return who of the known keys signed a note; empty where no key is known.

    Raises:
        Refused, Tampered: as ``read_checkpoint`` does.
    """
    try:
        found = [key.name for key in verifiers if key.signed(note)]
    except Malformed as error:
        raise Tampered(
            f"{file} was changed after it was signed: {error}",
            hint="Hold the journal against a copy that nobody could change.",
        ) from None
    if verifiers and not found:
        names = ", ".join(f"{one.name} {one.id.hex()}" for one in note.signatures)
        raise Refused(
            f"{file} is signed by none of the keys given, but by {names}",
            hint="Give the verifier key of who signed it, if you trust it.",
        )
    return found[0] if found else ""
