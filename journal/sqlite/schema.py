"""The live schema under the journal's identities, and what a statement changed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from journal.effect import Schema
from journal.errors import NotFound
from journal.sqlite import counters, reading
from journal.sqlite.connection import Session
from journal.sqlite.ddl import Alteration, alteration
from journal.sqlite.reading import Found
from journal.values import Column, ObjectChange, SchemaObject, SequenceState

Objects = Schema
Key = tuple[str, str]
NextId = Callable[[], int]


class Snapshot(msgspec.Struct, frozen=True):
    """The schema at one moment: what SQLite keeps, and what it means."""

    version: int
    settings: tuple[int, ...]
    master: Mapping[Key, tuple[str, str | None]]
    objects: Mapping[Key, SchemaObject]


class Catalog:
    """The live schema as last seen; ``next_id`` names what is not known, or made later.

    ``drift`` is what led from the known schema to the live one when it was made.
    """

    def __init__(self, session: Session, known: Schema, next_id: NextId) -> None:
        self.session = session
        self.next_id = next_id
        master, settings = reading.master(session), reading.settings(session)
        former = {_key(o): o for o in known.values()}
        kept, tables = _as_known(master, former)
        changed = {key: one for key, one in master.items() if not kept or one[0] in tables}
        found = reading.read(session, changed, tables if kept else None) if changed else ()
        others = {key: one for key, one in former.items() if key not in kept}
        live = kept | _identified(found + _settings(settings), others, kept, next_id, None)
        self._seen = Snapshot(
            version=_version(session), settings=settings, master=master, objects=live
        )
        self.drift = _changes(former, live)

    @property
    def objects(self) -> Schema:
        """Return all objects by identity."""
        return {o.id: o for o in self._seen.objects.values()}

    def find(self, kind: str, name: str) -> SchemaObject | None:
        """Return an object by kind and name, in any case."""
        exact = self._seen.objects.get((kind, name))
        if exact is not None:
            return exact
        wanted = name.lower()
        found = (o for (k, n), o in self._seen.objects.items() if k == kind and n.lower() == wanted)
        return next(found, None)

    def table(self, identity: int) -> str:
        """Return the name of a table.

        Raises:
            NotFound: no table of that identity is there.
        """
        for (kind, name), found in self._seen.objects.items():
            if kind == "table" and found.id == identity:
                return name
        raise NotFound(f"no table of identity {identity}")

    def checkpoint(self) -> Snapshot:
        """Return what ``revert`` takes back to, as an SQL savepoint does the database."""
        return self._seen

    def revert(self, token: Snapshot) -> None:
        """See the schema as it was at ``checkpoint``."""
        self._seen = token

    def refresh(
        self, sql: str = "", *, adopt: Iterable[SchemaObject] = ()
    ) -> tuple[ObjectChange, ...]:
        """Look again, and return what ``sql`` changed since the last look.

        Objects of ``adopt`` that have come back take their old identities.
        """
        seen = self._seen
        version, settings = _version(self.session), reading.settings(self.session)
        if (version, settings) == (seen.version, seen.settings):
            return ()
        master = reading.master(self.session)
        touched = {
            key
            for key in seen.master.keys() | master.keys()
            if seen.master.get(key) != master.get(key)
        }
        tables = frozenset(m[key][0] for m in (seen.master, master) for key in touched if key in m)
        found = reading.read(
            self.session, {k: m for k, m in master.items() if k in touched}, tables
        )
        found += _settings(settings)
        gone = {_kept(seen.objects, key) for key in touched} | {("setting", n) for n in _NAMES}
        kept = {key: o for key, o in seen.objects.items() if key not in gone}
        former = {key: o for key, o in seen.objects.items() if key in gone}
        former |= {_key(o): o for o in adopt}
        now = kept | _identified(found, former, kept, self.next_id, alteration(sql))
        self._seen = Snapshot(version=version, settings=settings, master=master, objects=now)
        return _changes(seen.objects, now)


def subject(change: ObjectChange) -> SchemaObject:
    """Return the object that a change is about, as it is where it is."""
    return change.after or change.before or _NOTHING


def read_sequences(session: Session, known: Schema) -> dict[int, SequenceState]:
    """Return the counter of each AUTOINCREMENT table."""
    return counters.read(session, known)


def read_schema(session: Session, known: Schema | None = None) -> tuple[SchemaObject, ...]:
    """Return the whole live schema in a stable order; what ``known`` lacks has identity 0."""
    found = reading.read(session, reading.master(session)) + _settings(reading.settings(session))
    former = {_key(o): o for o in (known or {}).values()}
    if known is not None:
        found = _kept_shadows(found, known)
    return tuple(_identified(found, former, {}, lambda: 0, None).values())


def needed(
    session: Session, tables: Sequence[SchemaObject], known: Schema
) -> tuple[SchemaObject, ...]:
    """Return tables with their indexes and triggers."""
    ids = {table.id for table in tables}
    every = read_schema(session, known)
    return tuple(one for one in every if one.id in ids or one.parent in ids)


def _kept_shadows(found: Iterable[Found], known: Schema) -> tuple[Found, ...]:
    """Leave out what virtual tables hold where the journal began before that was kept."""
    began = {one.path[0] for one in known.values() if one.kind == "virtual"}
    began -= {one.definition.get("shadow") for one in known.values()}
    return tuple(one for one in found if one.object.definition.get("shadow") not in began)


_NAMES = reading.SETTINGS
_NOTHING = SchemaObject(id=0, kind="", path=("",))


def _version(session: Session) -> int:
    return int(session.value("PRAGMA main.schema_version"))


def _key(found: SchemaObject) -> Key:
    return found.kind, found.path[0]


def _kept(objects: Mapping[Key, SchemaObject], key: Key) -> Key:
    """Return the key of an object: its kind may be narrower than SQLite's."""
    narrower = (("virtual", key[1]), ("internal", key[1]))
    return next((k for k in narrower if key[0] == "table" and k in objects), key)


