"""One entry, or one run, in full: with the content that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from commands.folding import folded
from commands.log import RUN_TYPES, find_run
from commands.places import position_of
from journal.envelope import Entry
from journal.erased import Erased
from journal.errors import NotFound
from journal.store import Journal
from projections.fold import replay
from projections.named import named_content
from projections.runs import Run, Runs
from projections.schema import SchemaFold, dotted

LISTED = 1000
"""How many entries of a run are shown in full."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in full.

    ``content`` is by digest; bytes that are no text stay bytes, what was erased says so.
    ``names`` are tables and other objects by identity; ``more`` counts entries left out.
    """

    entries: tuple[Entry, ...]
    run: Run | None = None
    content: Mapping[str, str | bytes | Erased] = {}
    names: Mapping[int, str] = {}
    more: int = 0


def show(journal: Journal, what: str) -> Shown:
    """Show the entry at a position, or with the identity of a run the whole run.

    Raises:
        NotFound: no such position or run.
        Usage: neither a position nor the beginning of a run's identity.
    """
    if _looks_like_run(what):
        return show_run(journal, what)
    position = position_of(journal, what)
    entries = tuple(journal.read(after=position - 1, last=position))
    if not entries:
        raise NotFound(f"no entry at position {position}")
    run = entries[0].run
    return _shown(journal, entries, _run(journal, run) if run else None)


def show_run(journal: Journal, run: str) -> Shown:
    """Show all entries of a run; ``run`` is its identity or the beginning of it."""
    found = find_run(journal, run)
    entries: list[Entry] = []
    more = 0
    for entry in journal.read(run=found.run):
        if len(entries) < LISTED:
            entries.append(entry)
        else:
            more += 1
    return _shown(journal, tuple(entries), _run(journal, found.run), more)


def _shown(journal: Journal, entries: tuple[Entry, ...], run: Run | None, more: int = 0) -> Shown:
    last = entries[-1].position
    schema = folded(journal, SchemaFold, last=last)
    return Shown(
        entries=entries,
        run=run,
        content=_content(journal, entries),
        names={identity: dotted(path) for identity, path in schema.names.items()},
        more=more,
    )


def _run(journal: Journal, run: str) -> Run | None:
    types = (*RUN_TYPES, "RowsChanged")
    return replay(Runs, journal.read(run=run, types=types)).find(run)


def _content(journal: Journal, entries: Iterable[Entry]) -> dict[str, str | bytes | Erased]:
    found: dict[str, str | bytes | Erased] = {}
    for entry in entries:
        for digest in named_content(entry.event):
            if digest and digest not in found:
                content = journal.database.content(digest)
                if content is not None:
                    found[digest] = _text(content)
    return found


def _text(content: bytes | Erased) -> str | bytes | Erased:
    if isinstance(content, Erased):
        return content
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content


def _looks_like_run(what: str) -> bool:
    """Tell the beginning of a UUID from a position: it has a letter or a dash, and no more."""
    wanted = what.lower()
    hexadecimal = bool(wanted) and all(letter in "0123456789abcdef-" for letter in wanted)
    return hexadecimal and not wanted.isdigit() and not _is_date(wanted)


def _is_date(text: str) -> bool:
    return len(text) >= 10 and text[:10].replace("-", "").isdigit() and text[4] == "-"
