"""What a query may read, told from names alone: the tables, and what stands between.

Nobody can name what a query of another time would have read but by its text. A name that does
not stand in the query, nor in a definition that it leads to, cannot be read by it; so whatever
bears a name that does stand there is taken, in each shape it ever had. More may be taken than
is read, never less. Where text may make names of its own (a function that builds its SQL, a
catalog that is read), everything is taken, with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.values import SchemaObject

TYPES = ("BaselineRecorded", "SchemaChanged", "DriftAccepted")
"""The types of the events that tell of definitions."""

_WORD = re.compile(r"[\w$]+")
_PARTS = ("policy", "rule")
"""Parts of a table that have a say in what is read of it."""
_EVERYWHERE = ("schema", "extension")
"""Kinds that everything names, and that connect nothing."""
_CATALOGS = ("pg_", "sqlite_", "pragma_", "information_schema")
_BUILDERS = frozenset(
    "currval lastval nextval setval query_to_xml table_to_xml schema_to_xml database_to_xml"
    " cursor_to_xml query_to_xmlschema query_to_xml_and_xmlschema table_to_xmlschema"
    " table_to_xml_and_xmlschema schema_to_xmlschema schema_to_xml_and_xmlschema"
    " database_to_xmlschema database_to_xml_and_xmlschema to_regclass regclass dblink crosstab"
    " connectby load_extension readfile".split()
)
"""Functions and types that turn text, or numbers, into what is read."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The identities of what may be read; ``everything`` is why all of it may, or empty.

    ``sequences`` tells that places of sequences may be read. ``around`` is what is connected
    with any of it by definitions, both ways: keys, views, types. It is not read, and yet may
    stand in the way of making a table again as it was.
    """

    objects: frozenset[int]
    around: frozenset[int] = frozenset()
    everything: str = ""
    sequences: bool = False


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """Every shape that every object ever had, by identity."""

    versions: Mapping[int, tuple[SchemaObject, ...]] = {}

    @staticmethod
    def fold() -> DefinitionsFold:
        """Return a fold that has seen nothing yet."""
        return DefinitionsFold()

    def reach(self, query: str, *, around: bool = True) -> Reach:
        """Return what a query may read, and where asked for what is connected with that."""
        return _Reaching(self.versions).from_(query, around=around)


class DefinitionsFold:
    """Working state of ``Definitions``."""

    def __init__(self) -> None:
        self._versions: dict[int, list[SchemaObject]] = defaultdict(list)

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        match event:
            case e.BaselineRecorded():
                self._know(event.objects)
            case e.SchemaChanged() | e.DriftAccepted():
                self._know(
                    side
                    for change in event.changes
                    for side in (change.before, change.after)
                    if side is not None
                )
            case e.RowsChanged() | e.SequenceMoved() | e.JournalOpened() | e.HistoryImported():
                pass
            case e.RunStarted() | e.RunCompleted() | e.RunFailed() | e.RunInterrupted():
                pass
            case e.StatementIntended() | e.StatementSettled() | e.IrreversibleAllowed():
                pass
            case e.RowsTransformed() | e.ConflictFound() | e.ConflictDecided():
                pass
            case e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned() | e.CheckRun():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                pass
            case e.MarkSet() | e.MarkRemoved() | e.Stamped() | e.SignedOff():
                pass
            case e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Definitions:
        """Return the definitions as of the last entry taken."""
        return Definitions(versions={one: tuple(each) for one, each in self._versions.items()})

    def _know(self, objects: Iterable[SchemaObject]) -> None:
        for one in objects:
            known = self._versions[one.id]
            if one not in known[-2:]:
                known.append(one)


class _Reaching:
    def __init__(self, versions: Mapping[int, tuple[SchemaObject, ...]]) -> None:
        self.versions = versions
        self.words: dict[str, set[int]] = defaultdict(set)
        self.odd: dict[str, set[int]] = defaultdict(set)
        self.parts: dict[int, set[int]] = defaultdict(set)
        self.beneath: dict[str, set[int]] = defaultdict(set)
        for identity, shapes in versions.items():
            for one in shapes:
                self._index(identity, one)

    def from_(self, query: str, *, around: bool) -> Reach:
        found: set[int] = set()
        why, texts = "", [query]
        while texts and not why:
            text = texts.pop()
            why = _opaque(text)
            for identity in self._named(text) - found:
                found.add(identity)
                texts += self._texts(identity)
                why = why or self._unread(identity)
                for more in self.parts[identity] - found:
                    found.add(more)
                    texts += self._texts(more)
        if why:
            return Reach(objects=frozenset(self.versions), everything=why, sequences=True)
        kinds = {one.kind for identity in found for one in self.versions[identity]}
        return Reach(
            objects=frozenset(found),
            around=frozenset(self._around(found) if around else found),
            sequences="sequence" in kinds,
        )

    def _around(self, found: set[int]) -> set[int]:
        """Follow names from definition to definition, whichever names the other."""
        known: dict[int, set[int]] = defaultdict(set)
        for identity, shapes in self.versions.items():
            if shapes[0].kind in _EVERYWHERE:
                continue
            for one in shapes:
                others = self._named(msgspec.json.encode((one.definition, one.columns)).decode())
                for other in {*others, *filter(None, (one.parent,))} - {identity}:
                    if self.versions[other][0].kind not in _EVERYWHERE:
                        known[identity].add(other)
                        known[other].add(identity)
        met, ahead = set(found), list(found)
        while ahead:
            new = known[ahead.pop()] - met
            met |= new
            ahead += new
        return met

    def _index(self, identity: int, one: SchemaObject) -> None:
        if one.parent is not None:
            if one.kind in _PARTS:
                self.parts[one.parent].add(identity)
            return
        name = str(one.definition.get("name") or one.path[-1]).casefold()
        for spelled in {name, name.replace('"', '""')}:
            (self.words if _WORD.fullmatch(spelled) else self.odd)[spelled].add(identity)
        for heir_of in one.definition.get("inherits", ()):
            self.beneath[str(heir_of[-1]).casefold()].add(identity)
        if "shadow" in one.definition:
            self.beneath[str(one.definition["shadow"]).casefold()].add(identity)

    def _named(self, text: str) -> set[int]:
        folded = text.casefold()
        found = {one for word in _WORD.findall(folded) for one in self.words.get(word, ())}
        for name, those in self.odd.items():
            if name in folded:
                found |= those
        return found

    def _texts(self, identity: int) -> Iterator[str]:
        """Yield the texts in which names may stand that reading this object leads to."""
        for one in self.versions[identity]:
            yield " ".join(one.path[:-1])
            if one.kind == "table":
                yield from _of_table(one)
            elif one.kind not in ("schema", "extension", "sequence"):
                yield msgspec.json.encode(one.definition).decode()
            for heir in self.beneath[one.path[-1].casefold()]:
                yield from (each.path[-1] for each in self.versions[heir])

    def _unread(self, identity: int) -> str:
        """Tell why what a function reads cannot be told from its text."""
        for one in self.versions[identity]:
            if one.kind not in ("function", "procedure", "aggregate"):
                continue
            language = str(one.definition.get("language", ""))
            if language not in ("sql", "plpgsql"):
                return f"{one.kind} {one.path[-1]} is written in {language or 'another language'}"
            if language == "plpgsql" and "execute" in str(one.definition).casefold():
                return f"{one.kind} {one.path[-1]} builds SQL of its own"
        return ""


def _of_table(one: SchemaObject) -> Iterator[str]:
    """What has a say in a table's values: types, expressions, and the tables that it is part of."""
    for column in one.columns:
        yield str(column.definition.get("type", ""))
        yield str(column.definition.get("generated", ""))
        yield str(column.definition.get("collation", ""))
    for heir_of in one.definition.get("inherits", ()):
        yield str(heir_of[-1])
    yield str(one.definition.get("shadow", ""))
    yield str(one.definition.get("of_type", ""))


def _opaque(text: str) -> str:
    folded = text.casefold()
    if "u&" in folded:
        return "it spells names by numbers"
    for word in _WORD.findall(folded):
        if word.startswith(_CATALOGS):
            return f"{word} tells of the whole database"
        if word in _BUILDERS:
            return f"{word} makes names of text"
    return ""