def _as_known(
    master: Mapping[Key, tuple[str, str | None]], known: Mapping[Key, SchemaObject]
) -> tuple[dict[Key, SchemaObject], frozenset[str]]:
    """Return the objects of tables all of whose texts are the known ones, and the other tables.

    What an object is, SQLite makes of these texts. The tables within a virtual one are told
    only by looking.
    """
    if any(kind == "virtual" for kind, _ in known) or any(map(_is_virtual, master.values())):
        return {}, frozenset()
    texts = {key: text for key, text in master.items() if text[1] is not None}
    there = {key: (_table_of(one), one.definition.get("sql")) for key, one in known.items()}
    there = {(_kind(kind), name): text for (kind, name), text in there.items() if kind != "setting"}
    different = {key for key in texts.keys() | there.keys() if texts.get(key) != there.get(key)}
    tables = frozenset(both[key][0] for both in (texts, there) for key in different if key in both)
    kept = {
        key: one
        for key, one in known.items()
        if key[0] != "setting" and _table_of(one) not in tables
    }
    return kept, tables


def _is_virtual(text: tuple[str, str | None]) -> bool:
    return (text[1] or "").lstrip()[:14].upper().startswith("CREATE VIRTUAL")


def _table_of(found: SchemaObject) -> str:
    return str(found.definition.get("table", found.path[0]))


def _kind(kind: str) -> str:
    return "table" if kind == "internal" else kind


def _settings(values: tuple[int, ...]) -> tuple[Found, ...]:
    return tuple(reading.setting(n, v) for n, v in zip(_NAMES, values, strict=True) if v)


def _identified(
    found: Iterable[Found],
    former: Mapping[Key, SchemaObject],
    kept: Mapping[Key, SchemaObject],
    next_id: NextId,
    said: Alteration | None,
) -> dict[Key, SchemaObject]:
    """Give identities to what was found, tables before what belongs to them."""
    now: dict[Key, SchemaObject] = {}
    order = sorted(found, key=lambda f: (reading.KINDS.index(f.object.kind), f.object.path))
    for one in order:
        key = _key(one.object)
        before = former.get(key) or _renamed(one.object, former, said)
        parent = None
        if one.object.kind in ("index", "trigger"):
            owners = (("table", one.table), ("view", one.table), ("virtual", one.table))
            parent = next((o.id for k in owners for o in (now.get(k) or kept.get(k),) if o), None)
        now[key] = msgspec.structs.replace(
            one.object,
            id=before.id if before else next_id(),
            parent=parent,
            columns=_columns(one.object, before, next_id, said),
        )
    return now


def _renamed(
    found: SchemaObject, former: Mapping[Key, SchemaObject], said: Alteration | None
) -> SchemaObject | None:
    """Return what an object was called before; a virtual table takes those within along."""
    if said is None or said.action != "rename" or found.kind not in ("table", "virtual"):
        return None
    name, old = found.path[0], said.table
    if found.definition.get("shadow", "").lower() == said.to.lower():
        old += name[len(said.to) :]
    elif name.lower() != said.to.lower():
        return None
    named = (o for (k, n), o in former.items() if k == found.kind and n.lower() == old.lower())
    return next(named, None)


def _columns(
    found: SchemaObject, before: SchemaObject | None, next_id: NextId, said: Alteration | None
) -> tuple[Column, ...]:
    """Columns keep their identities by name, and by place where one was renamed."""
    former = before.columns if before else ()
    names = {column.name: column.id for column in former}
    if said is not None and said.action == "rename column" and len(former) == len(found.columns):
        names = {new.name: old.id for old, new in zip(former, found.columns, strict=True)}
    return tuple(
        msgspec.structs.replace(column, id=names.get(column.name) or next_id())
        for column in found.columns
    )


def _changes(
    before: Mapping[Key, SchemaObject], after: Mapping[Key, SchemaObject]
) -> tuple[ObjectChange, ...]:
    old = {o.id: o for o in before.values()}
    new = {o.id: o for o in after.values()}
    changes = [
        ObjectChange(before=old.get(id_), after=new.get(id_))
        for id_ in old.keys() | new.keys()
        if old.get(id_) != new.get(id_)
    ]
    return tuple(sorted(changes, key=_rank))


def _rank(change: ObjectChange) -> tuple[int, tuple[str, ...], int]:
    one = subject(change)
    return reading.KINDS.index(one.kind), one.path, one.id
