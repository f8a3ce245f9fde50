"""The world a made-up journal tells of: tables, their rows, and what statements do to them.

The rows are kept as they would be, so that images are true and the live tables can be made
equal to what the journal says at its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from journal.events import AnyEvent, RowsChanged, SchemaChanged, SequenceMoved
from journal.store import text_digest
from journal.values import (
    ImageRange,
    ObjectChange,
    SchemaObject,
    SequenceMove,
    SequenceState,
    Statement,
    TableRows,
)
from projections.schema import Schema

TABLES = 58
ROWS = 40
KEPT = 8
"""Runs whose rows are remembered."""
COLUMNS = ("id", "name", "amount", "note")
_NOUNS = ("customer", "invoice", "ticket", "parcel", "visit", "profile")

Row = tuple[int, str, int, str]
Chunk = tuple[str, int, int, str, int, int, bytes, object]
"""Run, number, identity of the table, event, sign, rows, digest, rows as they are stored."""


def names() -> Iterator[str]:
    """Yield the names of the tables."""
    yield from (f"{_NOUNS[n % len(_NOUNS)]}_{n:02}" for n in range(TABLES))


def tables(kind: str) -> Iterator[str]:
    """Yield the statements that make the schema of the baseline: sixty tables."""
    for name in names():
        yield (
            f'CREATE TABLE "{name}"(id integer primary key, name text not null,'
            " amount integer, note text)"
        )
    yield 'CREATE TABLE "scratch"(a integer, b text)'
    if kind == "sqlite":
        yield 'CREATE TABLE "counted"(id integer primary key autoincrement)'
        yield 'INSERT INTO "counted" DEFAULT VALUES'
    else:
        yield 'CREATE TABLE "counted"(id bigserial primary key)'
        yield 'INSERT INTO "counted" DEFAULT VALUES'


class World:
    """Tables and rows as the journal tells of them; what was done last can be taken back."""

    def __init__(
        self,
        kind: str,
        schema: Schema,
        chance: Random,
        *,
        place: tuple[int, SequenceState] | None = None,
    ) -> None:
        self.kind = kind
        self.chance = chance
        self.objects = dict(schema.objects)
        self.next_id = schema.next_id
        self.chunks: list[Chunk] = []
        self.texts: dict[str, str] = {}
        self.run = ""
        self._number = 0
        self._images: dict[str, dict[int, tuple[list[Row], list[Row]]]] = {}
        self.place = place or next(iter(schema.sequences.items()))
        wanted = set(names())
        self.tables = [one for one in schema.of_kind("table") if one.path[-1] in wanted]
        self.rows: dict[int, dict[int, Row]] = {
            one.id: {n: (n, f"name-{n}", 0, f"note-{n}") for n in range(1, ROWS + 1)}
            for one in self.tables
        }
        self._scratch = schema.table("scratch")
        self._born: list[int] = []

    def begin(self, run: str) -> None:
        """Go on in another run; what the last ones did to rows can still be taken back."""
        self.run, self._number = run, 0
        self._images[run] = {}
        while len(self._images) > KEPT:
            del self._images[next(iter(self._images))]

    def forget(self) -> None:
        """Let go of what has been stored."""
        self.chunks, self.texts = [], {}

    def images(self, run: str, first: int) -> tuple[list[Row], list[Row]]:
        """Return the rows that a statement took away and those it brought."""
        return self._images[run][first]

    def statement(self, number: int, text: str) -> Statement:
        """Return a statement, whose text is kept for the content table."""
        digest = text_digest(text)
        self.texts[digest] = text
        return Statement(number=number, digest=digest)

    # --- rows -------------------------------------------------------------------------

    def change_rows(self, number: int) -> AnyEvent:
        """Let a statement write one to three rows of some table."""
        table = self.chance.choice(self.tables)
        rows = self.rows[table.id]
        draw = self.chance.random()
        if draw < 0.08:
            key = max(rows, default=0) + 1
            new = (key, f"name-{key}", 0, f"note-{key}")
            return self.put(number, table.id, [], [new], "insert")
        some = self.chance.sample(sorted(rows), k=min(len(rows), self.chance.randint(1, 3)))
        old = [rows[key] for key in some]
        if draw < 0.14 and len(rows) > ROWS // 2:
            return self.put(number, table.id, old[:1], [], "delete")
        amount = self.chance.randint(0, 9_999)
        after: list[Row] = [(r[0], r[1], amount, f"note-{amount}-{r[0]}") for r in old]
        return self.put(number, table.id, old, after, "update")

    def put(
        self, number: int, table: int, old: Sequence[Row], new: Sequence[Row], verb: str
    ) -> RowsChanged:
        """Take rows away and bring others, with their images."""
        rows = self.rows[table]
        for row in old:
            del rows[row[0]]
        rows.update((row[0], row) for row in new)
        first = self._number + 1
        self._images[self.run][first] = (list(old), list(new))
        whole, size = hashlib.sha256(), 0
        for sign, some in ((-1, old), (1, new)):
            if some:
                self._number += 1
                digest, stored, length = self._encode(verb, sign, some)
                whole.update(digest)
                size += length
                self.chunks.append(
                    (self.run, self._number, table, verb, sign, len(some), digest, stored)
                )
        found = self.objects[table]
        ids = tuple(column.id for column in found.columns)
        count = max(len(old), len(new))
        return RowsChanged(
            statement=self.statement(number, f"{verb} {found.path[-1]} ({count})"),
            rows=TableRows(
                table=table,
                columns=ids,
                key=ids[:1],
                inserted=count if verb == "insert" else 0,
                updated=count if verb == "update" else 0,
                deleted=count if verb == "delete" else 0,
                removed=len(old),
                added=len(new),
                run=self.run,
                images=ImageRange(
                    first=first, last=self._number, digest=whole.hexdigest(), size=size
                ),
            ),
        )

    def _encode(self, verb: str, sign: int, rows: Sequence[Row]) -> tuple[bytes, object, int]:
        """Encode rows as the database's own images are (no value here needs quoting)."""
        mark = "-" if sign < 0 else "+"
        if self.kind == "sqlite":
            chunk = _pack([(row[0], *row) for row in rows])
            hashed = mark.encode() + len(rows).to_bytes(8, "big") + chunk
            return hashlib.sha256(hashed).digest(), chunk, len(chunk)
        columns = ("{" + ",".join(map(str, column)) + "}" for column in zip(*rows, strict=True))
        text = "{" + ",".join(columns) + "}"
        hashed = f"{verb}{mark}{len(rows)}:{text}".encode()
        return hashlib.sha256(hashed).digest(), text, len(text)

    # --- schema and sequences ---------------------------------------------------------

    def rename_table(self, number: int, table: SchemaObject) -> SchemaChanged:
        """Give a table its other name."""
        old = self.objects[table.id].path[-1]
        new = old.removesuffix("_old") if old.endswith("_old") else f"{old}_old"
        changes = [self._renamed(one, old, new) for one in self._with_parts(table.id)]
        return self._change(number, f"alter table {old} rename to {new}", changes)

    def rename_column(self, number: int, table: SchemaObject) -> SchemaChanged:
        """Give the last column of a table its other name."""
        one = self.objects[table.id]
        last = one.columns[-1]
        new = "remark" if last.name == "note" else "note"
        columns = (*one.columns[:-1], msgspec.structs.replace(last, name=new))
        definition = dict(one.definition)
        if "sql" in definition:
            definition["sql"] = definition["sql"].replace(f"{last.name} text", f"{new} text")
        after = msgspec.structs.replace(one, columns=columns, definition=definition)
        text = f"alter table {one.path[-1]} rename column {last.name} to {new}"
        return self._change(number, text, [ObjectChange(before=one, after=after)])

    def make_or_drop(self, number: int) -> SchemaChanged:
        """Make a table that nobody fills, or drop one of those."""
        if self._born and self.chance.random() < 0.6:
            gone = self.objects[self._born.pop()]
            return self._change(number, f"drop {gone.path[-1]}", [ObjectChange(before=gone)])
        identity, self.next_id = self.next_id, self.next_id + 3
        name = f"scratch_{identity}"
        definition = dict(self._scratch.definition)
        if "sql" in definition:
            definition["sql"] = definition["sql"].replace('"scratch"', f'"{name}"')
        columns = tuple(
            msgspec.structs.replace(column, id=identity + n)
            for n, column in enumerate(self._scratch.columns, start=1)
        )
        after = msgspec.structs.replace(
            self._scratch,
            id=identity,
            path=(*self._scratch.path[:-1], name),
            columns=columns,
            definition=definition,
        )
        self._born.append(identity)
        return self._change(number, f"create {name}", [ObjectChange(after=after)])

    def tidy(self) -> Iterator[AnyEvent]:
        """Bring the schema back to what it was in the beginning."""
        number = 0
        while self._born:
            gone = self.objects[self._born.pop()]
            number += 1
            yield self._change(number, f"drop {gone.path[-1]}", [ObjectChange(before=gone)])
        for table in self.tables:
            now = self.objects[table.id]
            if now.columns[-1].name != "note":
                number += 1
                yield self.rename_column(number, table)
            if now.path != table.path:
                number += 1
                yield self.rename_table(number, table)

    def move_sequence(self, number: int) -> SequenceMoved:
        """Let a statement draw from the one sequence."""
        identity, before = self.place
        after = SequenceState(last_value=(before.last_value or 0) + 1, is_called=True)
        return self.put_sequence(number, SequenceMove(object=identity, before=before, after=after))

    def put_sequence(self, number: int, move: SequenceMove) -> SequenceMoved:
        """Put the sequence where it is wanted."""
        self.place = (move.object, move.after)
        return SequenceMoved(statement=self.statement(number, "insert counted"), move=move)

    def put_schema(self, number: int, changes: Sequence[ObjectChange]) -> SchemaChanged:
        """Change objects, as a rollback does."""
        ends = {c.before.id for c in changes if c.before is not None and c.after is None}
        self._born = [one for one in self._born if one not in ends]
        self._born += [c.after.id for c in changes if c.before is None and c.after is not None]
        return self._change(number, "undo", changes)

    def _with_parts(self, table: int) -> list[SchemaObject]:
        return [one for one in self.objects.values() if table in (one.id, one.parent)]

    def _renamed(self, one: SchemaObject, old: str, new: str) -> ObjectChange:
        path = tuple(new if part == old else part for part in one.path)
        definition = dict(one.definition)
        if "sql" in definition:
            definition["sql"] = definition["sql"].replace(f'"{old}"', f'"{new}"')
        after = msgspec.structs.replace(one, path=path, definition=definition)
        return ObjectChange(before=one, after=after)

    def _change(self, number: int, text: str, changes: Sequence[ObjectChange]) -> SchemaChanged:
        for change in changes:
            if change.before is not None:
                self.objects.pop(change.before.id, None)
        for change in changes:
            if change.after is not None:
                self.objects[change.after.id] = change.after
        return SchemaChanged(statement=self.statement(number, text), changes=tuple(changes))


_pack = msgspec.msgpack.Encoder().encode
