"""Verbs of proof: key, checkpoint, prove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.keeping import asked, file_option, key_option, opened, verifier_option
from commands.cli.options import POSITION, at_option, group, verb
from commands.cli.page import Page
from commands.cli.progress import counting
from commands.places import position_of
from commands.proof.checkpoint import origin_of
from commands.proof.consistency import Extension, check_extension, prove_extension
from commands.proof.files import read_large, refuse_existing, write_new
from commands.proof.inclusion import Proved, check_proof
from commands.proof.inclusion import prove as make_proof
from commands.proof.keys import ShownKey, SigningKey, new_key, read_verifier, show_key
from commands.proof.note import VerifierKey
from commands.proof.saved import Saved, read_checkpoint, saved_in
from commands.proof.signing import Checkpoint
from commands.proof.signing import checkpoint as sign_checkpoint
from journal.errors import ClewError, Usage

key = group(
    "key",
    "Make and show the keys that checkpoints are signed with (Ed25519).",
    "clew key new --to audit.key --name example.org/shop",
    "clew key show audit.key",
)


@verb(
    "new",
    "clew key new --to audit.key --name example.org/shop",
    "clew key new --to audit.key --passphrase",
)
@file_option("--to", required=True, help="The file of the private key; it is not there yet.")
@click.option(
    "--name",
    metavar="NAME",
    help="The name it signs under; that of the journal's checkpoints where none is given.",
)
@click.option(
    "--passphrase",
    "protected",
    is_flag=True,
    help="Encrypt the file; CLEW_KEY_PASSPHRASE or whoever types tells with what.",
)
def new(call: Call, to: Path, name: str | None, *, protected: bool) -> None:
    """Make a private key in a file that only you can read.

    It is PKCS#8 in PEM, which openssl reads. Keep it away from the database and from who owns
    that: the proof is worth what the key is worth.
    """
    refuse_existing(to)
    chosen = name if name is not None else _origin(call)
    secret = asked(twice=True) if protected else ""
    call.answer(new_key(to, name=chosen, passphrase=secret), _tell_key)


@verb("show", "clew key show audit.key", "clew key show audit.key --format json")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def show(call: Call, file: Path) -> None:
    """Show what others check signatures with: the verifier key, and the public key in PEM."""
    call.answer(show_key(opened(file), file), _tell_key)


for one in (new, show):
    key.add_command(one)


@verb(
    "checkpoint",
    "clew checkpoint --key audit.key",
    "clew checkpoint --key audit.key --at @release-12 --to release-12.checkpoint",
    "clew checkpoint --key audit.key --extends may.checkpoint --to june.checkpoint",
)
@key_option("The private key to sign with", required=True)
@file_option("--to", help="Write it to this file, which is not there yet.")
@file_option(
    "--extends",
    multiple=True,
    help="Sign only what extends this earlier checkpoint; can be given again.",
)
@at_option()
def checkpoint(call: Call, key: Path, to: Path | None, extends: tuple[Path, ...], at: str) -> None:
    """Sign the journal as it is, or as it was at a position (c2sp.org/tlog-checkpoint).

    The chain is proved before anything is signed. Keep checkpoints where the owner of the
    database cannot write, and hold the journal against them with: clew verify --checkpoint FILE.
    """
    if to is not None:
        refuse_existing(to)
    signer = opened(key)
    earlier = [_signed_by(signer, one) for one in extends]
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        answer = sign_checkpoint(journal, signer, at=at, earlier=earlier, progress=progress)
    if to is not None:
        write_new(to, answer.text.encode())
        call.note(f"written to {to}: {answer.size:,} entries, signed by {signer.name}")
        if call.format == "text":
            return
    call.answer(answer, _tell_checkpoint)


@verb(
    "prove",
    "clew prove 42 --checkpoint release-12.checkpoint --to 42.tlog-proof",
    "clew prove after:0002_profiles --key audit.key --to profiles.tlog-proof",
    "clew prove --check 42.tlog-proof --verifier audit.vkey",
    "clew prove --extends may.checkpoint --checkpoint june.checkpoint --to june.proof",
    "clew prove --extends may.checkpoint --check june.proof --verifier audit.vkey",
)
@click.argument("position", required=False, metavar="[POSITION]")
@file_option("--checkpoint", "kept", help="The checkpoint that it is to be found in.")
@key_option("Sign a checkpoint of the head for it with this private key")
@file_option("--to", help="Write the proof to this file, which is not there yet.")
@file_option("--check", help="Check the proof in this file; no database is needed.")
@file_option("--extends", help="Prove that the later checkpoint extends this earlier one.")
@verifier_option
def prove(
    call: Call,
    position: str | None,
    kept: Path | None,
    key: Path | None,
    to: Path | None,
    check: Path | None,
    extends: Path | None,
    verifiers: tuple[str, ...],
) -> None:
    """Prove that an entry is among those that a checkpoint signs; or check such a proof.

    The file is a c2sp.org/tlog-proof. It holds the entry itself, the path of hashes and the
    checkpoint, so that it can be checked with the verifier key alone. With --extends no entry is
    proved but that one checkpoint extends another.
    """
    known = [read_verifier(one) for one in verifiers]
    if (position is None) == (extends is None) and check is None:
        raise Usage("expected a POSITION, or --extends FILE", hint=f"A position is {POSITION}")
    if check is not None:
        if position or kept or key or to:
            raise Usage("--check and what makes a proof", hint="Give --check with --verifier.")
        call.answer(_checked(check, read_large(check), extends, known), _tell_checked)
        return
    if to is None or (kept is None) == (key is None):
        raise Usage(
            "expected --to FILE, and either --checkpoint FILE or --key FILE",
            hint="A proof leads to a checkpoint: one that was kept, or one that is signed now.",
        )
    refuse_existing(to)
    saved = read_checkpoint(kept, known) if kept else None
    old = read_checkpoint(extends, known) if extends else None
    signer = opened(key) if key else None
    with call.journal() as journal, counting("entries", total=journal.head().position) as progress:
        place = position_of(journal, position) if position else 0
        if signer is not None:
            made = sign_checkpoint(journal, signer, progress=progress)
            saved = saved_in("", made.text.encode())
        assert saved is not None
        if old is not None:
            content = prove_extension(journal, old, saved, progress=progress)
        else:
            content = make_proof(journal, place, saved, progress=progress).content
    found = _checked(to, content, extends, known)
    write_new(to, content)
    call.note(f"written to {to}")
    call.answer(found, _tell_checked)


def _signed_by(signer: SigningKey, file: Path) -> Saved:
    """Read a checkpoint that this key signed earlier."""
    return read_checkpoint(file, [signer.verifier])


def _checked(
    file: Path, content: bytes, extends: Path | None, known: Sequence[VerifierKey]
) -> Proved | Extension:
    """Check a proof by what is in it, and in the earlier checkpoint where it is one of that."""
    if extends is None:
        return check_proof(str(file), content, known)
    old = read_checkpoint(extends, known)
    return check_extension(str(file), content, old, known)


def _origin(call: Call) -> str:
    """Return the name that a key for this journal's checkpoints should bear."""
    try:
        with call.journal() as journal:
            return origin_of(journal.identity)
    except ClewError as error:
        raise Usage(
            f"a key needs a name, and there is no journal to name it after: {error.message}",
            hint="Give --name, such as example.org/shop.",
        ) from None


def _tell_key(page: Page, answer: ShownKey) -> None:
    page.line(answer.verifier)
    for line in answer.public_key.splitlines():
        page.line(line)


def _tell_checkpoint(page: Page, answer: Checkpoint) -> None:
    for line in answer.text.removesuffix("\n").split("\n"):
        page.line(line)


def _tell_checked(page: Page, answer: Proved | Extension) -> None:
    match answer:
        case Proved():
            what = f"{answer.type} by {answer.actor}, {answer.recorded_at}"
            page.line(f"position {answer.position} is proved: {what}", "green")
            digest = answer.digest
        case Extension():
            same = f"the first {answer.before:,} of {answer.size:,} entries are the same"
            page.line(same, "green")
            digest = ""
    page.pairs(
        (
            ("journal", answer.origin),
            ("entries", f"{answer.size:,}"),
            ("root", answer.root),
            ("digest", digest),
            ("signed by", answer.signed_by),
        )
    )
    if not answer.signed_by:
        page.line("the signature was not checked: no --verifier was given", "yellow")
