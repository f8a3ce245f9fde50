"""Paths of hashes: taken from the journal in one pass, and as lines of a proof's file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

from commands.proof.note import Malformed, from_base64
from commands.proof.proven import HINT, Progress, proven
from commands.proof.saved import Saved
from journal.envelope import StoredEntry
from journal.errors import Tampered
from journal.merkle import Span, Tree, span_hashes
from journal.store import Journal

HASH = 32

See = Callable[[StoredEntry], None]
"""Sees each entry as it is read."""


def path_to(
    journal: Journal, saved: Saved, spans: Sequence[Span], *, see: See, progress: Progress
) -> tuple[bytes, ...]:
    """Return the hashes of spans below a checkpoint that the journal extends.

    Raises:
        Tampered: it does not, or an entry does not prove itself.
    """
    head, tree = saved.head, Tree()
    if head.size > journal.head().position:
        raise not_extended(saved.file)

    def leaves() -> Iterator[bytes]:
        for entry in proven(journal, last=head.size, progress=progress):
            tree.append(entry.digest)
            see(entry)
            yield entry.digest

    walk = leaves()
    path = span_hashes(walk, spans)
    for _ in walk:  # the path may be complete before the tree is
        pass
    if tree.root() != head.root:
        raise not_extended(saved.file)
    return path


def not_extended(name: str) -> Tampered:
    """Return the error that the journal is not what the checkpoint in a file signs."""
    return Tampered(
        f"the journal does not extend {name or 'the checkpoint'}",
        hint=f"See why with: clew verify --checkpoint {name}." if name else HINT,
    )


def lines_of(path: Sequence[bytes]) -> list[str]:
    """Return a path as the lines of a file."""
    return [base64.b64encode(hash_).decode() for hash_ in path]


def path_in(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Read a path. Raises ``Malformed``."""
    path = tuple(map(decoded, lines))
    if any(len(hash_) != HASH for hash_ in path):
        raise Malformed("a hash is cut off")
    return path


def parts_of(content: bytes, first: str, least: int) -> tuple[list[str], bytes]:
    """Return the lines of a proof whose first begins so, and the checkpoint under them.

    Raises:
        Malformed: it is empty, cut off, or something else.
    """
    if not content:
        raise Malformed("it is empty")
    head, empty_line, checkpoint = content.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("its first line is another") from None
    if not lines[0].startswith(first):
        raise Malformed("its first line is another")
    if not empty_line or len(lines) < least:
        raise Malformed("it is cut off")
    return lines, checkpoint


def after(word: str, line: str) -> str:
    """Return what a line says after its first word. Raises ``Malformed``."""
    if not line.startswith(f"{word} "):
        raise Malformed(f"its line {word!r} is missing")
    return line.removeprefix(f"{word} ")


def number_after(word: str, line: str) -> int:
    """Return the number that a line says after its first word. Raises ``Malformed``."""
    text = after(word, line)
    if not text.isdigit() or len(text) > 18 or str(int(text)) != text:
        raise Malformed(f"its line {word!r} is no number")
    return int(text)


def decoded(text: str) -> bytes:
    """Return the bytes of base64. Raises ``Malformed``."""
    try:
        return from_base64(text)
    except ValueError:
        raise Malformed("a line is not base64") from None
