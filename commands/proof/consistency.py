"""Proofs that a later checkpoint extends an earlier one, without any entry at hand.

The file is what c2sp.org/tlog-witness has witnesses sent: the earlier size, the path of RFC 6962,
section 2.1.2, and the later checkpoint. A witness checks it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from commands.proof.note import Malformed, VerifierKey
from commands.proof.paths import lines_of, number_after, parts_of, path_in, path_to
from commands.proof.proven import Progress, silent
from commands.proof.saved import Saved, saved_in
from journal.errors import ClewError, Refused, Tampered
from journal.merkle import consistency_spans, extends
from journal.store import Journal


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """What such a proof proves: the first ``before`` of ``size`` entries are those signed earlier."""

    origin: str
    before: int
    size: int
    root: str
    signed_by: str


def prove_extension(
    journal: Journal, old: Saved, new: Saved, *, progress: Progress = silent
) -> bytes:
    """Return the file that proves that ``new`` extends ``old``.

    Raises:
        Refused: ``new`` is the earlier of the two, or they are of two journals.
        Tampered: the journal does not extend them.
    """
    if old.head.origin != new.head.origin or old.head.size > new.head.size:
        raise Refused(
            f"{new.file} is not a later checkpoint of the journal of {old.file}",
            hint="Name the earlier one with --extends.",
        )
    before = old.head.size
    spans = consistency_spans(before, new.head.size)
    path = path_to(journal, new, spans, see=lambda _: None, progress=progress)
    lines = [f"old {before}", *lines_of(path)]
    content = "".join(f"{line}\n" for line in lines).encode() + b"\n" + new.content
    check_extension("the journal", content, old)
    return content


def check_extension(
    file: str, content: bytes, old: Saved, verifiers: Sequence[VerifierKey] = ()
) -> Extension:
    """Check such a file against the earlier checkpoint, with nothing else.

    Raises:
        ClewError: it is torn, or none.
        Refused: it is of another earlier checkpoint, or none of the keys signed the later one.
        Tampered: the later checkpoint does not extend the earlier one.
    """
    try:
        lines, checkpoint = parts_of(content, "old ", 1)
        before, path = number_after("old", lines[0]), path_in(lines[1:])
    except Malformed as error:
        raise ClewError(f"{file} is no whole proof: {error}") from None
    new = saved_in(file, checkpoint, verifiers)
    head = new.head
    if (head.origin, before) != (old.head.origin, old.head.size):
        raise Refused(f"{file} speaks of another checkpoint than {old.file}")
    if not extends(head.root, head.size, old_root=old.head.root, old_size=old.head.size, path=path):
        raise Tampered(f"{file} does not extend {old.file}: what was signed then was rewritten")
    return Extension(
        origin=head.origin,
        before=before,
        size=head.size,
        root=new.root,
        signed_by=new.signed_by,
    )
