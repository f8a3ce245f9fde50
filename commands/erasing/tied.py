"""What entries tie to a table's rows: their images, content that is about them, and what lies beyond."""

from __future__ import annotations

from msgspec.structs import replace

from commands.erasing.answer import Stays
from commands.erasing.finder import Range
from commands.erasing.scope import Scope
from commands.erasing.sought import form
from journal import events as e
from journal.envelope import Entry
from journal.store import Journal


class Tied:
    """Content that is tied to rows or a column by the entry that names it, and what lies beyond."""

    def __init__(self) -> None:
        self.rows: set[str] = set()
        self.beyond: list[Stays] = []
        self._content: set[str] = set()
        self._conflicts: set[str] = set()

    def holds(self, digest: str) -> bool:
        """Tell whether content is tied to what is meant."""
        return digest in self._content

    def take(self, entry: Entry, scopes: dict[int, Scope]) -> None:
        """Learn from an entry."""
        event = entry.event
        names = {name for scope in scopes.values() for name in scope.names}
        match event:
            case e.ConflictFound():
                if self.is_key(scopes, event) or self._is_column(scopes, event):
                    self._conflicts.add(event.conflict)
                    self._content |= {event.candidates, event.written}
            case e.ConflictDecided():
                if event.conflict in self._conflicts:
                    self._content.add(event.content)
            case e.RowProvisioned():
                if event.table in scopes:
                    self.rows.add(event.content)
            case e.BackupTaken():
                if names & event.tables.keys():
                    place = Stays(kind="backup", where=event.location, position=entry.position)
                    self.beyond.append(place)
            case e.RowsTransformed():
                if event.copied and names & event.targets.keys():
                    self._copied(entry, event)
            case _:
                pass

    def is_key(self, scopes: dict[int, Scope], event: e.ConflictFound) -> bool:
        """Tell whether a conflict is about the row that is meant."""
        scope = scopes.get(event.table)
        if scope is None or not scope.wanted.key or not event.key:
            return False
        forms = dict(scope.wanted.key)
        return all(
            column in forms and form(value) in map(form, forms[column])
            for column, value in event.key
        )

    def _is_column(self, scopes: dict[int, Scope], event: e.ConflictFound) -> bool:
        scope = scopes.get(event.table)
        return scope is not None and not scope.wanted.key and event.column in scope.wanted.columns

    def _copied(self, entry: Entry, event: e.RowsTransformed) -> None:
        place = Stays(kind="copy", where=event.copied, position=entry.position)
        if all((one.kind, one.where) != (place.kind, place.where) for one in self.beyond):
            self.beyond.append(place)


_TYPES = (
    "RowsChanged",
    "ContentErased",
    "ConflictFound",
    "ConflictDecided",
    "RowProvisioned",
    "BackupTaken",
    "RowsTransformed",
)


def ranges_of(journal: Journal, scopes: dict[int, Scope], tied: Tied) -> list[tuple[Range, str]]:
    """Return the ranges of images of tables, each with the digest of its statement's text."""
    found: dict[tuple[int, str, int], tuple[Range, str]] = {}
    for entry in journal.read(types=_TYPES):
        event = entry.event
        tied.take(entry, scopes)
        if isinstance(event, e.ContentErased) and event.images is not None:
            place = (event.images.table, event.images.run, event.images.first)
            if place in found:
                one, statement = found[place]
                found[place] = (replace(one, digest=event.after), statement)
        if isinstance(event, e.RowsChanged) and event.rows.images and event.rows.table in scopes:
            rows, images = event.rows, event.rows.images
            found[rows.table, rows.run, images.first] = (
                Range(
                    position=entry.position,
                    rows=rows,
                    wanted=scopes[rows.table].wanted,
                    count=0,
                    digest=images.digest,
                ),
                event.statement.digest,
            )
    return list(found.values())
